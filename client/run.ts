import * as vscode from 'vscode';
import type { FrontView, RegionReference, RunOutcome } from '../server/protocol.ts';
import { askRanges, type Ranges } from './askRanges.ts';
import type { Panels } from './panels.ts';
import { regionKey } from './region.ts';
import type { Requests } from './requests.ts';
import { requestRun } from './runRequest.ts';
import { currentTarget, runSettings } from './settings.ts';

export interface RunsOptions {
  readonly requests: Requests;
  readonly panels: Panels;
}

/** A second run of a region is refused while the first one goes on. */
export type RunAnswer = RunOutcome | { readonly kind: 'busy' };

export interface StartOptions {
  /** Ranges that the source does not give. */
  readonly ranges?: Ranges;
  readonly token?: vscode.CancellationToken;
  /** The id of a record of real calls, which it then starts from. */
  readonly record?: string;
}

/** One run that goes on. */
interface Run {
  readonly region: RegionReference;
  /** What its panel goes by: the region, or for statements the function that they become, once a front names it. */
  subject: RegionReference;
  /** The id of the record that it starts from. */
  readonly record?: string;
  readonly cancellation: vscode.CancellationTokenSource;
  /** Its panel was opened. A panel that the user closes during the run stays closed. */
  shown: boolean;
}

/** Owns the cancellation of every run that goes on, at most one per region. Lives from activation to deactivation. */
export class Runs implements vscode.Disposable {
  readonly #options: RunsOptions;
  readonly #running = new Set<Run>();

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /**
   * Runs one approximation from the first question to its end, and answers how it ended; the panel has been told by
   * then. Never rejects.
   */
  async start(region: RegionReference, { ranges = {}, token, record }: StartOptions = {}): Promise<RunAnswer> {
    if (this.#find(region)) return { kind: 'busy' };
    const run: Run = {
      region,
      subject: region,
      ...(record === undefined ? {} : { record }),
      cancellation: new vscode.CancellationTokenSource(),
      shown: false,
    };
    this.#running.add(run);
    const cancelled = token?.onCancellationRequested(() => this.stop(region));
    try {
      const outcome = await this.#untilAnswered(run, ranges);
      this.#tellPanel(run, outcome);
      return outcome;
    } finally {
      cancelled?.dispose();
      this.#running.delete(run);
      run.cancellation.dispose();
    }
  }

  isRunning(region: RegionReference): boolean {
    return this.#find(region) !== undefined;
  }

  /** What the panel of this region goes by. */
  subjectOf(region: RegionReference): RegionReference {
    return this.#find(region)?.subject ?? region;
  }

  /** Asks a run to stop; its `start` answers once the server has. */
  stop(region: RegionReference): void {
    const run = this.#find(region);
    if (!run) return;
    this.#options.panels.find(run.subject)?.setStatus({ kind: 'stopping' });
    run.cancellation.cancel();
  }

  dispose(): void {
    for (const { cancellation } of this.#running) cancellation.cancel();
  }

  #find(region: RegionReference): Run | undefined {
    const key = regionKey(region);
    return [...this.#running].find((run) => regionKey(run.region) === key || regionKey(run.subject) === key);
  }

  /** Repeats the request with the ranges that the user types, until the server needs no more of them. */
  async #untilAnswered(run: Run, given: Ranges): Promise<RunOutcome> {
    let ranges = given;
    for (;;) {
      this.#options.panels.find(run.subject)?.setStatus({ kind: 'waiting' });
      const outcome = await this.#request(run, ranges);
      if (outcome.kind !== 'needs-ranges') return outcome;
      const typed = await askRanges(run.region.name, outcome.missing, run.cancellation.token);
      if (!typed || run.cancellation.token.isCancellationRequested) return { kind: 'cancelled', evaluated: 0 };
      ranges = { ...ranges, ...typed };
    }
  }

  /** One request under one notification, which can be cancelled as the panel can. */
  async #request(run: Run, ranges: Ranges): Promise<RunOutcome> {
    const { region, record, cancellation } = run;
    const progressOptions = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Approximating {0}', region.name),
      cancellable: true,
    };
    return vscode.window.withProgress(progressOptions, async (progress, cancelled): Promise<RunOutcome> => {
      const subscription = cancelled.onCancellationRequested(() => this.stop(region));
      const params = {
        region,
        target: currentTarget(),
        ranges,
        ...(record === undefined ? {} : { record }),
        trusted: vscode.workspace.isTrusted,
        settings: runSettings(vscode.Uri.parse(region.uri)),
      };
      try {
        return await requestRun(this.#options.requests, params, {
          token: cancellation.token,
          onProgress: (report) => progress.report(report),
          onFront: (front) => this.#showFront(run, front),
        });
      } finally {
        subscription.dispose();
      }
    });
  }

  #showFront(run: Run, front: FrontView): void {
    const { panels } = this.#options;
    if (run.shown && !panels.find(front.subject)) return;
    run.shown = true;
    run.subject = front.subject;
    panels.show(front).setStatus({ kind: run.cancellation.token.isCancellationRequested ? 'stopping' : 'running' });
  }

  #tellPanel(run: Run, outcome: RunOutcome): void {
    if (outcome.kind === 'done') this.#showFront(run, outcome.front);
    const panel = this.#options.panels.find(run.subject);
    if (outcome.kind !== 'failed') panel?.settle();
    else panel?.settle({ message: outcome.message, ...(outcome.hint === undefined ? {} : { hint: outcome.hint }) });
  }
}
