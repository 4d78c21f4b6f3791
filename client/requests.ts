/** What the rest of the client needs from the server, and how its absence is told. */
import * as vscode from 'vscode';
import type { WorkspaceEdit } from 'vscode-languageserver-protocol';
import type { Failure, ProgressType, RequestType } from '../server/protocol.ts';

/** What the rest of the client needs from the server; `Session` is the real one. */
export interface Requests {
  /** Starts the server where it has not run yet. Rejects with `ServerUnavailable` where the server does not run, and with `RequestCancelled` after a cancellation. */
  request<P, R>(type: RequestType<P, R>, params: P, token?: vscode.CancellationToken): Promise<R>;
  /** Hears what the server reports under a token that a request carried. */
  onProgress<P>(type: ProgressType<P>, token: string, listener: (value: P) => void): vscode.Disposable;
  /** Undefined where a document has changed since the server made the edit. */
  toWorkspaceEdit(edit: WorkspaceEdit): Promise<vscode.WorkspaceEdit | undefined>;
}

export class RequestCancelled extends Error {}

export class ServerUnavailable extends Error {
  /** The next step, where it is another than to try again. */
  readonly hint: string | undefined;

  constructor(message: string, { hint, ...options }: ErrorOptions & { readonly hint?: string } = {}) {
    super(message, options);
    this.hint = hint;
  }
}

/** An exception at the edge of a command, as the failure that the user is told. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof ServerUnavailable
    ? {
        kind: 'failed',
        message,
        hint:
          error.hint ??
          vscode.l10n.t(
            'Try again: a run continues where it stopped. If it does not answer, use “DeepMaker: Restart server”.',
          ),
      }
    : {
        kind: 'failed',
        message: vscode.l10n.t('DeepMaker failed: {0}', message),
        hint: vscode.l10n.t('This is a defect. The log has the details.'),
      };
}
