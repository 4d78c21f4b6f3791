/** Every state of a run as text, and what can be done with the selected network in it. */
import { formatAmount, formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
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
  /** What the button beside the text does: begin the first run, run again, or stop. */
  readonly action?: 'stop' | 'run' | 'first-run';
  /** The log has more about it. */
  readonly log?: boolean;
}

/** One line that is never empty: what is going on, or what happened and what to do next. */
export function statusText(status: PanelStatus, view: FrontView | undefined): StatusText {
  const busy = { busy: true, tone: 'neutral' } as const;
  switch (status.kind) {
    case 'loading':
      return { ...busy, text: t('Loading the run…') };
    case 'none':
      return { ...noteText(status.note), tone: 'neutral', action: 'first-run' };
    case 'waiting':
      return { ...busy, text: t('Waiting for the run to start…'), action: 'stop' };
    case 'running':
      return { ...stageText(view), action: 'stop' };
    case 'stopping':
      return { ...busy, text: t('Stopping…') };
    case 'editing':
      return { ...busy, text: t('Changing the source…') };
    case 'cancelled':
      return {
        text: view ? t('Cancelled after {0}.', formatAmount(view.evaluations, 'network')) : t('Cancelled.'),
        hint: t('Run again to continue where it stopped.'),
        busy: false,
        tone: 'warning',
        action: 'run',
      };
    case 'failed':
      return { ...noteText(status.note), tone: 'error', action: 'run', log: true };
    case 'ready':
      if (status.note) return { ...noteText(status.note), tone: 'error', log: true };
      return doneText(view);
  }
}

function doneText(view: FrontView | undefined): StatusText {
  if (view?.stale !== undefined) {
    const hint = t('Run again to search networks for the function as it is now.');
    return { text: view.stale, hint, busy: false, tone: 'warning', action: 'run' };
  }
  if (view?.criterion) {
    return { text: view.criterion.reason, busy: false, tone: view.criterion.met ? 'good' : 'warning' };
  }
  return { text: t('Done.'), busy: false, tone: 'neutral' };
}

const noteText = ({ message, hint }: { message: string; hint?: string }) => ({
  text: message,
  ...(hint === undefined ? {} : { hint }),
  busy: false,
});

function stageText(view: FrontView | undefined): StatusText {
  const running = { busy: true, tone: 'neutral' } as const;
  switch (view?.stage) {
    case undefined:
      return { ...running, text: t('Starting…') };
    case 'analysing':
      return { ...running, text: t('Analysing the function…') };
    case 'sampling':
      return { ...running, text: t('Sampling the function…') };
    case 'searching':
      return {
        ...running,
        text: t(
          'Searching: generation {0} of {1}, {2} trained',
          formatCount(Math.min(view.generations, Math.max(1, view.generation))),
          formatCount(view.generations),
          formatAmount(view.evaluations, 'network'),
        ),
        progress: Math.min(1, view.hypervolume.length / Math.max(1, view.generations)),
      };
    case 'training':
      return { ...running, text: t('Training the networks on the front…') };
    case 'measuring':
      return { ...running, text: t('Measuring the generated code…') };
    case 'done':
      return { ...running, text: t('Finishing…') };
  }
}

export type UseState =
  | { readonly kind: 'use'; readonly label: string; readonly advice?: string }
  | { readonly kind: 'applied' }
  | { readonly kind: 'disabled'; readonly reason: string };

/** Whether the selected network can go into the source, and what is said about it. */
export function useState(status: PanelStatus, view: FrontView, point: FrontPoint): UseState {
  const disabled = (reason: string) => ({ kind: 'disabled', reason }) as const;
  if (status.kind === 'editing') return disabled(t('The source is being changed.'));
  if (status.kind !== 'ready' || view.stage !== 'done') {
    const ended = ['none', 'cancelled', 'failed', 'ready'].includes(status.kind);
    return disabled(
      ended ? t('This run did not finish. Run again to finish it.') : t('Available when the run is done.'),
    );
  }
  // The command line applies any network.
  if (view.applied === point.id) return { kind: 'applied' };
  if (!isOffered(point, view)) return disabled(t('Another network is at least as small and as accurate.'));
  if (view.stale !== undefined) return disabled(t('It was trained for an earlier version of the function.'));
  if (point.objection !== undefined) {
    return { kind: 'use', label: t('Use this network anyway'), advice: point.objection };
  }
  return { kind: 'use', label: t('Use this network') };
}
