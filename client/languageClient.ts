/**
 * The language server, through vscode-languageclient. Becomes a file of its own, which `Session` loads with the first use:
 * the library is six times the size of the rest of the client.
 */
import type * as vscode from 'vscode';
import {
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

/** Made and not started. Types of requests are made here: the library compares parts of them by reference. */
export function createLanguageServer(modulePath: string, log: vscode.LogOutputChannel) {
  const server = { module: modulePath, transport: TransportKind.ipc };
  const client = new LanguageClient(
    'deepmaker',
    'DeepMaker',
    { run: server, debug: { ...server, options: { execArgv: ['--nolazy', '--inspect=6011'] } } },
    {
      documentSelector: [...documentSelector],
      outputChannel: log,
      initializationOptions: { commands: 'client' } satisfies InitializationOptions,
      synchronize: { configurationSection: 'deepmaker' },
    },
  );
  return {
    start: (): Promise<void> => client.start(),

    /** A server that never started, or crashed, has nothing to stop. */
    async stop(): Promise<void> {
      if (client.needsStop()) await client.stop();
    },

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
const connectionCodes: readonly number[] = [ErrorCodes.PendingResponseRejected, ErrorCodes.ConnectionInactive];
