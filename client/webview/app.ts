/** The panel: holds what the extension said and what the user picked, and has both drawn. */

import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { ExportTargets, HostMessage, PanelMessage, PanelState, PanelStatus } from '../messages.ts';
import type { TargetFigures } from '../targetFigures.ts';
import { selection } from './budget.ts';
import { rememberInputs } from './changes.ts';
import { drawDetails } from './details.ts';
import { html, replaceKeepingFocus } from './dom.ts';
import { createFigure } from './figure.ts';
import { isOffered } from './front.ts';
import { createHeader } from './header.ts';
import { createHold } from './hold.ts';
import { knownLimits, onTarget, waitingLimits } from './onTarget.ts';
import { noRoles } from './roles.ts';
import { createViews } from './views.ts';

export interface PanelOptions {
  readonly send: (message: PanelMessage) => void;
  /** What the panel showed before a reload. */
  readonly stored: PanelState | undefined;
  readonly store: (state: PanelState) => void;
}

export interface Panel {
  receive(message: Exclude<HostMessage, { kind: 'locale' }>): void;
}

const initial: PanelState = {
  version: 2,
  kind: 'function',
  uri: '',
  name: '',
  budget: {},
  sort: { column: 'params', descending: false },
  dominated: false,
  tab: 'networks',
  open: [],
};

/** Fills the document's `#root`. */
export function createPanel({ send, stored, store }: PanelOptions): Panel {
  let state = stored ?? initial;
  let status: PanelStatus = { kind: 'loading' };
  let received: FrontView | undefined;
  /** What was received, with what networks cost on the target that is picked. */
  let view: FrontView | undefined;
  /** The limits on what is known of networks. */
  let budget = state.budget;
  let target: TargetFigures | undefined;
  let targets: ExportTargets | undefined;
  /** The network whose details are shown. */
  let shown: string | undefined;

  const onState = (change: Partial<PanelState>) => update({ ...state, ...change });
  const header = createHeader(send);
  const figure = createFigure({ onState, onGeneration, onBudget, onSelect, onCancel: draw, onResize: draw });
  const views = createViews({ send, onState, onSelect, onUnpin: () => onPin(undefined), onRedraw: draw });
  const details = html('section', { class: 'details', 'aria-label': t('Selected network') });
  const content = html(
    'div',
    { class: 'content', hidden: true },
    ...[figure.controls, figure.element, details, views.element],
  );
  const root = document.getElementById('root');
  if (!root) throw new Error('The panel has no root element.');
  root.replaceChildren(header.element, content);
  const changed = rememberInputs();
  const hold = createHold(window, draw);

  function update(next: PanelState): void {
    state = next;
    store(state);
    draw();
  }

  function receive(message: Exclude<HostMessage, { kind: 'locale' }>): void {
    switch (message.kind) {
      case 'front':
        receiveFront(message.front);
        return;
      case 'status':
        status = message.status;
        draw();
        return;
      case 'target':
        target = message.figures;
        view = received && onTarget(received, target);
        draw();
        return;
      case 'targets': {
        const { kind: _kind, ...known } = message;
        // Answers come in any order, also to what is no longer selected.
        if (known.candidateId !== shown) return;
        targets = known;
        draw();
        return;
      }
    }
  }

  function receiveFront(front: FrontView): void {
    const { kind, uri, name } = front.subject;
    received = front;
    view = onTarget(front, target);
    // What is picked belongs to its run: candidate ids of another run name other networks.
    const { selected: _selected, pinned: _pinned, generation: _generation, ...rest } = state;
    const same = state.runId === undefined || state.runId === front.runId;
    if (!same) targets = undefined;
    update({ ...(same ? state : rest), kind, uri, name, runId: front.runId });
  }

  function draw(): void {
    if (hold.delays()) return;
    root!.setAttribute('aria-busy', String(header.update(status, view, { subject: view?.subject ?? state, target })));
    if (!view) return;
    content.hidden = false;
    if (changed('budget', [view, state.budget])) budget = knownLimits(state.budget, view);
    const look = { ...state, budget };
    const selected = selection(view, look);
    shown = selected?.id;
    const roles = figure.update(view, look, selected?.id)?.roles ?? noRoles;
    if (changed('details', [view, selected, status, state.open, state.pinned, targets, roles])) {
      const options = { status, roles, state, targets, send, onPin, onFold };
      replaceKeepingFocus(details, ...drawDetails(view, selected, options));
    }
    views.update(view, look, { selected, roles, target });
    if (selected && state.open.includes('export') && isOffered(selected, view)) askForTargets(view, selected);
  }

  function onSelect(id: string): void {
    if (view?.points.some((point) => point.id === id)) update({ ...state, selected: id });
  }

  function onGeneration(generation: number | undefined): void {
    const { generation: _previous, ...rest } = state;
    update(generation === undefined ? rest : { ...rest, generation });
  }

  /** Another budget has another best network, which is selected in place of what was. */
  function onBudget(known: PanelState['budget'] | undefined): void {
    const { selected: _previous, generation: _replay, ...rest } = state;
    update({ ...rest, budget: known && view ? { ...waitingLimits(state.budget, view), ...known } : {} });
  }

  function onPin(id: string | undefined): void {
    const { pinned: _previous, ...rest } = state;
    update(id === undefined ? { ...rest, tab: 'networks' } : { ...rest, pinned: id, tab: 'compare' });
  }

  function onFold(part: PanelState['open'][number], open: boolean): void {
    const others = state.open.filter((other) => other !== part);
    update({ ...state, open: open ? [...others, part] : others });
  }

  /** Once for each network whose exports are looked at. */
  function askForTargets({ runId, stage }: FrontView, { id }: FrontPoint): void {
    if (stage === 'done' && changed('asked', [runId, id])) send({ kind: 'targets', candidateId: id });
  }

  draw();
  return { receive };
}
