/**
 * The scatter plot of a front, on any two axes. Every network that can be used has a mark that can be reached, read and
 * picked by keyboard; the others are dots.
 */
import type { VariantKind } from '../format.ts';
import { type Dot, dots } from './dots.ts';
import { createFrame, drawAxes, type Frame, type FrameOptions, type Size } from './frame.ts';
import { type Box, bestPlace, labels, type Place, placeAt } from './labels.ts';
import { fade, markOf, type Role, variantMark } from './marks.ts';
import type { Scale } from './scale.ts';
import { stepsOf } from './steps.ts';
import { pointList, type SvgElement, svg } from './svg.ts';

/** A network as a point of the plot; `x` and `y` are in the units of the axes, and finite. */
export interface ChartPoint extends Dot {
  readonly id: string;
  /** The line goes through it. */
  readonly onLine: boolean;
  /** How it was made, and the id of the point that it was made from. */
  readonly variant?: VariantKind | undefined;
  readonly variantOf?: string | undefined;
  /** The first decides the shape. */
  readonly roles?: readonly Role[];
  /** What is written beside the point. */
  readonly label?: string;
  /** Its name and figures, for whoever cannot see where it lies. */
  readonly text?: string;
}

export interface ChartAxis {
  readonly label: string;
  /** Where absent, logarithmic once the values span enough decades. */
  readonly kind?: 'linear' | 'log';
  /** Whether small or large values are wanted; small ones where absent. */
  readonly better?: 'less' | 'more';
  /** A line across the picture, and what is written on it. */
  readonly limit?: { readonly at: number; readonly text: string } | undefined;
}

export interface ChartOptions extends Size {
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  /** The whole picture in a sentence. */
  readonly description: string;
  /** What the marks that can be picked are, together. */
  readonly listName?: string;
  readonly selected?: string | undefined;
  /** What the selected one is compared with. */
  readonly pinned?: string | undefined;
  /** A still picture, one image as a whole: nothing in it can be focused or picked, and its dots are part of it. */
  readonly still?: boolean;
  /** A line that the points are compared with, from left to right. */
  readonly earlier?: readonly { readonly x: number; readonly y: number }[];
}

/** Where points lie, which stays while what is selected changes. */
export function chartFrame(points: readonly Pick<ChartPoint, 'x' | 'y'>[], options: ChartOptions): Frame {
  return createFrame(frameOptions(points, options));
}

const frameOptions = (
  points: readonly Pick<ChartPoint, 'x' | 'y'>[],
  { x, y, width, height }: ChartOptions,
): FrameOptions => ({
  x: { ...axisOf(x), values: points.map((point) => point.x) },
  y: { ...axisOf(y), values: points.map((point) => point.y) },
  area: { left: 0, top: 0, width, height },
});

const axisOf = ({ label, kind }: ChartAxis) => ({ label, ...(kind === undefined ? {} : { kind }) });

/** The dots of a picture that is not still, to lie below it: they change seldom, and are painted by themselves. */
export const dotsChart = (points: readonly Dot[], { width, height }: Size, frame: Frame): SvgElement =>
  svg(
    'svg',
    { class: 'dots', viewBox: `0 0 ${width} ${height}`, width, height, 'aria-hidden': 'true' },
    ...dots(points, frame),
  );

/** What can be picked has `data-point` with its id, so that a reader of events knows what was picked. */
export function frontChart(
  points: readonly ChartPoint[],
  options: ChartOptions,
  frame: Frame = chartFrame(points, options),
): SvgElement {
  const { width, height, description, still, selected } = options;
  const offered = points.filter((point) => point.offered).sort(byPlace);
  const line = offered.filter(({ onLine }) => onLine);
  const corners = (places: readonly { readonly x: number; readonly y: number }[]) =>
    stepsOf(places, options.x.better).map(({ x, y }) => frame.place(x, y));
  const steps = corners(line);
  const limits = limitsOf(offered, frame, options);
  const label = { role: 'img', 'aria-label': description };
  return svg(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height, ...(still ? label : {}) },
    svg(
      'g',
      still ? {} : label,
      drawAxes(frame, frameOptions([], options)),
      ...limits.map(drawLimit),
      ...(still ? dots(points, frame) : [svg('g', { class: 'relatives' }, ...relatives(points, frame, selected))]),
      options.earlier
        ? svg('polyline', { class: 'earlier-line', points: pointList(corners(options.earlier)) })
        : undefined,
      line.length > 1 ? svg('polyline', { class: 'front-line', points: pointList(steps) }) : undefined,
      ...rings(points, frame, options),
    ),
    marks(offered, frame, options),
    names(offered, frame, { steps, limits }),
  );
}

const byPlace = (a: ChartPoint, b: ChartPoint) => a.x - b.x || a.y - b.y;

/** Lines from a network to what was made from it, and to what it was made from; those of everything would be a tangle. */
export function relatives(points: readonly ChartPoint[], frame: Frame, id: string | undefined): SvgElement[] {
  const own = points.find((point) => point.id === id);
  if (!own) return [];
  const [from, fromY] = frame.place(own.x, own.y);
  return points
    .filter((point) => point.variantOf === own.id || point.id === own.variantOf)
    .map((point) => {
      const [to, toY] = frame.place(point.x, point.y);
      return svg('line', { class: 'variant-line', x1: from, y1: fromY, x2: to, y2: toY });
    });
}

/** A line only where it lies inside the picture: clamped to a border it would tell a lie. */
const limitAt = ({ at, text }: NonNullable<ChartAxis['limit']>, { domain: [low, high], place }: Scale) =>
  at >= low && at <= high ? { at: place(at), text } : undefined;

interface LimitLine {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly text: string;
  readonly place: Place;
}

/** Their texts stand at one of the ends, on the side where they cover the fewest marks. */
function limitsOf(offered: readonly ChartPoint[], frame: Frame, options: ChartOptions): readonly LimitLine[] {
  const { x, y, left, right, top, bottom } = frame;
  const lines: LimitLine[] = [];
  const surroundings = { area: { left, top, right, bottom }, drawn: markBoxes(offered, frame), texts: [] };
  const across = options.y.limit && limitAt(options.y.limit, y);
  if (across) {
    const { at, text } = across;
    const places = [
      placeAt(text, left + 6, at - 5, 'start'),
      placeAt(text, right - 6, at - 5, 'end'),
      placeAt(text, left + 6, at + 14, 'start'),
      placeAt(text, right - 6, at + 14, 'end'),
    ] as const;
    lines.push({ from: [left, at], to: [right, at], text, place: bestPlace(places, surroundings) });
  }
  const along = options.x.limit && limitAt(options.x.limit, x);
  if (along) {
    const { at, text } = along;
    const before = (height: number) => placeAt(text, at - 5, height, 'end');
    const after = (height: number) => placeAt(text, at + 5, height, 'start');
    const [first, second] = at > (left + right) / 2 ? [before, after] : [after, before];
    const [high, low] = [top + 11, bottom - 6];
    const places = [first(high), second(high), first(low), second(low)] as const;
    const texts = lines.map(({ place }) => place.box);
    lines.push({ from: [at, top], to: [at, bottom], text, place: bestPlace(places, { ...surroundings, texts }) });
  }
  return lines;
}

const drawLimit = ({ from: [x1, y1], to: [x2, y2], text, place: { x, y, anchor } }: LimitLine): SvgElement =>
  svg('g', { class: 'bound' }, svg('line', { x1, x2, y1, y2 }), svg('text', { x, y, 'text-anchor': anchor }, text));

/** Around dots, which have no element of their own to put a ring into. */
function rings(points: readonly ChartPoint[], frame: Frame, { selected, pinned }: ChartOptions): SvgElement[] {
  const ringed = points.filter(({ id, offered }) => !offered && (id === selected || id === pinned));
  return ringed.map(({ id, x, y }) => {
    const [cx, cy] = frame.place(x, y);
    return svg('circle', { class: id === selected ? 'ring' : 'ring pinned', cx, cy, r: 8 });
  });
}

/** A listbox with one tab stop: arrow keys walk along the marks, Enter or space picks. */
function marks(offered: readonly ChartPoint[], frame: Frame, options: ChartOptions): SvgElement {
  const { selected, pinned, still } = options;
  const stop = offered.some(({ id }) => id === selected) ? selected : offered[0]?.id;
  const drawn = offered.map((point) => {
    const { id, text = id, label, variant } = point;
    const [px, py] = frame.place(point.x, point.y);
    const role = point.roles?.[0];
    const look = {
      class: fade(
        isInteger(point) && role === undefined ? 'integer-point' : `front-point ${role ?? ''}`,
        point.outside,
      ),
      transform: `translate(${px.toFixed(1)} ${py.toFixed(1)})`,
    };
    const mark = role === undefined && variant ? variantMark(variant) : markOf(role);
    if (still) return svg('g', look, mark, svg('title', {}, text));
    return svg(
      'g',
      {
        ...look,
        role: 'option',
        tabindex: id === stop ? 0 : -1,
        'aria-selected': id === selected ? 'true' : 'false',
        'aria-label': label ? `${text}. ${label}` : text,
        'data-focus': `point-${id}`,
        'data-point': id,
      },
      svg('circle', { class: 'focus-ring', r: 13 }),
      id === selected ? svg('circle', { class: 'ring', r: 10 }) : undefined,
      id === pinned ? svg('circle', { class: 'ring pinned', r: 10 }) : undefined,
      mark,
      // Last, and so on top: the whole disc takes the clicks, whatever the shape of the mark.
      svg('circle', { class: 'target', r: 9 }),
    );
  });
  // A list needs members.
  if (still || drawn.length === 0) return svg('g', {}, ...drawn);
  return svg('g', { role: 'listbox', 'aria-label': options.listName ?? options.description }, ...drawn);
}

const isInteger = ({ variant }: ChartPoint): boolean => variant === 'int8' || variant === 'fixed16';

/** Pixels from the middle of a mark to its edge. */
const markRadius = 8;

/** The names of the points that stand out, above everything else. The options say the same to a screen reader. */
function names(
  offered: readonly ChartPoint[],
  frame: Frame,
  drawn: { readonly steps: readonly (readonly [number, number])[]; readonly limits: readonly LimitLine[] },
): SvgElement {
  const { left, right, top, bottom } = frame;
  const { steps, limits } = drawn;
  const sides = steps.slice(1).map((corner, index) => boxOf(steps[index]!, corner));
  return labels(
    offered.flatMap(({ x, y, label }) => {
      const [px, py] = frame.place(x, y);
      return label ? [{ x: px, y: py, label }] : [];
    }),
    {
      // The labels of an axis leave room beside the plot.
      area: { left, top: top - 12, right: right + 12, bottom },
      drawn: [...markBoxes(offered, frame), ...sides, ...limits.map(({ from, to }) => boxOf(from, to))],
      texts: limits.map(({ place }) => place.box),
    },
  );
}

const markBoxes = (offered: readonly ChartPoint[], frame: Frame): readonly Box[] =>
  offered.map((point) => {
    const [x, y] = frame.place(point.x, point.y);
    return boxOf([x - markRadius, y - markRadius], [x + markRadius, y + markRadius]);
  });

const boxOf = ([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]): Box => ({
  left: Math.min(x1, x2) - 1,
  right: Math.max(x1, x2) + 1,
  top: Math.min(y1, y2) - 1,
  bottom: Math.max(y1, y2) + 1,
});
