/** The plot of the front, which answers to pointer and keyboard. */
import { dotsChart, frontChart, relatives } from '../../engine/plot/frontChart.ts';
import { toDom } from './dom.ts';
import { neighbour } from './front.ts';
import type { Scene } from './scene.ts';

/** Pixels around the pointer in which a network counts as meant. */
const reach = 12;

export const drawChart = ({ points, options, frame }: Scene, selected: string | undefined): SVGElement =>
  toDom(frontChart(points, { ...options, selected }, frame));

export const drawDots = ({ points, options, frame }: Scene): SVGElement => toDom(dotsChart(points, options, frame));

/** Shows what a network was made from, and what was made from it. */
export function showRelatives(plot: Element, { points, frame }: Scene, id: string | undefined): void {
  plot.querySelector('.relatives')?.replaceChildren(...relatives(points, frame, id).map(toDom));
}

/** The network nearest to a place in the picture, in its pixels. Marks lie above dots, and so come first. */
export function pointNear({ points, frame }: Scene, x: number, y: number): string | undefined {
  let best: { id: string; distance: number } | undefined;
  for (const point of points) {
    const [px, py] = frame.place(point.x, point.y);
    const distance = Math.hypot(px - x, py - y) - (point.offered ? reach / 2 : 0);
    if (distance < (best?.distance ?? reach)) best = { id: point.id, distance };
  }
  return best?.id;
}

export const markAt = (target: EventTarget | null): Element | null =>
  target instanceof Element ? target.closest('[data-point]') : null;

/** Moves the tab stop with the focus, so that tabbing out and in comes back to the same point. */
export function walk(event: KeyboardEvent, { points }: Scene, onSelect: (id: string) => void): void {
  const current = markAt(event.target);
  const id = current?.getAttribute('data-point') ?? undefined;
  if (current === null || id === undefined) return;
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    onSelect(id);
    return;
  }
  const marks = points.filter(({ offered }) => offered).sort((a, b) => a.x - b.x || a.y - b.y);
  const next = neighbour(marks, id, event.key);
  if (!next) return;
  event.preventDefault();
  const target = current.parentElement?.querySelector<SVGElement>(`[data-point="${CSS.escape(next.id)}"]`);
  current.setAttribute('tabindex', '-1');
  target?.setAttribute('tabindex', '0');
  target?.focus();
}
