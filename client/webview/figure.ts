/** The plot with what belongs to it: how much of the front is within the bound, the legend, the hypervolume. */

import { formatAmount, formatCount, formatVariant } from '../../engine/format.ts';
import { type LegendEntry, legendMark, type Role } from '../../engine/plot/marks.ts';
import { sparkline } from '../../engine/plot/sparkline.ts';
import { variantKinds } from '../../engine/types.ts';
import type { FrontView } from '../../server/protocol.ts';
import { type ChartOptions, drawChart } from './chart.ts';
import { html, replaceKeepingFocus, toDom } from './dom.ts';
import { frontOf, isOffered, within } from './front.ts';
import type { Layout } from './layout.ts';
import { roleName, rolesOf } from './roles.ts';

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
  layout.below.replaceChildren(drawLegend(legendOf(view)), ...drawHypervolume(view));
}

const countText = (all: number, inside: number): string =>
  inside === all ? `${formatCount(all)} on the front` : `${formatCount(inside)} of ${formatCount(all)} on the front`;

function legendOf(view: FrontView): LegendEntry[] {
  // A point with several roles is drawn in the shape of its first.
  const shapes = new Set<Role>([...rolesOf(view).values()].map((roles) => roles[0]!));
  return [
    { text: 'On the front' },
    ...(['knee', 'chosen', 'applied'] as const)
      .filter((role) => shapes.has(role))
      .map((role) => ({ role, text: roleName(role, view) })),
    ...variantKinds
      .filter((kind) => view.points.some((point) => point.variant === kind && isOffered(point, view)))
      .map((variant) => ({ variant, text: capitalise(formatVariant(variant)) })),
    ...(view.points.some((point) => !isOffered(point, view)) ? [{ dominated: true, text: 'Dominated' }] : []),
  ];
}

/** What the shapes mean; only those that are in the picture. */
const drawLegend = (entries: readonly LegendEntry[]): HTMLElement =>
  html('ul', { class: 'legend' }, ...entries.map((entry) => html('li', {}, toDom(legendMark(entry)), entry.text)));

/** How the front grew: its hypervolume after each generation. Nothing until the first one is known. */
function drawHypervolume({ hypervolume, generations }: FrontView): HTMLElement[] {
  const last = hypervolume.at(-1);
  if (last === undefined) return [];
  const text = `Hypervolume ${formatVolume(last)} after ${formatAmount(hypervolume.length, 'generation')}`;
  const label = `${text}: ${hypervolume.map(formatVolume).join(', ')}`;
  return [
    html(
      'p',
      { class: 'hypervolume', title: 'How much of the plane of error and size the front covers. Larger is better.' },
      // One value is no course yet.
      hypervolume.length < 2 ? undefined : toDom(sparkline(hypervolume, generations, label)),
      html('span', { 'aria-hidden': 'true' }, text),
    ),
  ];
}

const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const formatVolume = (value: number): string =>
  Number.isFinite(value) ? value.toLocaleString('en-US', { maximumSignificantDigits: 4 }) : 'unknown';
