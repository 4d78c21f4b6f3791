import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { FrontView, Subject } from '../server/protocol.ts';
import { locale } from './locale.ts';
import { type HostMessage, type Note, type PanelMessage, type PanelStatus, parsePanelMessage } from './messages.ts';
import { panelHtml } from './panelHtml.ts';
import type { TargetFigures } from './targetFigures.ts';

export interface ParetoPanelOptions {
  readonly extensionUri: vscode.Uri;
  readonly subject: Subject;
  readonly onMessage: (message: Exclude<PanelMessage, { kind: 'ready' }>) => void;
  /** It shows other networks than before, and their run is over. */
  readonly onNetworks: () => void;
  readonly onDispose: () => void;
}

/** What a webview of this extension may do; the same for new panels and for restored ones. */
export const webviewOptions = (extensionUri: vscode.Uri): vscode.WebviewOptions => ({
  enableScripts: true,
  localResourceRoots: [
    vscode.Uri.joinPath(extensionUri, 'dist', 'webview'),
    vscode.Uri.joinPath(extensionUri, 'media'),
  ],
});

/**
 * Owns one webview panel, which shows the runs of one function one after the other, or one run on a data set. Lives until
 * the user closes the tab. It keeps what it shows: a webview that was hidden starts anew and asks for everything again.
 */
export class ParetoPanel {
  readonly subject: Subject;
  readonly #panel: vscode.WebviewPanel;
  #front: FrontView | undefined;
  #status: PanelStatus = { kind: 'loading' };
  #target: TargetFigures | undefined;
  #closed = false;
  readonly #onNetworks: () => void;

  constructor(panel: vscode.WebviewPanel, options: ParetoPanelOptions) {
    this.subject = options.subject;
    this.#panel = panel;
    this.#onNetworks = options.onNetworks;
    panel.onDidDispose(() => {
      this.#closed = true;
      options.onDispose();
    });
    panel.webview.onDidReceiveMessage((value: unknown) => {
      const message = parsePanelMessage(value);
      if (!message) throw new Error('The Pareto panel sent a message that the extension does not know.');
      if (message.kind === 'ready') this.#tellEverything();
      else options.onMessage(message);
    });
    const asset = (...path: string[]) =>
      panel.webview.asWebviewUri(vscode.Uri.joinPath(options.extensionUri, ...path)).toString();
    panel.webview.options = webviewOptions(options.extensionUri);
    panel.iconPath = vscode.Uri.joinPath(options.extensionUri, 'media', 'icon.svg');
    panel.webview.html = panelHtml({
      cspSource: panel.webview.cspSource,
      scriptUri: asset('dist', 'webview', 'panel.js'),
      styleUris: [asset('media', 'plot.css'), asset('media', 'panel.css')],
      nonce: randomBytes(16).toString('base64url'),
      language: locale().name,
      loading: vscode.l10n.t('Loading…'),
    });
  }

  get front(): FrontView | undefined {
    return this.#front;
  }

  get status(): PanelStatus {
    return this.#status;
  }

  /** A run of this window goes on in it, or is asked for. */
  get isBusy(): boolean {
    return ['waiting', 'running', 'stopping'].includes(this.#status.kind);
  }

  show(front: FrontView): void {
    const before = this.#front;
    this.#front = front;
    this.#post({ kind: 'front', front });
    if (front.stage === 'done' && !this.#closed && !haveSameNetworks(front, before)) this.#onNetworks();
  }

  showTarget(figures: TargetFigures): void {
    this.#target = figures;
    this.#post({ kind: 'target', figures });
  }

  setStatus(status: PanelStatus): void {
    this.#status = status;
    this.#post({ kind: 'status', status });
  }

  /** Nothing is going on any more: the status follows from what is shown and from what went wrong, if anything did. */
  settle(note?: Note): void {
    if (this.#front?.stage === 'done') this.setStatus(note ? { kind: 'ready', note } : { kind: 'ready' });
    else this.setStatus(note ? { kind: 'failed', note } : { kind: 'cancelled' });
  }

  /** Something that the panel asked for and keeps itself. */
  tell(message: HostMessage): void {
    this.#post(message);
  }

  reveal(): void {
    this.#panel.reveal(undefined, false);
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #tellEverything(): void {
    this.#post({ kind: 'locale', locale: locale() });
    if (this.#front) this.#post({ kind: 'front', front: this.#front });
    if (this.#target) this.#post({ kind: 'target', figures: this.#target });
    this.#post({ kind: 'status', status: this.#status });
  }

  /**
   * A hidden webview hears nothing, and asks again when it is shown; so nobody waits for the delivery. One that is closed
   * must not be touched, and much of what it asked for ends after that.
   */
  #post(message: HostMessage): void {
    if (this.#closed) return;
    void this.#panel.webview.postMessage(message);
  }
}

/** Fronts of a run that is over differ only in what the source does with its networks. */
const haveSameNetworks = (front: FrontView, before: FrontView | undefined): boolean =>
  before?.stage === 'done' && before.runId === front.runId && before.evaluations === front.evaluations;
