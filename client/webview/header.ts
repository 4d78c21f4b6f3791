/** What the run is about and how it stands, with what can be done about that. */

import { t } from '../../engine/texts.ts';
import type { FrontView } from '../../server/protocol.ts';
import type { PanelMessage, PanelStatus } from '../messages.ts';
import type { TargetFigures } from '../targetFigures.ts';
import { html } from './dom.ts';
import { statusText } from './status.ts';
import { targetOf } from './targetRows.ts';

export interface HeaderSubject {
  /** For as long as nothing has arrived, what an earlier session showed. */
  readonly subject: Pick<FrontView['subject'], 'kind' | 'name'>;
  readonly target: TargetFigures | undefined;
}

export function createHeader(send: (message: PanelMessage) => void) {
  const button = (text: string, kind: 'stop' | 'run' | 'log') =>
    html('button', { type: 'button', class: 'secondary', hidden: true, click: () => send({ kind }) }, text);
  const name = html('button', { type: 'button', class: 'link', click: () => send({ kind: 'reveal' }) });
  const goal = html('span', { class: 'quiet' });
  const text = html('span', { role: 'status', 'aria-live': 'polite' });
  const progress = html('progress', { max: 1, 'aria-label': t('Progress'), hidden: true });
  // These stay while fronts arrive: a button that is drawn anew between press and release loses the click.
  const [stop, run, log] = [button(t('Stop'), 'stop'), button('', 'run'), button(t('Open log'), 'log')];
  const status = html(
    'div',
    { class: 'status' },
    html('span', { class: 'status-line' }, html('span', { class: 'status-mark', 'aria-hidden': 'true' }), text),
    html('span', { class: 'status-tools' }, progress, stop, run, log),
  );

  return {
    element: html('header', {}, html('h1', {}, name, ' ', goal), status),
    /** Answers whether work goes on. */
    update(stands: PanelStatus, view: FrontView | undefined, { subject, target }: HeaderSubject): boolean {
      const shown = statusText(stands, view);
      const isFunction = subject.kind === 'function';
      status.className = `status ${shown.tone}`;
      // Only changed text is announced: a front that arrives every second must not make a screen reader repeat itself.
      const line = shown.hint ? `${shown.text} ${shown.hint}` : shown.text;
      if (text.textContent !== line) text.textContent = line;
      progress.hidden = !shown.busy;
      if (shown.progress === undefined) progress.removeAttribute('value');
      else progress.value = shown.progress;
      stop.hidden = shown.action !== 'stop';
      run.hidden = !(shown.action === 'run' || shown.action === 'first-run') || !isFunction;
      run.textContent = shown.action === 'first-run' ? t('Run') : t('Run again');
      log.hidden = !shown.log;
      name.textContent = subject.name;
      name.title = isFunction ? t('Show the function') : t('Show the folder of the run');
      goal.textContent = view
        ? isFunction
          ? t('for {0}', (target ? targetOf(target) : view.target).toUpperCase())
          : t('data set')
        : '';
      return shown.busy;
    },
  };
}
