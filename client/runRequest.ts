/** The one long request: what it reports on its way, and its end, whatever happens to the server. */
import { randomUUID } from 'node:crypto';
import type * as vscode from 'vscode';
import { type FrontView, type RunOutcome, type RunParams, RunRequest, workDoneProgress } from '../server/protocol.ts';
import { failureOf, RequestCancelled, type Requests } from './requests.ts';

export interface RunListeners {
  readonly token: vscode.CancellationToken;
  /** `increment` is in percent of the whole run. */
  readonly onProgress: (report: { message?: string; increment: number }) => void;
  readonly onFront: (front: FrontView) => void;
}

/** Never rejects: a cancelled request and a server that is gone are outcomes too. */
export async function requestRun(
  requests: Requests,
  params: Omit<RunParams, 'workDoneToken' | 'partialResultToken'>,
  { token, onProgress, onFront }: RunListeners,
): Promise<RunOutcome> {
  const workDoneToken = randomUUID();
  const partialResultToken = randomUUID();
  const increment = increments();
  const listeners = [
    requests.onProgress(workDoneProgress, workDoneToken, (report) => {
      if (report.kind === 'end') return;
      const { message, percentage } = report;
      onProgress({ ...(message === undefined ? {} : { message }), increment: increment(percentage) });
    }),
    requests.onProgress(RunRequest.partial, partialResultToken, onFront),
  ];
  try {
    return await requests.request(RunRequest.type, { ...params, workDoneToken, partialResultToken }, token);
  } catch (error) {
    return error instanceof RequestCancelled ? { kind: 'cancelled', evaluated: 0 } : failureOf(error);
  } finally {
    for (const listener of listeners) listener.dispose();
  }
}

/** LSP reports how far a run is, and the editor wants how much was added; what goes backwards adds nothing. */
function increments(): (percentage: number | undefined) => number {
  let reported = 0;
  return (percentage = reported) => {
    const added = Math.max(0, Math.min(100, percentage) - reported);
    reported += added;
    return added;
  };
}
