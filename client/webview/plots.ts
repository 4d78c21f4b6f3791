/** Figures in the views below the front: the same as in a report, those that the run has the data for. */
import { explanationFigures } from '../../engine/plot/explanation.ts';
import type { Figure } from '../../engine/plot/figure.ts';
import { figureIds, networkLabel, runFigures } from '../../engine/plot/runFigures.ts';
import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { html, toDom } from './dom.ts';
import { drawPlainTable } from './plainTable.ts';

const leastWidth = 280;

/** How the search went. `width` is that of the column, in pixels. */
export function drawSearch(view: FrontView, width: number): HTMLElement[] {
  const { plots = { fronts: [], curves: [] }, points, hypervolume, measure } = view;
  const target = view.target.toUpperCase();
  const figures = runFigures({ points, plots, hypervolume, measure, target, width: Math.max(leastWidth, width) });
  const drawn = figureIds.flatMap((id) => figures[id] ?? []);
  if (drawn.length === 0) return [html('p', { class: 'quiet' }, t('There are plots here once the run is done.'))];
  return drawn.map(drawFigure);
}

/** Where the selected network is wrong. */
export function drawErrors(point: FrontPoint | undefined, width: number): HTMLElement[] {
  if (!point) return [html('p', { class: 'quiet' }, t('Select a network to see where it is wrong.'))];
  const name = networkLabel(point);
  if (!point.explanation) {
    const text = t('Where {0} is wrong is known once its generated code is measured, at the end of a run.', name);
    return [html('p', { class: 'quiet' }, text)];
  }
  const figures = explanationFigures(point.explanation, { name, width: Math.max(leastWidth, width) });
  // The sizes of errors and how results compare say most; errors over each input follow.
  const first = ['predicted-exact', 'error-histogram'];
  const rank = ({ id }: Figure) => (first.includes(id) ? first.indexOf(id) : first.length);
  return figures.sort((a, b) => rank(a) - rank(b)).map(drawFigure);
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
      html('summary', { 'data-focus': `table-${id}` }, t('The same as a table')),
      drawPlainTable(table, title),
    ),
  );
}
