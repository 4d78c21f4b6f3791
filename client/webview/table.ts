/** The same networks as a table, for whoever reads numbers rather than pictures, or cannot see the picture. */
import { formatCount, formatVariant } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { MetricId, PanelState, SortColumn } from '../messages.ts';
import { budgetTest } from './budget.ts';
import { type Child, html } from './dom.ts';
import { isOffered, sortPoints } from './front.ts';
import { metricsOf } from './metrics.ts';
import { type Roles, roleNames } from './roles.ts';

/** Rows at first, and more on each request: a page of thousands of rows is slow, and nobody reads it. */
export const pageRows = 200;

export interface TableOptions {
  readonly state: Pick<PanelState, 'sort' | 'budget' | 'dominated'>;
  readonly roles: Roles;
  readonly rows: number;
  readonly onSelect: (id: string) => void;
  readonly onSort: (column: SortColumn) => void;
  readonly onMore: () => void;
}

interface Column {
  readonly id: SortColumn;
  readonly title: string;
  readonly numeric: boolean;
  text(point: FrontPoint): string;
}

/** What a choice is made by comes first. */
const order: readonly MetricId[] = [
  'nrmse',
  'bytes',
  'params',
  'latencyNs',
  'speedup',
  'p99',
  'max',
  'meanRelative',
  'missRate',
  'lut',
  'dsp',
  'blockRam',
  'clocks',
  'flash',
  'ram',
  'leastNs',
];

function columnsOf(view: FrontView): readonly Column[] {
  const words: readonly Column[] = [
    { id: 'topology', title: t('Network'), numeric: false, text: (point) => point.topology },
    { id: 'activation', title: t('Activation'), numeric: false, text: (point) => point.activation },
    ...(view.points.some(({ variant }) => variant)
      ? [
          {
            ...({ id: 'variant', title: t('Variant'), numeric: false } as const),
            text: ({ variant, alpha }: FrontPoint) => formatVariant(variant, alpha),
          },
        ]
      : []),
  ];
  const figures = [...metricsOf(view)]
    .sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
    .map(
      ({ id, name, value, format }): Column => ({
        ...{ id, title: name, numeric: true },
        text(point) {
          const known = value(point);
          return known === undefined ? '–' : format(known);
        },
      }),
    );
  return [...words, ...figures];
}

/** The points that the table lists: what can be used, or everything, within the budget and in its order. */
export function listedPoints(
  view: FrontView,
  { budget, dominated, sort }: TableOptions['state'],
): readonly FrontPoint[] {
  const isWithin = budgetTest(budget, view);
  const points = view.points.filter((point) => (dominated || isOffered(point, view)) && isWithin(point));
  return sortPoints(points, sort, view);
}

export function drawTable(view: FrontView, options: TableOptions): Child[] {
  const points = listedPoints(view, options.state);
  if (points.length === 0) {
    const text = view.points.length === 0 ? t('No network yet.') : t('No network is within this budget.');
    return [html('p', { class: 'quiet' }, text)];
  }
  const columns = columnsOf(view);
  const shown = points.slice(0, options.rows);
  const rest = points.length - shown.length;
  return [
    html(
      'div',
      { class: 'table-scroll', role: 'region', 'aria-label': t('Networks, scrollable'), tabindex: 0 },
      html(
        'table',
        { class: 'networks' },
        html('caption', { class: 'visually-hidden' }, t('Networks for {0}', view.subject.name)),
        html('thead', {}, html('tr', {}, ...columns.map((column) => header(column, options)))),
        html('tbody', {}, ...shown.map((point) => row(point, columns, view, options))),
      ),
    ),
    rest === 0
      ? undefined
      : html(
          'p',
          { class: 'links' },
          html(
            'button',
            { type: 'button', class: 'link', 'data-focus': 'more-rows', click: options.onMore },
            t('Show {0} more of {1}', formatCount(Math.min(rest, pageRows)), formatCount(rest)),
          ),
        ),
  ];
}

/** Marks the row of the selected network, which takes no new table. */
export function markSelected(table: Element, selected: string | undefined): void {
  for (const current of table.querySelectorAll('[aria-current]')) current.removeAttribute('aria-current');
  if (selected === undefined) return;
  table.querySelector(`[data-row="${CSS.escape(selected)}"]`)?.setAttribute('aria-current', 'true');
}

function header({ id, title, numeric }: Column, { state, onSort }: TableOptions): HTMLElement {
  const sorted = state.sort.column === id;
  return html(
    'th',
    {
      scope: 'col',
      class: numeric ? 'numeric' : undefined,
      'aria-sort': sorted ? (state.sort.descending ? 'descending' : 'ascending') : undefined,
    },
    html(
      'button',
      { type: 'button', class: 'sort', 'data-focus': `sort-${id}`, click: () => onSort(id) },
      title,
      html('span', { class: 'arrow', 'aria-hidden': 'true' }, sorted ? (state.sort.descending ? '▼' : '▲') : ''),
    ),
  );
}

function row(
  point: FrontPoint,
  columns: readonly Column[],
  view: FrontView,
  { roles, onSelect }: TableOptions,
): HTMLElement {
  const [first, ...rest] = columns;
  const label = roleNames(roles.get(point.id) ?? [], view);
  return html(
    'tr',
    {
      class: isOffered(point, view) ? undefined : 'off-front',
      'data-row': point.id,
      click: () => onSelect(point.id),
    },
    html(
      'th',
      { scope: 'row' },
      // The row's click does the work; the button is what a keyboard reaches, and its click bubbles to the row.
      html('button', { type: 'button', class: 'row-button', 'data-focus': `row-${point.id}` }, first!.text(point)),
      label ? html('span', { class: 'badge' }, label) : undefined,
    ),
    ...rest.map((column) => html('td', { class: column.numeric ? 'numeric' : undefined }, column.text(point))),
  );
}
