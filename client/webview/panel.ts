/** The Pareto panel's script: hears what the extension says, and starts the panel once it has its texts. */

import { useLocale } from '../../engine/texts.ts';
import { type PanelMessage, type PanelState, parseHostMessage, parsePanelState } from '../messages.ts';
import { createPanel, type Panel } from './app.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: PanelMessage): void;
  getState(): unknown;
  setState(state: PanelState): void;
};

const editor = acquireVsCodeApi();
let panel: Panel | undefined;

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = parseHostMessage(event.data);
  if (!message) throw new Error('The panel received a message that it does not know.');
  if (message.kind !== 'locale') {
    panel?.receive(message);
    return;
  }
  // A panel that is told everything twice keeps what it shows.
  if (panel) return;
  useLocale(message.locale);
  panel = createPanel({
    send: (sent) => editor.postMessage(sent),
    stored: parsePanelState(editor.getState()),
    store: (state) => editor.setState(state),
  });
});

editor.postMessage({ kind: 'ready' });
