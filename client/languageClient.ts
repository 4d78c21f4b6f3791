/**
 * The language server, through vscode-languageclient. Becomes a file of its own, which `Session` loads with the first use:
 * the library is six times the size of the rest of the client.
 */
import type * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  ErrorCodes,
  LanguageClient,
  LSPErrorCodes,
  ProgressType,
  RequestType,
  ResponseError,
  TransportKind,
} from 'vscode-languageclient/node';
import type { CodeAction, Command, WorkspaceEdit } from 'vscode-languageserver-protocol';
import type { InitializationOptions } from '../server/protocol.ts';
import { documentSelector } from './region.ts';

/** What it has to say goes to the log: what the user is told, and what is done about it, is the session's to decide. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  override info(message: string, data?: unknown): void {
    super.info(message, data, false);
  }

  /** One that runs is asked, as the library does; a process that has not answered yet is ended, which the library refuses. */
  override async stop(timeout?: number): Promise<void> {
    if (this.isRunning()) await super.stop(timeout);
    else this.serverProcess?.kill();
  }
}

/**
 * One process of the server, made and not started; once it has ended, another one is made. `onCrash` is called where it
 * ends by itself after it has started. Types of requests are made here: the library compares parts of them by reference.
 */
export function createLanguageServer(modulePath: string, log: vscode.LogOutputChannel, onCrash: () => void) {
  const server = { module: modulePath, transport: TransportKind.ipc };
  let started = false;
  const client = new QuietClient(
    'deepmaker',
    'DeepMaker',
    { run: server, debug: { ...server, options: { execArgv: ['--nolazy', '--inspect=6011'] } } },
    {
      documentSelector: [...documentSelector],
      outputChannel: log,
      initializationOptions: { commands: 'client' } satisfies InitializationOptions,
      // Without it the library shows what went wrong by itself.
      initializationFailedHandler: () => false,
      errorHandler: {
        // A process that nobody can write to ends soon, and that is what counts.
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed() {
          if (started) onCrash();
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
      synchronize: { configurationSection: 'deepmaker' },
    },
  );
  return {
    /** Rejects where the process ends before it has answered. */
    async start(): Promise<void> {
      await client.start();
      if (!client.isRunning()) throw new Error('The process of the server ended before it had answered.');
      started = true;
    },

    /** Whatever the state that it is in. */
    stop: (): Promise<void> => client.stop(),

    send: <R>(method: string, params: unknown, token?: vscode.CancellationToken): Promise<R> =>
      client.sendRequest(new RequestType<unknown, R, void>(method), params, token),

    onProgress: (token: string, listener: (value: unknown) => void): vscode.Disposable =>
      client.onProgress(new ProgressType<unknown>(), token, listener),

    /** Undefined where a document has changed since the server made the edit. */
    async toWorkspaceEdit(edit: WorkspaceEdit): Promise<vscode.WorkspaceEdit | undefined> {
      return client.validateWorkspaceEdit(edit) ? client.protocol2CodeConverter.asWorkspaceEdit(edit) : undefined;
    },

    toCodeActions: (
      actions: readonly (Command | CodeAction)[],
      token: vscode.CancellationToken,
    ): Promise<(vscode.Command | vscode.CodeAction)[]> =>
      client.protocol2CodeConverter.asCodeActionResult([...actions], token),

    causeOf,
  };
}

export type LanguageServer = ReturnType<typeof createLanguageServer>;

/** What a request was rejected with: the cancellation of it, the end of the server's process under it, or a defect. */
function causeOf(error: unknown): 'cancelled' | 'stopped' | 'defect' {
  if (!(error instanceof ResponseError)) return 'defect';
  if (cancellationCodes.includes(error.code)) return 'cancelled';
  return connectionCodes.includes(error.code) ? 'stopped' : 'defect';
}

const cancellationCodes: readonly number[] = [LSPErrorCodes.RequestCancelled, LSPErrorCodes.ServerCancelled];
const connectionCodes: readonly number[] = [
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.ConnectionInactive,
  ErrorCodes.MessageWriteError,
];
