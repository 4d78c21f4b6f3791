/** Every state of a run as text, and what can be done with the selected network in it. */

import { formatAmount } from '../../engine/format.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { PanelStatus } from '../messages.ts';
import { isOffered } from './front.ts';

export interface StatusText {
  readonly text: string;
  readonly hint?: string;
  /** Share of the search that is done, 0 to 1; absent while nothing is running or its length is unknown. */
  readonly progress?: number;
  readonly busy: boolean;
  readonly tone: 'neutral' | 'good' | 'warning' | 'error';
  /** What the button beside the text does. */
  readonly action?: 'stop' | 'run';
}

/** One line that is never empty: what is going on, or what happened and what to do next. */
export function statusText(status: PanelStatus, view: FrontView | undefined): StatusText {
  switch (status.kind) {
    case 'loading':
      return { text: 'Loading the run…', busy: true, tone: 'neutral' };
    case 'waiting':
      return { text: 'Waiting for the run to start…', busy: true, tone: 'neutral', action: 'stop' };
    case 'running':
      return { ...stageText(view), action: 'stop' };
    case 'stopping':
      return { text: 'Stopping…', busy: true, tone: 'neutral' };
    case 'editing':
      return { text: 'Changing the source…', busy: true, tone: 'neutral' };
    case 'cancelled':
      return {
        text: view ? `Cancelled after ${formatAmount(view.evaluations, 'network')}.` : 'Cancelled.',
        hint: 'Run again to continue where it stopped.',
        busy: false,
        tone: 'warning',
        action: 'run',
      };
    case 'failed':
      return { ...noteText(status.note), action: 'run' };
    case 'ready':
      if (status.note) return noteText(status.note);
      if (view?.criterion) {
        return { text: view.criterion.reason, busy: false, tone: view.criterion.met ? 'good' : 'warning' };
      }
      return { text: 'Done.', busy: false, tone: 'neutral' };
  }
}

const noteText = ({ message, hint }: { message: string; hint?: string }): StatusText => ({
  text: message,
  ...(hint === undefined ? {} : { hint }),
  busy: false,
  tone: 'error',
});

function stageText(view: FrontView | undefined): StatusText {
  const running = { busy: true, tone: 'neutral' } as const;
  switch (view?.stage) {
    case undefined:
      return { ...running, text: 'Starting…' };
    case 'analysing':
      return { ...running, text: 'Analysing the function…' };
    case 'sampling':
      return { ...running, text: 'Sampling the function…' };
    case 'searching':
      return {
        ...running,
        text: `Searching: generation ${Math.min(view.generations, Math.max(1, view.generation))} of ${view.generations}, ${formatAmount(view.evaluations, 'network')} trained`,
        progress: Math.min(1, view.hypervolume.length / Math.max(1, view.generations)),
      };
    case 'training':
      return { ...running, text: 'Training the networks on the front…' };
    case 'measuring':
      return { ...running, text: 'Measuring the generated code…' };
    case 'done':
      return { ...running, text: 'Finishing…' };
  }
}

export type UseState =
  | { readonly kind: 'use'; readonly label: string; readonly advice?: string }
  | { readonly kind: 'applied' }
  | { readonly kind: 'disabled'; readonly reason: string };

/** Whether the selected network can go into the source, and what is said about it. */
export function useState(status: PanelStatus, view: FrontView, point: FrontPoint): UseState {
  if (status.kind === 'editing') return { kind: 'disabled', reason: 'The source is being changed.' };
  if (status.kind !== 'ready' || view.stage !== 'done') {
    const ended = status.kind === 'cancelled' || status.kind === 'failed' || status.kind === 'ready';
    return {
      kind: 'disabled',
      reason: ended ? 'This run did not finish. Run again to finish it.' : 'Available when the run is done.',
    };
  }
  if (!isOffered(point, view))
    return { kind: 'disabled', reason: 'Another network is at least as small and as accurate.' };
  if (view.applied === point.id) return { kind: 'applied' };
  if (point.objection !== undefined) {
    return { kind: 'use', label: 'Use this network anyway', advice: point.objection };
  }
  return { kind: 'use', label: 'Use this network' };
}
