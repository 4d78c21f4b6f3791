import * as vscode from 'vscode';
import type { CodeAction, Command, WorkspaceEdit } from 'vscode-languageserver-protocol';
import type { ProgressType, RequestType } from '../server/protocol.ts';
import type { LanguageServer } from './languageClient.ts';
import { RequestCancelled, type Requests, ServerUnavailable } from './requests.ts';

/**
 * Owns the language server's process and the log. Lives from activation to deactivation; the process lives from the first
 * use on, and `restart` replaces it and keeps the log.
 */
export class Session implements Requests, vscode.Disposable {
  readonly log: vscode.LogOutputChannel;
  readonly #modulePath: string;
  readonly #running = new vscode.EventEmitter<void>();
  /** Fires each time that the server has started. */
  readonly onRunning = this.#running.event;
  #loaded: Promise<LanguageServer> | undefined;
  #started: Promise<LanguageServer> | undefined;

  constructor(context: Pick<vscode.ExtensionContext, 'asAbsolutePath'>) {
    this.log = vscode.window.createOutputChannel('DeepMaker', { log: true });
    this.#modulePath = context.asAbsolutePath('dist/server.cjs');
  }

  /** Starts the server, unless that was done before, without waiting for it; requests wait. */
  start(): void {
    this.#started ??= this.#launch();
  }

  async restart(): Promise<void> {
    this.log.info('Restarting the server.');
    this.#started = this.#launch();
    await this.#started.catch(() => undefined);
  }

  async request<P, R>({ method }: RequestType<P, R>, params: P, token?: vscode.CancellationToken): Promise<R> {
    this.#started ??= this.#launch();
    let server: LanguageServer;
    try {
      server = await this.#started;
    } catch (error) {
      throw new ServerUnavailable('The DeepMaker server did not start.', { cause: error });
    }
    try {
      return await server.send<R>(method, params, token);
    } catch (error) {
      const cause = server.causeOf(error);
      if (token?.isCancellationRequested || cause === 'cancelled') throw new RequestCancelled();
      this.log.error(error instanceof Error ? error : String(error));
      if (cause === 'stopped') throw new ServerUnavailable('The DeepMaker server stopped.', { cause: error });
      throw error;
    }
  }

  onProgress<P>(_type: ProgressType<P>, token: string, listener: (value: P) => void): vscode.Disposable {
    // The request under this token waits for the server itself, so it comes later. What cannot be loaded fails there.
    const listening = this.#load().then(
      (server) => server.onProgress(token, listener as (value: unknown) => void),
      () => undefined,
    );
    return { dispose: () => void listening.then((heard) => heard?.dispose()) };
  }

  async toWorkspaceEdit(edit: WorkspaceEdit): Promise<vscode.WorkspaceEdit | undefined> {
    return (await this.#load()).toWorkspaceEdit(edit);
  }

  async toCodeActions(actions: readonly (Command | CodeAction)[], token: vscode.CancellationToken) {
    return (await this.#load()).toCodeActions(actions, token);
  }

  /** Awaited by deactivation, so that the server can end its workers before the window goes. */
  async stop(): Promise<void> {
    await (await this.#loaded)?.stop();
  }

  dispose(): void {
    this.#running.dispose();
    this.log.dispose();
  }

  #load(): Promise<LanguageServer> {
    this.#loaded ??= import('./languageClient.ts').then(({ createLanguageServer }) =>
      createLanguageServer(this.#modulePath, this.log),
    );
    return this.#loaded;
  }

  /** Ends the process that runs, if one does, and starts one. A failure is told once, here. */
  async #launch(): Promise<LanguageServer> {
    try {
      const server = await this.#load();
      await server.stop().catch((error: unknown) => this.log.warn(String(error)));
      await server.start();
      this.#running.fire();
      return server;
    } catch (error) {
      this.#tellStartFailure(error);
      throw error;
    }
  }

  #tellStartFailure(error: unknown): void {
    this.log.error(error instanceof Error ? error : String(error));
    const openLog = vscode.l10n.t('Open log');
    void vscode.window
      .showErrorMessage(
        vscode.l10n.t('The DeepMaker server did not start. Reload the window, or read the log.'),
        openLog,
      )
      .then((choice) => choice === openLog && this.log.show());
  }
}
