/** The plot with what belongs to it: how much of the front is within the bound, the legend, the hypervolume. */

import { formatCount } from '../../engine/format.ts';
import type { FrontView } from '../../server/protocol.ts';
import { type ChartOptions, drawChart } from './chart.ts';
import { html, replaceKeepingFocus } from './dom.ts';
import { frontOf, within } from './front.ts';
import type { Layout } from './layout.ts';
import { drawLegend } from './marks.ts';
import { type Role, roleName, rolesOf } from './roles.ts';
import { drawSparkline } from './sparkline.ts';

/** Fills `plot`, `count` and `below` of the layout, in real pixels of the width that the plot has now. */
export function drawFigure(layout: Layout, view: FrontView, options: Omit<ChartOptions, 'width' | 'height'>): void {
  const front = frontOf(view.points);
  layout.toolbar.hidden = view.points.length === 0;
  if (view.points.length === 0) {
    layout.plot.replaceChildren(html('p', { class: 'plot-empty' }, 'Networks appear here after the first generation.'));
    layout.below.replaceChildren();
    return;
  }
  const width = Math.max(280, Math.round(layout.plot.clientWidth));
  const height = Math.round(Math.min(360, Math.max(240, width * 0.62)));
  replaceKeepingFocus(layout.plot, drawChart(view, { ...options, width, height }));
  layout.count.textContent = countText(front.length, within(front, options.atMost).length);
  const sparkline = drawSparkline(view.hypervolume, view.generations);
  layout.below.replaceChildren(drawLegend(legendOf(view)), ...(sparkline ? [sparkline] : []));
}

const countText = (all: number, inside: number): string =>
  inside === all ? `${formatCount(all)} on the front` : `${formatCount(inside)} of ${formatCount(all)} on the front`;

function legendOf(view: FrontView) {
  // A point with several roles is drawn in the shape of its first.
  const shapes = new Set<Role>([...rolesOf(view).values()].map((roles) => roles[0]!));
  return [
    { text: 'On the front' },
    ...(['knee', 'chosen', 'applied'] as const)
      .filter((role) => shapes.has(role))
      .map((role) => ({ role, text: roleName(role, view) })),
    ...(view.points.some(({ onFront }) => !onFront) ? [{ dominated: true, text: 'Dominated' }] : []),
  ];
}
