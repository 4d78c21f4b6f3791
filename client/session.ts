import * as vscode from 'vscode';
import {
  type CancellationToken,
  ErrorCodes,
  LanguageClient,
  LSPErrorCodes,
  type ProgressType,
  type RequestType,
  ResponseError,
  TransportKind,
} from 'vscode-languageclient/node';
import type { WorkspaceEdit } from 'vscode-languageserver-protocol';
import type { InitializationOptions } from '../server/protocol.ts';
import { languages } from './region.ts';
import { RequestCancelled, type Requests, ServerUnavailable } from './requests.ts';

/**
 * Owns the language server's process and the log. Lives from activation to deactivation; `restart` replaces the process
 * and keeps the log.
 */
export class Session implements Requests, vscode.Disposable {
  readonly log: vscode.LogOutputChannel;
  readonly #client: LanguageClient;
  #started: Promise<void> | undefined;

  constructor(context: vscode.ExtensionContext) {
    this.log = vscode.window.createOutputChannel('DeepMaker', { log: true });
    const server = { module: context.asAbsolutePath('dist/server.cjs'), transport: TransportKind.ipc };
    this.#client = new LanguageClient(
      'deepmaker',
      'DeepMaker',
      { run: server, debug: { ...server, options: { execArgv: ['--nolazy', '--inspect=6011'] } } },
      {
        documentSelector: languages.map((language) => ({ scheme: 'file', language })),
        outputChannel: this.log,
        initializationOptions: { commands: 'client' } satisfies InitializationOptions,
        synchronize: { configurationSection: 'deepmaker' },
      },
    );
  }

  /** Starts the server without waiting for it; requests wait. A failure is told once, here. */
  start(): void {
    this.#started = this.#client.start();
    this.#started.catch((error: unknown) => this.#tellStartFailure(error));
  }

  async restart(): Promise<void> {
    this.log.info('Restarting the server.');
    // A server that never started, or crashed, has nothing to stop.
    if (this.#client.needsStop()) await this.#client.stop().catch((error: unknown) => this.log.warn(String(error)));
    this.start();
    await this.#started?.catch(() => undefined);
  }

  async request<P, R>(type: RequestType<P, R, void>, params: P, token?: CancellationToken): Promise<R> {
    try {
      await this.#started;
    } catch (error) {
      throw new ServerUnavailable('The DeepMaker server did not start.', { cause: error });
    }
    try {
      return await this.#client.sendRequest(type as RequestType<unknown, R, void>, params, token);
    } catch (error) {
      if (token?.isCancellationRequested || hasCode(error, cancellationCodes)) throw new RequestCancelled();
      this.log.error(error instanceof Error ? error : String(error));
      if (hasCode(error, connectionCodes))
        throw new ServerUnavailable('The DeepMaker server stopped.', { cause: error });
      throw error;
    }
  }

  onProgress<P>(type: ProgressType<P>, token: string, listener: (value: P) => void): vscode.Disposable {
    return this.#client.onProgress(type, token, listener as (value: unknown) => void);
  }

  async toWorkspaceEdit(edit: WorkspaceEdit): Promise<vscode.WorkspaceEdit | undefined> {
    if (!this.#client.validateWorkspaceEdit(edit)) return undefined;
    return this.#client.protocol2CodeConverter.asWorkspaceEdit(edit);
  }

  /** Awaited by deactivation, so that the server can end its workers before the window goes. */
  async stop(): Promise<void> {
    if (this.#client.needsStop()) await this.#client.stop();
  }

  dispose(): void {
    this.log.dispose();
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

const cancellationCodes: readonly number[] = [LSPErrorCodes.RequestCancelled, LSPErrorCodes.ServerCancelled];

/** What a request is rejected with when the server's process ends under it. */
const connectionCodes: readonly number[] = [ErrorCodes.PendingResponseRejected, ErrorCodes.ConnectionInactive];

const hasCode = (error: unknown, codes: readonly number[]): boolean =>
  error instanceof ResponseError && codes.includes(error.code);
