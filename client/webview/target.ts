/** What every network of the run takes on the target that is picked, and the selected one on the devices of the paper. */
import { networkLabel } from '../../engine/plot/runFigures.ts';
import { t } from '../../engine/texts.ts';
import type { CostItem, FrontPoint, FrontView, NetworkEstimate, TargetEstimates } from '../../server/protocol.ts';
import type { TargetFigures } from '../targetFigures.ts';
import { html, replaceKeepingFocus } from './dom.ts';
import { drawPlainTable, drawRows } from './plainTable.ts';
import { estimateRows, statusText, targetOf } from './targetRows.ts';

export interface TargetSection {
  readonly element: HTMLElement;
  /** Hidden until the run is over. */
  draw(view: FrontView, selected: FrontPoint | undefined, figures: TargetFigures | undefined): void;
}

export function createTargetSection(onPick: () => void): TargetSection {
  const title = html('h2', {});
  const pick = html('button', { type: 'button', class: 'secondary', click: onPick }, t('Change target…'));
  const status = html('p', { class: 'quiet', role: 'status', 'aria-live': 'polite' });
  const content = html('div', { class: 'figures' });
  const element = html(
    'section',
    { 'aria-label': t('Target'), hidden: true },
    html('div', { class: 'toolbar' }, title, pick),
    status,
    content,
  );
  return {
    element,
    draw(view, selected, figures) {
      element.hidden = view.stage !== 'done' || figures === undefined;
      if (element.hidden || figures === undefined) return;
      title.textContent = t('On {0}', targetOf(figures).toUpperCase());
      const text = statusText(view, figures);
      if (status.textContent !== text) status.textContent = text;
      // What was shown for another target is no longer true; while the server answers there is nothing to show.
      const drawn = figures.kind === 'estimated' ? drawEstimates(view, selected, figures.estimates) : [];
      replaceKeepingFocus(content, ...drawn);
    },
  };
}

function drawEstimates(view: FrontView, selected: FrontPoint | undefined, estimates: TargetEstimates): HTMLElement[] {
  const own = estimates.networks.find(({ id }) => id === selected?.id);
  const { columns, rows } = estimateRows(view, estimates, selected?.id);
  return [
    drawRows(columns.map(columnHead), rows, t('Networks on {0}', estimates.label)),
    ...(own?.devices && selected ? drawDevices(selected, own.devices, estimates.deviceBasis) : []),
  ];
}

/** The basis of a column is its tooltip, as the networks share it but for counts in it. */
const columnHead = (item: string | CostItem): string | HTMLElement =>
  typeof item === 'string' ? item : html('span', { title: item.basis }, item.label);

function drawDevices(
  point: FrontPoint,
  { table, notes }: NonNullable<NetworkEstimate['devices']>,
  basis: string,
): HTMLElement[] {
  return [
    html('h3', {}, t('Devices of the paper: {0}', networkLabel(point))),
    drawPlainTable(table, t('Devices of the paper')),
    html('p', { class: 'quiet' }, basis),
    html(
      'details',
      {},
      html('summary', { 'data-focus': 'device-notes' }, t('What each estimate rests on')),
      html('ul', { class: 'notes' }, ...notes.map((note) => html('li', {}, note))),
    ),
  ];
}
