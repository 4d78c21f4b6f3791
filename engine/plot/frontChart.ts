/** The scatter plot of error against size. Every mark that matters can be reached, read and picked by keyboard. */
import { formatAmount, formatBound, formatCount, formatPercent, type VariantKind } from '../format.ts';

import { createFrame, drawAxes, type Frame, type FrameOptions, type Size } from './frame.ts';
import { markOf, type Role, variantMark } from './marks.ts';
import { stepsOf } from './steps.ts';
import { pointList, type SvgElement, svg } from './svg.ts';

/** A network as a point of the plot. */
export interface ChartPoint {
  readonly id: string;
  /** For example `4-8-1 tanh`. */
  readonly name: string;
  readonly params: number;
  /** A fraction; finite. */
  readonly error: number;
  readonly onFront: boolean;
  readonly bytes?: number;
  /** How it was made, and the id of the point that it was made from: a line leads there. */
  readonly variant?: VariantKind | undefined;
  readonly variantOf?: string | undefined;
  /** The first decides the shape. */
  readonly roles?: readonly Role[];
  /** What is written beside the point. */
  readonly label?: string;
}

export interface ChartOptions extends Size {
  /** What the error is, for example `NRMSE`. */
  readonly measure: string;
  readonly selected?: string | undefined;
  /** Points above this error are faded; a fraction. */
  readonly atMost?: number | undefined;
  /** Where a line stands for the bound; `atMost` where absent. */
  readonly bound?: number | undefined;
  /** What size is: parameters, unless points in integers have to stand apart from those that they were made from. */
  readonly size?: 'params' | 'bytes';
  /** A still picture, one image as a whole: nothing in it can be focused or picked. */
  readonly still?: boolean;
}

/** The points on the front have `data-point` with their id, so that a reader of events knows what was picked. */
export function frontChart(points: readonly ChartPoint[], options: ChartOptions): SvgElement {
  const { width, height, measure } = options;
  const sizeOf = sizeBy(options);
  const front = bySize(points.filter(({ onFront }) => onFront));
  const beside = points.filter(isInteger);
  const frameOptions: FrameOptions = {
    x: { label: options.size === 'bytes' ? 'Size (bytes)' : 'Parameters', values: points.map(sizeOf), kind: 'log' },
    y: { label: `Error (${measure}, %)`, values: points.map(({ error }) => error * 100) },
    area: { left: 0, top: 0, width, height },
  };
  const inner = createFrame(frameOptions);
  const frame: Plot = { ...inner, at: (point) => inner.place(sizeOf(point), point.error * 100) };
  const corners = front.map((point) => ({ params: sizeOf(point), error: point.error }));
  const steps = stepsOf(corners).map(({ params, error }) => frame.place(params, error * 100));
  const bound = options.atMost ?? options.bound;
  const label = { role: 'img', 'aria-label': describeFront(points.length, front) };
  return svg(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height, ...(options.still ? label : {}) },
    svg(
      'g',
      options.still ? {} : label,
      drawAxes(frame, frameOptions),
      bound === undefined ? undefined : boundLine(frame, bound),
      ...points
        .filter((point) => !point.onFront && !isInteger(point))
        .map((point) => dominatedMark(point, frame, options)),
      ...variantLines(points, frame, options),
      front.length > 1 ? svg('polyline', { class: 'front-line', points: pointList(steps) }) : undefined,
    ),
    svg('g', {}, ...beside.map((point) => integerMark(point, frame, options))),
    frontMarks(front, frame, options),
    labels(front, frame),
  );
}

const bySize = (points: readonly ChartPoint[]): readonly ChartPoint[] =>
  [...points].sort((a, b) => a.params - b.params || a.error - b.error);

function describeFront(count: number, front: readonly ChartPoint[]): string {
  const [first, last] = [front[0], front.at(-1)];
  if (!first || !last) return 'Error against parameters. No network yet.';
  return `Error against parameters. ${formatAmount(count, 'network')}, ${formatCount(front.length)} of them on the front, from ${formatPercent(first.error)} with ${formatAmount(first.params, 'parameter')} to ${formatPercent(last.error)} with ${formatAmount(last.params, 'parameter')}.`;
}

/** The frame, and where a point lies in it. */
interface Plot extends Frame {
  at(point: ChartPoint): readonly [number, number];
}

const sizeBy =
  ({ size }: ChartOptions) =>
  ({ params, bytes }: ChartPoint): number =>
    size === 'bytes' ? (bytes ?? params) : params;

const isInteger = ({ variant }: ChartPoint): boolean => variant === 'int8' || variant === 'fixed16';

/** From each network to what was made from it; faded where either end is. */
function variantLines(points: readonly ChartPoint[], frame: Plot, options: ChartOptions): SvgElement[] {
  const byId = new Map(points.map((point) => [point.id, point]));
  return points.flatMap((point) => {
    const origin = point.variantOf === undefined ? undefined : byId.get(point.variantOf);
    if (!origin) return [];
    const [[x1, y1], [x2, y2]] = [frame.at(origin), frame.at(point)];
    const worse = origin.error > point.error ? origin : point;
    const name = point.onFront || isInteger(point) ? 'variant-line' : 'variant-line faint';
    return [svg('line', { class: fade(name, worse, options), x1, y1, x2, y2 })];
  });
}

/** The line only where it lies inside the picture: clamped to a border it would tell a lie. */
function boundLine({ y, left, right }: Frame, bound: number): SvgElement | undefined {
  const percent = bound * 100;
  if (percent < y.domain[0] || percent > y.domain[1]) return undefined;
  const at = y.place(percent);
  return svg(
    'g',
    { class: 'bound' },
    svg('line', { x1: left, x2: right, y1: at, y2: at }),
    svg('text', { x: right - 2, y: at - 5, 'text-anchor': 'end' }, `at most ${formatBound(bound)}`),
  );
}

function dominatedMark(point: ChartPoint, frame: Plot, options: ChartOptions): SvgElement {
  const [cx, cy] = frame.at(point);
  return svg(
    'g',
    { class: fade('dominated', point, options), 'data-point': point.id },
    point.id === options.selected ? svg('circle', { class: 'ring', cx, cy, r: 8 }) : undefined,
    svg('circle', { class: 'mark', cx, cy, r: 2.5 }),
    svg('title', {}, nameOf(point)),
  );
}

/** A network in integers, which stands beside the front. The table reaches it by keyboard. */
function integerMark(point: ChartPoint, frame: Plot, options: ChartOptions): SvgElement {
  const [px, py] = frame.at(point);
  return svg(
    'g',
    {
      class: fade('integer-point', point, options),
      transform: `translate(${px.toFixed(1)} ${py.toFixed(1)})`,
      ...(options.still ? {} : { 'data-point': point.id }),
    },
    point.id === options.selected ? svg('circle', { class: 'ring', r: 9 }) : undefined,
    variantMark(point.variant!),
    options.still ? undefined : svg('circle', { class: 'target', r: 7 }),
    svg('title', {}, nameOf(point)),
  );
}

/** A listbox with one tab stop: arrow keys walk along the front, Enter or space picks. */
function frontMarks(front: readonly ChartPoint[], frame: Plot, options: ChartOptions): SvgElement {
  const stop = front.some((point) => point.id === options.selected) ? options.selected : front[0]?.id;
  const marks = front.map((point) => {
    const [px, py] = frame.at(point);
    const role = point.roles?.[0];
    const drawn = {
      class: `${fade('front-point', point, options)} ${role ?? ''}`,
      transform: `translate(${px.toFixed(1)} ${py.toFixed(1)})`,
    };
    const title = svg('title', {}, nameOf(point));
    const mark = role === undefined && point.variant ? variantMark(point.variant) : markOf(role);
    if (options.still) return svg('g', drawn, mark, title);
    return svg(
      'g',
      {
        ...drawn,
        role: 'option',
        tabindex: point.id === stop ? 0 : -1,
        'aria-selected': point.id === options.selected ? 'true' : 'false',
        'aria-label': point.label ? `${nameOf(point)}. ${point.label}` : nameOf(point),
        'data-focus': `point-${point.id}`,
        'data-point': point.id,
      },
      svg('circle', { class: 'focus-ring', r: 13 }),
      point.id === options.selected ? svg('circle', { class: 'ring', r: 10 }) : undefined,
      mark,
      // Last, and so on top: the whole disc takes the clicks, whatever the shape of the mark.
      svg('circle', { class: 'target', r: 9 }),
      title,
    );
  });
  if (options.still) return svg('g', {}, ...marks);
  return svg('g', { role: 'listbox', 'aria-label': 'Networks on the front, from small to large' }, ...marks);
}

/** About the size of a label's text in pixels: nothing measures it before it is drawn. */
const labelSize = { perLetter: 6.5, height: 14 };

/**
 * The names of the points that stand out, above everything else. The options say the same to a screen reader. Names go
 * above their points, and below them where they would lie on the name of another.
 */
function labels(front: readonly ChartPoint[], frame: Plot): SvgElement {
  const placed: { readonly left: number; readonly right: number; readonly y: number }[] = [];
  return svg(
    'g',
    { class: 'roles', 'aria-hidden': 'true' },
    ...front.map((point) => {
      if (!point.label) return undefined;
      const [px, py] = frame.at(point);
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

const fade = (name: string, point: ChartPoint, { atMost }: ChartOptions): string =>
  atMost !== undefined && point.error > atMost ? `${name} out-of-bound` : name;

const nameOf = ({ name, params, error }: ChartPoint): string =>
  `${name}: ${formatAmount(params, 'parameter')}, error ${formatPercent(error)}`;
