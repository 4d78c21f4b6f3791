/** The Pareto panel's script: holds what the extension said and what the user picked, and draws both. */

import type { FrontView } from '../../server/protocol.ts';
import {
  type HostMessage,
  type PanelMessage,
  type PanelState,
  type PanelStatus,
  parseHostMessage,
  parsePanelState,
} from '../messages.ts';
import type { TargetFigures } from '../targetFigures.ts';
import { drawDetails } from './details.ts';
import { replaceKeepingFocus } from './dom.ts';
import { drawFigure } from './figure.ts';
import { defaultSelection, parseBound } from './front.ts';
import { createLayout } from './layout.ts';
import { drawExplanation, drawPlots } from './plots.ts';
import { statusText } from './status.ts';
import { drawTable } from './table.ts';
import { targetOf } from './targetRows.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: PanelMessage): void;
  getState(): unknown;
  setState(state: PanelState): void;
};

const editor = acquireVsCodeApi();
const send = (message: PanelMessage) => editor.postMessage(message);

const initial: PanelState = {
  version: 1,
  kind: 'function',
  uri: '',
  name: '',
  sort: { column: 'params', descending: false },
  dominated: false,
};
let state = parsePanelState(editor.getState()) ?? initial;
let status: PanelStatus = { kind: 'loading' };
let view: FrontView | undefined;
let target: TargetFigures | undefined;

const layout = createLayout({
  onBound(text) {
    const bound = parseBound(text);
    layout.bound.setAttribute('aria-invalid', bound.kind === 'invalid' ? 'true' : 'false');
    const { atMost: _previous, ...rest } = state;
    update(bound.kind === 'bound' ? { ...rest, atMost: bound.fraction } : rest);
  },
  onDominated: (dominated) => update({ ...state, dominated }),
  onReveal: () => send({ kind: 'reveal' }),
  onStop: () => send({ kind: 'stop' }),
  onRun: () => send({ kind: 'run' }),
  onPickTarget: () => send({ kind: 'pickTarget' }),
});
if (state.atMost !== undefined) layout.bound.value = String(Number((state.atMost * 100).toPrecision(6)));
layout.dominated.checked = state.dominated;

function update(next: PanelState): void {
  state = next;
  editor.setState(state);
  draw();
}

const select = (id: string) => update({ ...state, selected: id });

function receive(message: HostMessage): void {
  switch (message.kind) {
    case 'front': {
      // A selection belongs to its run: candidate ids of another run name other networks.
      const { selected, runId, ...rest } = state;
      const same = runId === undefined || runId === message.front.runId;
      view = message.front;
      update({
        ...rest,
        kind: view.subject.kind,
        uri: view.subject.uri,
        name: view.subject.name,
        runId: view.runId,
        ...(same && selected !== undefined ? { selected } : {}),
      });
      return;
    }
    case 'status':
      status = message.status;
      draw();
      return;
    case 'target':
      target = message.figures;
      draw();
      return;
  }
}

/** Set while a pointer is down: what is under it must not be replaced before it is up, or the click is lost. */
let held = false;
let due = false;
window.addEventListener('pointerdown', () => {
  held = true;
});
for (const released of ['pointerup', 'pointercancel', 'blur']) {
  window.addEventListener(released, () => {
    held = false;
    // The click comes after the release.
    if (due) setTimeout(draw);
  });
}

function draw(): void {
  due = held;
  if (held) return;
  drawStatus();
  layout.name.textContent = view?.subject.name ?? state.name;
  layout.name.title = isFunction() ? 'Show the function' : 'Show the folder of the run';
  if (!view) return;
  const known = view.points.some((point) => point.id === state.selected);
  const selected = known ? state.selected : defaultSelection(view);
  const point = view.points.find(({ id }) => id === selected);
  layout.content.hidden = false;
  layout.target.textContent = isFunction()
    ? `for ${(target ? targetOf(target) : view.target).toUpperCase()}`
    : 'data set';
  drawFigure(layout, view, { selected, atMost: state.atMost, onSelect: select });
  layout.networks.hidden = view.points.length === 0;
  replaceKeepingFocus(layout.details, ...drawDetails(view, point, { status, send }));
  replaceKeepingFocus(layout.table, drawTable(view, { state, selected, onSelect: select, onSort: sort }));
  layout.onTarget.draw(view, point, target);
  if (explained?.view !== view || explained.selected !== selected || explained.width !== layout.content.clientWidth) {
    drawExplanation(layout, point);
    explained = { view, selected, width: layout.content.clientWidth };
  }
  // Nothing in them depends on what is selected.
  const width = layout.figures.clientWidth;
  if (plotted?.view !== view || plotted.width !== width) {
    drawPlots(layout, view);
    plotted = { view, width };
  }
}

/** What the explanation shows now: it is drawn anew only where that changes, so that an open table stays open. */
let explained: { readonly view: FrontView; readonly selected: string | undefined; readonly width: number } | undefined;

/** What the plots show now. */
let plotted: { readonly view: FrontView; readonly width: number } | undefined;

const isFunction = (): boolean => (view?.subject.kind ?? state.kind) === 'function';

function drawStatus(): void {
  const { text, hint, progress, busy, tone, action } = statusText(status, view);
  layout.root.setAttribute('aria-busy', String(busy));
  layout.status.className = `status ${tone}`;
  // Only changed text is announced: a front that arrives every second must not make a screen reader repeat itself.
  const line = hint ? `${text} ${hint}` : text;
  if (layout.statusText.textContent !== line) layout.statusText.textContent = line;
  layout.progress.hidden = !busy;
  if (progress === undefined) layout.progress.removeAttribute('value');
  else layout.progress.value = progress;
  layout.stop.hidden = action !== 'stop';
  layout.run.hidden = action !== 'run' || !isFunction();
}

function sort(column: PanelState['sort']['column']): void {
  const descending = state.sort.column === column && !state.sort.descending;
  update({ ...state, sort: { column, descending } });
}

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = parseHostMessage(event.data);
  if (!message) throw new Error('The panel received a message that it does not know.');
  receive(message);
});

// The plot is drawn in real pixels, so that its text keeps the editor's size at every width.
let drawnWidth = 0;
new ResizeObserver(() => {
  if (layout.plot.clientWidth === drawnWidth) return;
  drawnWidth = layout.plot.clientWidth;
  draw();
}).observe(layout.plot);

draw();
send({ kind: 'ready' });
