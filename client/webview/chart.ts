/** The scatter plot of error against size. Every mark that matters can be reached, read and picked by keyboard. */

import { formatAmount, formatBound, formatCount, formatPercent } from '../../engine/format.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { svg } from './dom.ts';
import { frontOf, neighbour, stepsOf } from './front.ts';
import { markOf } from './marks.ts';
import { roleNames, rolesOf } from './roles.ts';
import { createScale, kindFor, type Scale } from './scale.ts';

export interface ChartOptions {
  readonly selected: string | undefined;
  /** Points above this error are faded; a fraction. */
  readonly atMost: number | undefined;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly onSelect: (id: string) => void;
}

const margin = { top: 14, right: 18, bottom: 44, left: 62 };

export function drawChart(view: FrontView, options: ChartOptions): SVGSVGElement {
  const { width, height } = options;
  const drawn = view.points.filter((point) => Number.isFinite(point.error.nrmse));
  const front = frontOf(view.points);
  const errors = drawn.map((point) => point.error.nrmse * 100);
  const x = createScale(
    drawn.map((point) => point.params),
    { kind: 'log', range: [margin.left, width - margin.right], ticks: Math.max(2, Math.floor(width / 70)) },
  );
  const y = createScale(errors, {
    kind: kindFor(errors),
    range: [height - margin.bottom, margin.top],
    ticks: Math.max(2, Math.floor(height / 45)),
  });
  const place = (params: number, error: number) => [x.place(params), y.place(error * 100)] as const;
  const steps = stepsOf(front).map(({ params, error }) =>
    place(params, error)
      .map((value) => value.toFixed(1))
      .join(','),
  );
  const bound = options.atMost ?? view.maxError;

  return svg(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height },
    svg(
      'g',
      { role: 'img', 'aria-label': describe(drawn.length, front) },
      axes(x, y, options),
      bound === undefined ? undefined : boundLine(y, bound, options),
      ...drawn.filter((point) => !point.onFront).map((point) => dominatedMark(point, place, options)),
      front.length > 1 ? svg('polyline', { class: 'front-line', points: steps.join(' ') }) : undefined,
    ),
    frontMarks(view, front, place, options),
    roleLabels(view, front, place, options),
  );
}

const describe = (count: number, front: readonly FrontPoint[]): string => {
  const [first, last] = [front[0], front.at(-1)];
  if (!first || !last) return 'Error against parameters. No network yet.';
  return `Error against parameters. ${formatAmount(count, 'network')}, ${formatCount(front.length)} of them on the front, from ${formatPercent(first.error.nrmse)} with ${formatAmount(first.params, 'parameter')} to ${formatPercent(last.error.nrmse)} with ${formatAmount(last.params, 'parameter')}.`;
};

function axes(x: Scale, y: Scale, { width, height }: ChartOptions): SVGGElement {
  const [bottom, right] = [height - margin.bottom, width - margin.right];
  const middle = (margin.top + bottom) / 2;
  return svg(
    'g',
    { class: 'axes' },
    ...y.ticks.flatMap((tick) => {
      const at = y.place(tick);
      return [
        svg('line', { class: 'grid', x1: margin.left, x2: right, y1: at, y2: at }),
        svg('text', { class: 'tick', x: margin.left - 8, y: at, dy: '0.32em', 'text-anchor': 'end' }, tickText(tick)),
      ];
    }),
    ...x.ticks.flatMap((tick) => {
      const at = x.place(tick);
      return [
        svg('line', { class: 'grid', x1: at, x2: at, y1: margin.top, y2: bottom }),
        svg('text', { class: 'tick', x: at, y: bottom + 16, 'text-anchor': 'middle' }, tickText(tick)),
      ];
    }),
    svg('polyline', {
      class: 'axis',
      points: `${margin.left},${margin.top} ${margin.left},${bottom} ${right},${bottom}`,
    }),
    svg(
      'text',
      { class: 'axis-label', x: (margin.left + right) / 2, y: height - 6, 'text-anchor': 'middle' },
      'Parameters',
    ),
    svg(
      'text',
      { class: 'axis-label', transform: `translate(13 ${middle}) rotate(-90)`, 'text-anchor': 'middle' },
      'Error (NRMSE, %)',
    ),
  );
}

const tickText = (tick: number): string => tick.toLocaleString('en-US', { maximumSignificantDigits: 4 });

/** The line only where it lies inside the picture: clamped to a border it would tell a lie. */
function boundLine(y: Scale, bound: number, { width }: ChartOptions): SVGGElement | undefined {
  const percent = bound * 100;
  if (percent < y.domain[0] || percent > y.domain[1]) return undefined;
  const at = y.place(percent);
  return svg(
    'g',
    { class: 'bound' },
    svg('line', { x1: margin.left, x2: width - margin.right, y1: at, y2: at }),
    svg('text', { x: width - margin.right - 2, y: at - 5, 'text-anchor': 'end' }, `at most ${formatBound(bound)}`),
  );
}

type Place = (params: number, error: number) => readonly [number, number];

function dominatedMark(point: FrontPoint, place: Place, options: ChartOptions): SVGGElement {
  const [cx, cy] = place(point.params, point.error.nrmse);
  return svg(
    'g',
    { class: fade('dominated', point, options), click: () => options.onSelect(point.id) },
    point.id === options.selected ? svg('circle', { class: 'ring', cx, cy, r: 8 }) : undefined,
    svg('circle', { class: 'mark', cx, cy, r: 2.5 }),
    svg('title', {}, nameOf(point)),
  );
}

/** A listbox with one tab stop: arrow keys walk along the front, Enter or space picks. */
function frontMarks(view: FrontView, front: readonly FrontPoint[], place: Place, options: ChartOptions): SVGGElement {
  const roles = rolesOf(view);
  const stop = front.some((point) => point.id === options.selected) ? options.selected : front[0]?.id;
  const marks = front.map((point) => {
    const [px, py] = place(point.params, point.error.nrmse);
    const own = roles.get(point.id) ?? [];
    const label = roleNames(own, view);
    return svg(
      'g',
      {
        class: `${fade('front-point', point, options)} ${own[0] ?? ''}`,
        role: 'option',
        tabindex: point.id === stop ? 0 : -1,
        'aria-selected': point.id === options.selected ? 'true' : 'false',
        'aria-label': label ? `${nameOf(point)}. ${label}` : nameOf(point),
        'data-focus': `point-${point.id}`,
        'data-point': point.id,
        transform: `translate(${px.toFixed(1)} ${py.toFixed(1)})`,
        click: () => options.onSelect(point.id),
      },
      svg('circle', { class: 'focus-ring', r: 13 }),
      point.id === options.selected ? svg('circle', { class: 'ring', r: 10 }) : undefined,
      markOf(own[0]),
      // Last, and so on top: the whole disc takes the clicks, whatever the shape of the mark.
      svg('circle', { class: 'target', r: 9 }),
      svg('title', {}, nameOf(point)),
    );
  });
  return svg(
    'g',
    {
      role: 'listbox',
      'aria-label': 'Networks on the front, from small to large',
      keydown: (event) => walk(event as KeyboardEvent, front, options),
    },
    ...marks,
  );
}

/** The names of the points that stand out, above everything else. The options say the same to a screen reader. */
function roleLabels(view: FrontView, front: readonly FrontPoint[], place: Place, { width }: ChartOptions): SVGGElement {
  const roles = rolesOf(view);
  return svg(
    'g',
    { class: 'roles', 'aria-hidden': 'true' },
    ...front.flatMap((point) => {
      const label = roleNames(roles.get(point.id) ?? [], view);
      if (label === '') return [];
      const [px, py] = place(point.params, point.error.nrmse);
      const leftwards = px > width - margin.right - label.length * 6.5 - 14;
      return [
        svg('text', { x: px + (leftwards ? -12 : 12), y: py - 9, 'text-anchor': leftwards ? 'end' : 'start' }, label),
      ];
    }),
  );
}

const fade = (name: string, point: FrontPoint, { atMost }: ChartOptions): string =>
  atMost !== undefined && point.error.nrmse > atMost ? `${name} out-of-bound` : name;

const nameOf = (point: FrontPoint): string =>
  `${point.topology} ${point.activation}: ${formatAmount(point.params, 'parameter')}, error ${formatPercent(point.error.nrmse)}`;

/** Moves the tab stop with the focus, so that tabbing out and in comes back to the same point. */
function walk(event: KeyboardEvent, front: readonly FrontPoint[], options: ChartOptions): void {
  const current = event.target instanceof Element ? event.target.closest('[data-point]') : null;
  const id = current?.getAttribute('data-point') ?? undefined;
  if (current === null || id === undefined) return;
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    options.onSelect(id);
    return;
  }
  const next = neighbour(front, id, event.key);
  if (!next) return;
  event.preventDefault();
  const target = current.parentElement?.querySelector<SVGElement>(`[data-point="${CSS.escape(next.id)}"]`);
  current.setAttribute('tabindex', '-1');
  target?.setAttribute('tabindex', '0');
  target?.focus();
}
