/** The plot of the front, which answers to pointer and keyboard. */
import { measureName } from '../../engine/plot/figure.ts';
import { type ChartPoint, frontChart } from '../../engine/plot/frontChart.ts';
import { networkLabel } from '../../engine/plot/runFigures.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { toDom } from './dom.ts';
import { frontOf, isInteger, neighbour } from './front.ts';
import { roleNames, rolesOf } from './roles.ts';

export interface ChartOptions {
  readonly selected: string | undefined;
  /** Points above this error are faded; a fraction. */
  readonly atMost: number | undefined;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly onSelect: (id: string) => void;
}

export function drawChart(view: FrontView, options: ChartOptions): SVGElement {
  const chart = toDom(
    frontChart(chartPoints(view), {
      ...options,
      measure: measureName(view.measure),
      bound: view.maxError,
      size: view.points.some(isInteger) ? 'bytes' : 'params',
    }),
  );
  chart.addEventListener('click', ({ target }) => {
    const picked = pointAt(target)?.getAttribute('data-point');
    if (picked) options.onSelect(picked);
  });
  chart.addEventListener('keydown', (event) => walk(event, frontOf(view.points), options));
  return chart;
}

function chartPoints(view: FrontView): ChartPoint[] {
  const roles = rolesOf(view);
  return view.points
    .filter(({ error }) => Number.isFinite(error.nrmse))
    .map((point) => {
      const { id, params, bytes, error, onFront, variant, variantOf } = point;
      const own = roles.get(id) ?? [];
      const look = { onFront, variant, variantOf, roles: own, label: roleNames(own, view) };
      return { id, name: networkLabel(point), params, bytes, error: error.nrmse, ...look };
    });
}

const pointAt = (target: EventTarget | null): Element | null =>
  target instanceof Element ? target.closest('[data-point]') : null;

/** Moves the tab stop with the focus, so that tabbing out and in comes back to the same point. */
function walk(event: KeyboardEvent, front: readonly FrontPoint[], options: ChartOptions): void {
  const current = pointAt(event.target);
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
