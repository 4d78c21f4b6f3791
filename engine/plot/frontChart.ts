/**
 * The scatter plot of a front, on any two axes. Every network that can be used has a mark that can be reached, read and
 * picked by keyboard. The others are one path of dots, whatever their number: an element for each of thousands would make
 * every picture slow.
 */
import type { VariantKind } from '../format.ts';
import { createFrame, drawAxes, type Frame, type FrameOptions, type Size } from './frame.ts';
import { markOf, type Role, variantMark } from './marks.ts';
import { stepsOf } from './steps.ts';
import { pointList, type SvgElement, svg } from './svg.ts';

/** A network as a point of the plot. */
export interface ChartPoint {
  readonly id: string;
  /** In the units of the axes; finite. */
  readonly x: number;
  readonly y: number;
  /** It can be used, and has a mark of its own; the others are dots. */
  readonly offered: boolean;
  /** The line goes through it. */
  readonly onLine: boolean;
  /** It does not meet the limits, and is faded. */
  readonly outside?: boolean;
  /** How it was made, and the id of the point that it was made from: a line leads there. */
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
  /** A still picture, one image as a whole: nothing in it can be focused or picked. */
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

/** What can be picked has `data-point` with its id, so that a reader of events knows what was picked. */
export function frontChart(
  points: readonly ChartPoint[],
  options: ChartOptions,
  frame: Frame = chartFrame(points, options),
): SvgElement {
  const { width, height, description, still } = options;
  const offered = points.filter((point) => point.offered).sort(byPlace);
  const line = offered.filter(({ onLine }) => onLine);
  const steps = (places: readonly { readonly x: number; readonly y: number }[]) =>
    pointList(stepsOf(places, options.x.better).map(({ x, y }) => frame.place(x, y)));
  const label = { role: 'img', 'aria-label': description };
  return svg(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height, ...(still ? label : {}) },
    svg(
      'g',
      still ? {} : label,
      drawAxes(frame, frameOptions([], options)),
      ...limitLines(frame, options),
      ...dots(points, frame),
      ...variantLines(points, frame, options),
      options.earlier ? svg('polyline', { class: 'earlier-line', points: steps(options.earlier) }) : undefined,
      line.length > 1 ? svg('polyline', { class: 'front-line', points: steps(line) }) : undefined,
      ...rings(points, frame, options),
    ),
    marks(offered, frame, options),
    labels(offered, frame),
  );
}

const byPlace = (a: ChartPoint, b: ChartPoint) => a.x - b.x || a.y - b.y;

/** From each network to what was made from it: those that can be used, and the relatives of the selected one. */
function variantLines(points: readonly ChartPoint[], frame: Frame, { selected }: ChartOptions): SvgElement[] {
  const variants = points.filter(({ variantOf }) => variantOf !== undefined);
  const wanted = new Set(variants.map(({ variantOf }) => variantOf));
  const origins = new Map(points.filter(({ id }) => wanted.has(id)).map((point) => [point.id, point]));
  return variants.flatMap((point) => {
    const origin = origins.get(point.variantOf!);
    if (!origin || !(point.offered || point.id === selected || origin.id === selected)) return [];
    const [[x1, y1], [x2, y2]] = [frame.place(origin.x, origin.y), frame.place(point.x, point.y)];
    const faded = point.outside || origin.outside;
    return [svg('line', { class: fade('variant-line', faded), x1, y1, x2, y2 })];
  });
}

/** A line only where it lies inside the picture: clamped to a border it would tell a lie. */
function limitLines({ x, y, left, right, top, bottom }: Frame, options: ChartOptions): SvgElement[] {
  const inside = (value: number, [low, high]: readonly [number, number]) => value >= low && value <= high;
  const lines: SvgElement[] = [];
  const across = options.y.limit;
  if (across && inside(across.at, y.domain)) {
    const at = y.place(across.at);
    lines.push(
      svg(
        'g',
        { class: 'bound' },
        svg('line', { x1: left, x2: right, y1: at, y2: at }),
        svg('text', { x: left + 6, y: at - 5 }, across.text),
      ),
    );
  }
  const along = options.x.limit;
  if (along && inside(along.at, x.domain)) {
    const at = x.place(along.at);
    const leftwards = at > (left + right) / 2;
    lines.push(
      svg(
        'g',
        { class: 'bound' },
        svg('line', { x1: at, x2: at, y1: top, y2: bottom }),
        svg(
          'text',
          { x: at + (leftwards ? -5 : 5), y: top + 10, 'text-anchor': leftwards ? 'end' : 'start' },
          along.text,
        ),
      ),
    );
  }
  return lines;
}

/** The networks that cannot be used: two paths, those within the limits and those outside. */
function dots(points: readonly ChartPoint[], frame: Frame): SvgElement[] {
  const paths = { inside: '', outside: '' };
  for (const point of points) {
    if (point.offered) continue;
    const [x, y] = frame.place(point.x, point.y);
    // A line of no length has round ends, and so is a dot.
    paths[point.outside ? 'outside' : 'inside'] += `M${Math.round(x * 2) / 2} ${Math.round(y * 2) / 2}h0`;
  }
  return (['outside', 'inside'] as const).flatMap((where) =>
    paths[where] === '' ? [] : [svg('path', { class: fade('dominated', where === 'outside'), d: paths[where] })],
  );
}

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

/** About the size of a label's text in pixels: nothing measures it before it is drawn. */
const labelSize = { perLetter: 6.5, height: 14 };

/**
 * The names of the points that stand out, above everything else. The options say the same to a screen reader. Names go
 * above their points, and below them where they would lie on the name of another.
 */
function labels(offered: readonly ChartPoint[], frame: Frame): SvgElement {
  const placed: { readonly left: number; readonly right: number; readonly y: number }[] = [];
  return svg(
    'g',
    { class: 'roles', 'aria-hidden': 'true' },
    ...offered.map((point) => {
      if (!point.label) return undefined;
      const [px, py] = frame.place(point.x, point.y);
      const width = point.label.length * labelSize.perLetter;
      const leftwards = px > frame.right - width - 14;
      const x = px + (leftwards ? -12 : 12);
      const [left, right] = leftwards ? [x - width, x] : [x, x + width];
      const above = py - 9;
      const covered = placed.some(
        (other) => left < other.right && right > other.left && Math.abs(above - other.y) < labelSize.height,
      );
      const y = covered ? py + 18 : above;
      placed.push({ left, right, y });
      return svg('text', { x, y, 'text-anchor': leftwards ? 'end' : 'start' }, point.label);
    }),
  );
}

const fade = (name: string, outside: boolean | undefined): string => (outside ? `${name} out-of-bound` : name);
