import * as vscode from 'vscode';
import type { CodeAction, Command, WorkspaceEdit } from 'vscode-languageserver-protocol';
import type { ProgressType, RequestType } from '../server/protocol.ts';
import type { LanguageServer } from './languageClient.ts';
import { RequestCancelled, type Requests, ServerUnavailable } from './requests.ts';
import { tellQuietly } from './tell.ts';

/** A server that ends by itself is started again this often within this time; then something is wrong with it. */
const restartsInWindow = 4;
const windowMinutes = 3;

/**
 * Owns the language server's process and the log. Lives from activation to deactivation; a process lives from the first
 * use on. One that crashes is replaced, until that happens too often; `restart` replaces it in any case, and keeps the log.
 */
export class Session implements Requests, vscode.Disposable {
  readonly log: vscode.LogOutputChannel;
  readonly #modulePath: string;
  readonly #running = new vscode.EventEmitter<void>();
  /** Fires each time that the server has started. */
  readonly onRunning = this.#running.event;
  /** The process that was made last. */
  #server: LanguageServer | undefined;
  /** It, once it answers; rejects with `ServerUnavailable`. */
  #started: Promise<LanguageServer> | undefined;
  /** Milliseconds since 1970. */
  #crashes: readonly number[] = [];

  constructor(context: Pick<vscode.ExtensionContext, 'asAbsolutePath'>) {
    this.log = vscode.window.createOutputChannel('DeepMaker', { log: true });
    this.#modulePath = context.asAbsolutePath('dist/server.cjs');
  }

  /** Starts the server, unless that was done before, without waiting for it; requests wait. */
  start(): void {
    void this.#begun();
  }

  async restart(): Promise<void> {
    this.log.info('Restarting the server.');
    this.#crashes = [];
    const restarted = this.#next(this.#replace(this.#started));
    await restarted.then(
      () => tellQuietly(vscode.l10n.t('The DeepMaker server was restarted.')),
      () => undefined,
    );
  }

  async request<P, R>({ method }: RequestType<P, R>, params: P, token?: vscode.CancellationToken): Promise<R> {
    const server = await this.#begun();
    try {
      return await server.send<R>(method, params, token);
    } catch (error) {
      const cause = server.causeOf(error);
      if (token?.isCancellationRequested || cause === 'cancelled') throw new RequestCancelled();
      this.log.error(error instanceof Error ? error : String(error));
      if (cause === 'stopped')
        throw new ServerUnavailable(vscode.l10n.t('The DeepMaker server stopped.'), { cause: error });
      throw error;
    }
  }

  onProgress<P>(_type: ProgressType<P>, token: string, listener: (value: P) => void): vscode.Disposable {
    // The request under this token waits for the server too, and comes later. Why there is none is told there.
    const listening = this.#begun().then(
      (server) => server.onProgress(token, listener as (value: unknown) => void),
      () => undefined,
    );
    return { dispose: () => void listening.then((heard) => heard?.dispose()) };
  }

  async toWorkspaceEdit(edit: WorkspaceEdit): Promise<vscode.WorkspaceEdit | undefined> {
    return (await this.#begun()).toWorkspaceEdit(edit);
  }

  async toCodeActions(actions: readonly (Command | CodeAction)[], token: vscode.CancellationToken) {
    return (await this.#begun()).toCodeActions(actions, token);
  }

  /** Awaited by deactivation, so that the server can end its workers before the window goes. */
  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  dispose(): void {
    this.#running.dispose();
    this.log.dispose();
  }

  #begun(): Promise<LanguageServer> {
    return this.#started ?? this.#next(this.#launch());
  }

  /** What requests wait for from now on. Nobody may ask for anything before it fails. */
  #next(started: Promise<LanguageServer>): Promise<LanguageServer> {
    started.catch(() => undefined);
    this.#started = started;
    return started;
  }

  /** A failure is told once, here. */
  async #launch(): Promise<LanguageServer> {
    try {
      const { createLanguageServer } = await import('./languageClient.ts');
      const server: LanguageServer = createLanguageServer(this.#modulePath, this.log, () => this.#onCrash(server));
      this.#server = server;
      await server.start();
      this.#running.fire();
      return server;
    } catch (error) {
      this.log.error(error instanceof Error ? error : String(error));
      throw this.#tellUnavailable(vscode.l10n.t('The DeepMaker server did not start.'), error);
    }
  }

  /** Ends the process that runs, or that is about to, and starts one. */
  async #replace(previous: Promise<LanguageServer> | undefined): Promise<LanguageServer> {
    const end = () => this.stop().catch((error: unknown) => this.log.warn(String(error)));
    await end();
    // Another restart may have been on its way.
    await previous?.then(end, () => undefined);
    return this.#launch();
  }

  #onCrash(server: LanguageServer): void {
    if (server !== this.#server) return;
    this.log.error('The server stopped by itself.');
    const now = Date.now();
    this.#crashes = [...this.#crashes.filter((at) => now - at < windowMinutes * 60_000), now];
    if (this.#crashes.length <= restartsInWindow) {
      this.#next(this.#launch());
      return;
    }
    const text = vscode.l10n.t(
      'The DeepMaker server stopped {0} times in {1} minutes, and is not started again by itself.',
      this.#crashes.length,
      windowMinutes,
    );
    this.#next(Promise.reject(this.#tellUnavailable(text)));
  }

  /** Answers what requests fail with from now on. */
  #tellUnavailable(text: string, cause?: unknown): ServerUnavailable {
    const restart = vscode.l10n.t('Restart server');
    const openLog = vscode.l10n.t('Open log');
    void vscode.window.showErrorMessage(text, restart, openLog).then((choice) => {
      if (choice === restart) void this.restart();
      if (choice === openLog) this.log.show();
    });
    const hint = vscode.l10n.t('Use “DeepMaker: Restart server”, or read the log.');
    return new ServerUnavailable(text, { hint, cause });
  }
}
