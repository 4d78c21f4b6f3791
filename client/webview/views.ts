/** What is below the plot: the table of networks, and on request the comparison, the errors and the search. */

import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { PanelMessage, PanelState, SortColumn, Tab } from '../messages.ts';
import type { TargetFigures } from '../targetFigures.ts';
import { rememberInputs } from './changes.ts';
import { drawComparison } from './comparison.ts';
import { toCsv, toJson } from './copy.ts';
import { html, replaceKeepingFocus } from './dom.ts';
import { drawErrors, drawSearch } from './plots.ts';
import type { Roles } from './roles.ts';
import { createTabs } from './tabBar.ts';
import { drawTable, listedPoints, markSelected, pageRows } from './table.ts';
import { createTargetSection } from './target.ts';

export interface ViewsOptions {
  readonly send: (message: PanelMessage) => void;
  readonly onState: (change: Partial<PanelState>) => void;
  readonly onSelect: (id: string) => void;
  readonly onUnpin: () => void;
  /** More rows are wanted. */
  readonly onRedraw: () => void;
}

/** What the views are about, beside the run. */
export interface Selected {
  readonly selected: FrontPoint | undefined;
  readonly roles: Roles;
  readonly target: TargetFigures | undefined;
}

export function createViews(options: ViewsOptions) {
  const { send, onState, onSelect, onUnpin, onRedraw } = options;
  const title = t('More about the run');
  const tabs = createTabs(
    [
      { id: 'networks', title: t('Networks') },
      { id: 'compare', title: t('Comparison') },
      { id: 'target', title: t('Target') },
      { id: 'errors', title: t('Where it is wrong') },
      { id: 'search', title: t('The search') },
    ],
    title,
    (tab: Tab) => onState({ tab }),
  );
  const dominated = html('input', { type: 'checkbox', change: () => onState({ dominated: dominated.checked }) });
  const table = html('div', {});
  const copyButton = (what: 'csv' | 'json', text: string) =>
    html('button', { type: 'button', class: 'link', click: () => copy(what) }, text);
  tabs
    .panel('networks')
    .append(
      html(
        'div',
        { class: 'toolbar' },
        html('label', {}, dominated, t('Show dominated networks')),
        html('span', { class: 'copies' }, copyButton('csv', t('Copy as CSV')), copyButton('json', t('Copy as JSON'))),
      ),
      table,
    );
  const onTarget = createTargetSection(() => send({ kind: 'pickTarget' }));
  tabs.panel('target').append(onTarget.element);
  const element = html('section', { class: 'views', 'aria-label': title }, tabs.element);
  const changed = rememberInputs();
  let rows = pageRows;
  let shown: { readonly view: FrontView; readonly state: PanelState } | undefined;

  function copy(what: 'csv' | 'json'): void {
    if (!shown) return;
    const points = listedPoints(shown.view, shown.state);
    send({ kind: 'copy', what, text: (what === 'csv' ? toCsv : toJson)(points, shown.view) });
  }

  function onSort(column: SortColumn): void {
    const sort = shown?.state.sort;
    onState({ sort: { column, descending: sort?.column === column && !sort.descending } });
  }

  function onMore(): void {
    rows += pageRows;
    onRedraw();
  }

  return {
    element,
    update(view: FrontView, state: PanelState, { selected, roles, target }: Selected): void {
      shown = { view, state };
      const pinned = view.points.find(({ id }) => id === state.pinned);
      const tab = tabs.update(state.tab, (id) => {
        if (id === 'target') return target !== undefined && view.stage === 'done';
        return id !== 'compare' || pinned !== undefined;
      });
      const panel = tabs.panel(tab);
      switch (tab) {
        case 'networks':
          dominated.checked = state.dominated;
          if (changed('table', [view, state.sort, state.budget, state.dominated, roles, rows])) {
            replaceKeepingFocus(table, ...drawTable(view, { state, roles, rows, onSelect, onSort, onMore }));
          }
          markSelected(table, selected?.id);
          return;
        case 'target':
          if (changed('target', [view, selected, target])) onTarget.draw(view, selected, target);
          return;
        case 'compare':
          if (pinned && changed('compare', [view, pinned, selected])) {
            replaceKeepingFocus(panel, ...drawComparison(view, pinned, selected, onUnpin));
          }
          return;
        case 'errors': {
          const width = element.clientWidth;
          if (changed('errors', [selected, width])) panel.replaceChildren(...drawErrors(selected, width));
          return;
        }
        case 'search': {
          const width = element.clientWidth;
          if (changed('search', [view, width])) panel.replaceChildren(...drawSearch(view, width));
          return;
        }
      }
    },
  };
}
