/** Tells the user how a run ended, with the next step one click away. */
import * as vscode from 'vscode';
import { formatAmount, formatComparison, formatPercent } from '../engine/format.ts';
import type { FrontView, RegionReference, RunOutcome } from '../server/protocol.ts';
import { revealRegion } from './region.ts';
import { tellFailure, tellQuietly } from './tell.ts';

export interface TellOptions {
  readonly log: vscode.LogOutputChannel;
  readonly use: (front: FrontView, candidateId: string) => void;
  readonly showFront: (front: FrontView) => void;
}

type Ended = Exclude<RunOutcome, { kind: 'needs-ranges' }>;

export function tellOutcome(region: RegionReference, outcome: Ended, options: TellOptions): void {
  switch (outcome.kind) {
    case 'done':
      tellDone(outcome.front, options);
      return;
    case 'cancelled':
      tellQuietly(
        outcome.evaluated > 0
          ? vscode.l10n.t('Cancelled. {0} will not be trained again.', formatAmount(outcome.evaluated, 'network'))
          : vscode.l10n.t('Cancelled.'),
      );
      return;
    case 'refused':
      tellRefused(region, outcome, options);
      return;
    case 'failed':
      tellFailure(options.log, outcome);
      return;
  }
}

/** A network that misses the bound, or is slower than the exact function, is shown but not offered. */
function tellDone(front: FrontView, { use, showFront }: TellOptions): void {
  const show = vscode.l10n.t('Show front');
  const useIt = vscode.l10n.t('Use this network');
  const chosen = front.points.find(({ id }) => id === front.chosen);
  const met = front.criterion?.met === true && chosen !== undefined;
  const message = met ? summary(front, chosen) : `${front.subject.name}: ${front.criterion?.reason ?? noNetwork()}`;
  const asked = met
    ? vscode.window.showInformationMessage(message, useIt, show)
    : vscode.window.showWarningMessage(message, show);
  void asked.then((choice) => {
    if (choice === show) showFront(front);
    if (choice === useIt && chosen) use(front, chosen.id);
  });
}

const noNetwork = () => vscode.l10n.t('No network was good enough.');

/** `price: 4-8-1 network, 1.1 % error (NRMSE), 3.2 times faster than the exact function.` */
export function summary(front: FrontView, chosen: FrontView['points'][number]): string {
  const error = formatPercent(chosen.error.nrmse);
  return chosen.speedup === undefined
    ? vscode.l10n.t('{0}: {1} network, {2} error (NRMSE).', front.subject.name, chosen.topology, error)
    : vscode.l10n.t(
        '{0}: {1} network, {2} error (NRMSE), {3}.',
        front.subject.name,
        chosen.topology,
        error,
        formatComparison(chosen.speedup),
      );
}

function tellRefused(
  region: RegionReference,
  { name, reasons }: Extract<RunOutcome, { kind: 'refused' }>,
  { log }: TellOptions,
): void {
  for (const { message, line } of reasons) log.warn(`${region.uri}:${line}: ${message}`);
  const more = reasons.length - 1;
  const first = reasons[0]?.message ?? vscode.l10n.t('It cannot be approximated.');
  const message =
    more > 0
      ? vscode.l10n.t('{0} was not approximated: {1} ({2} more)', name, first, more)
      : vscode.l10n.t('{0} was not approximated: {1}', name, first);
  const showLine = more > 0 ? vscode.l10n.t('Show lines') : vscode.l10n.t('Show line');
  void vscode.window.showWarningMessage(message, showLine).then(async (choice) => {
    if (choice !== showLine) return;
    const picked =
      more > 0
        ? await vscode.window.showQuickPick(
            reasons.map((reason) => ({
              label: reason.message,
              description: vscode.l10n.t('line {0}', reason.line),
              line: reason.line,
            })),
            { placeHolder: vscode.l10n.t('Why {0} was not approximated', name) },
          )
        : reasons[0];
    if (picked) await revealRegion(region, picked.line);
  });
}
