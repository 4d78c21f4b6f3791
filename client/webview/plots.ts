/** The plots below the front: the same figures as in a report, those that the run has the data for. */
import { explanationFigures } from '../../engine/plot/explanation.ts';
import type { Figure } from '../../engine/plot/figure.ts';
import { figureIds, runFigures } from '../../engine/plot/runFigures.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { html, replaceKeepingFocus, toDom } from './dom.ts';
import type { Layout } from './layout.ts';
import { drawPlainTable } from './plainTable.ts';

/** Fills `plots` of the layout, and hides it where there is nothing to show. Pictures are as wide as their column. */
export function drawPlots(layout: Layout, view: FrontView): void {
  const { plots, points, measure } = view;
  layout.plots.hidden = !plots;
  if (!plots) return;
  const target = view.target.toUpperCase();
  const width = Math.max(280, Math.round(layout.figures.clientWidth));
  const figures = runFigures({ points, plots, measure, target, width });
  const drawn = figureIds.flatMap((id) => figures[id] ?? []);
  layout.plots.hidden = drawn.length === 0;
  replaceKeepingFocus(layout.figures, ...drawn.map(drawFigure));
}

/** Fills `explained` of the layout with where the selected network is wrong, and hides it where that is not known yet. */
export function drawExplanation(layout: Layout, point: FrontPoint | undefined): void {
  layout.explanation.hidden = point?.explanation === undefined;
  if (!point?.explanation) return;
  const width = Math.max(280, Math.round(layout.explained.clientWidth));
  const figures = explanationFigures(point.explanation, { name: `${point.topology} ${point.activation}`, width });
  replaceKeepingFocus(layout.explained, ...figures.map(drawFigure));
}

function drawFigure({ id, title, caption, picture, table }: Figure): HTMLElement {
  return html(
    'figure',
    { 'aria-label': title },
    html('h3', {}, title),
    toDom(picture),
    html('figcaption', { class: 'quiet' }, caption),
    html(
      'details',
      {},
      html('summary', { 'data-focus': `table-${id}` }, 'The same as a table'),
      drawPlainTable(table, title),
    ),
  );
}
