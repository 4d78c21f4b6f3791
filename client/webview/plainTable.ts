/** A table that only shows: the first cell of each row names it, the others hold figures. */
import type { Table } from '../../engine/plot/figure.ts';
import { t } from '../../engine/texts.ts';
import { html } from './dom.ts';
import type { PlainRow } from './targetRows.ts';

export const drawPlainTable = (table: Table, label: string): HTMLElement =>
  drawRows(
    table.columns,
    table.rows.map((cells) => ({ cells })),
    label,
  );

/** Scrolls sideways where it is wider than its place. */
export function drawRows(
  columns: readonly (string | HTMLElement)[],
  rows: readonly PlainRow[],
  label: string,
): HTMLElement {
  const [first, ...others] = columns;
  return html(
    'div',
    { class: 'table-scroll', role: 'region', 'aria-label': t('{0}, scrollable', label), tabindex: 0 },
    html(
      'table',
      {},
      html(
        'thead',
        {},
        html(
          'tr',
          {},
          html('th', { scope: 'col' }, first),
          ...others.map((column) => html('th', { scope: 'col', class: 'numeric' }, column)),
        ),
      ),
      html('tbody', {}, ...rows.map((row) => drawRow(row, others.length))),
    ),
  );
}

function drawRow({ cells: [name, ...cells], note, current }: PlainRow, span: number): HTMLElement {
  return html(
    'tr',
    { 'aria-current': current && 'true' },
    html('th', { scope: 'row' }, name),
    ...(note === undefined
      ? cells.map((cell) => html('td', { class: 'numeric' }, cell))
      : [html('td', { class: 'quiet', colspan: span }, note)]),
  );
}
