/** Views below the plot, one at a time: a tab list with one tab stop, whose arrow keys change the view. */
import type { Tab } from '../messages.ts';
import { html } from './dom.ts';
import { neighbour } from './front.ts';

export interface TabEntry {
  readonly id: Tab;
  readonly title: string;
}

export function createTabs(entries: readonly TabEntry[], label: string, onTab: (tab: Tab) => void) {
  const parts = entries.map(({ id, title }) => {
    const tab = html(
      'button',
      { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `view-${id}`, click: () => onTab(id) },
      title,
    );
    const panel = html('div', { role: 'tabpanel', id: `view-${id}`, 'aria-labelledby': `tab-${id}`, hidden: true });
    return { id, tab, panel };
  });
  const list = html('div', { role: 'tablist', class: 'tabs', 'aria-label': label }, ...parts.map(({ tab }) => tab));
  list.addEventListener('keydown', (event) => {
    const open = parts.filter(({ tab }) => !tab.hidden);
    const current = open.find(({ tab }) => tab === event.target);
    const next = current && neighbour(open, current.id, event.key);
    if (!next) return;
    event.preventDefault();
    onTab(next.id);
    next.tab.focus();
  });
  return {
    element: html('div', {}, list, ...parts.map(({ panel }) => panel)),
    panel: (id: Tab): HTMLElement => parts.find((part) => part.id === id)!.panel,
    /** Those that have something to show, and which of them is open: the first where `tab` has nothing. */
    update(tab: Tab, has: (id: Tab) => boolean): Tab {
      const open = has(tab) ? tab : 'networks';
      for (const part of parts) {
        const selected = part.id === open;
        part.tab.hidden = !has(part.id);
        part.tab.setAttribute('aria-selected', String(selected));
        part.tab.tabIndex = selected ? 0 : -1;
        part.panel.hidden = !selected;
      }
      return open;
    },
  };
}
