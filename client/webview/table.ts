/** The same networks as a table, for whoever reads numbers rather than pictures, or cannot see the picture. */

import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatSpeedup,
  formatVariant,
} from '../../engine/format.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { PanelState, SortColumn } from '../messages.ts';
import { html } from './dom.ts';
import { isOffered, sortPoints, within } from './front.ts';
import { roleNames, rolesOf } from './roles.ts';

export interface TableOptions {
  readonly state: PanelState;
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
  readonly onSort: (column: SortColumn) => void;
}

interface Column {
  readonly id: SortColumn;
  readonly title: string;
  readonly numeric: boolean;
  text(point: FrontPoint): string;
}

const columns: readonly Column[] = [
  { id: 'topology', title: 'Network', numeric: false, text: (point) => point.topology },
  { id: 'activation', title: 'Activation', numeric: false, text: (point) => point.activation },
  { id: 'variant', title: 'Variant', numeric: false, text: (point) => formatVariant(point.variant, point.alpha) },
  { id: 'params', title: 'Parameters', numeric: true, text: (point) => formatCount(point.params) },
  { id: 'bytes', title: 'Size', numeric: true, text: (point) => formatBytes(point.bytes) },
  { id: 'nrmse', title: 'NRMSE', numeric: true, text: (point) => formatPercent(point.error.nrmse) },
  {
    id: 'latencyNs',
    title: 'Time per call',
    numeric: true,
    text: ({ latencyNs }) => (latencyNs === undefined ? '–' : formatDuration(latencyNs)),
  },
  {
    id: 'speedup',
    title: 'Speed',
    numeric: true,
    text: ({ speedup }) => (speedup === undefined ? '–' : formatSpeedup(speedup)),
  },
  {
    id: 'meanRelative',
    title: 'Mean relative',
    numeric: true,
    text: (point) => formatPercent(point.error.meanRelative),
  },
  { id: 'p99', title: '99th percentile', numeric: true, text: (point) => formatPercent(point.error.p99) },
  { id: 'max', title: 'Maximum', numeric: true, text: (point) => formatPercent(point.error.max) },
];

/** Where outputs are classes, one share of wrong ones says it all; networks of a data set have nothing to be faster than. */
function columnsOf({ measure, subject, points }: FrontView): readonly Column[] {
  const classes = new Set<SortColumn>(['meanRelative', 'p99', 'max']);
  return columns
    .filter(({ id }) => measure === 'nrmse' || !classes.has(id))
    .filter(({ id }) => subject.kind === 'function' || id !== 'speedup')
    .filter(({ id }) => id !== 'variant' || points.some(({ variant }) => variant))
    .filter(({ id }) => id !== 'latencyNs' || subject.kind === 'function' || points.some(({ latencyNs }) => latencyNs))
    .map((column) => (column.id === 'nrmse' && measure === 'classes' ? { ...column, title: 'Wrong classes' } : column));
}

/** The points that the table lists: what can be used, or everything, within the bound. */
export const listedPoints = (view: FrontView, state: PanelState): readonly FrontPoint[] =>
  within(view.points, state.atMost).filter((point) => state.dominated || isOffered(point, view));

export function drawTable(view: FrontView, options: TableOptions): HTMLElement {
  const { state } = options;
  const points = sortPoints(listedPoints(view, state), state.sort);
  if (points.length === 0) {
    return html(
      'p',
      { class: 'quiet' },
      view.points.length === 0 ? 'No network yet.' : 'No network is within this bound.',
    );
  }
  const roles = rolesOf(view);
  const shown = columnsOf(view);
  return html(
    'div',
    { class: 'table-scroll', role: 'region', 'aria-label': 'Networks, scrollable', tabindex: 0 },
    html(
      'table',
      {},
      html('caption', { class: 'visually-hidden' }, `Networks for ${view.subject.name}`),
      html('thead', {}, html('tr', {}, ...shown.map((column) => header(column, options)))),
      html(
        'tbody',
        {},
        ...points.map((point) => row(point, roleNames(roles.get(point.id) ?? [], view), { ...options, shown, view })),
      ),
    ),
  );
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
  label: string,
  { selected, onSelect, shown, view }: TableOptions & { readonly shown: readonly Column[]; readonly view: FrontView },
): HTMLElement {
  const [first, ...rest] = shown;
  return html(
    'tr',
    {
      class: isOffered(point, view) ? undefined : 'off-front',
      'aria-current': point.id === selected ? 'true' : undefined,
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
