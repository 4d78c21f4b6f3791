/** What a run found out beside its front, as sentences: the report and the panel say the same. */
import { formatAmount, formatPercent } from '../../engine/format.ts';
import { exitText } from '../record/explain.ts';
import type { RunResult } from './run.ts';

export function notesOf({ hard, coverage, record }: Pick<RunResult, 'hard' | 'coverage' | 'record'>): string[] {
  const { error, input } = hard.worst;
  return [
    ...recordNotes(record),
    `The worst input that a search found is off by ${formatPercent(error)} of the output's range: ${input}.`,
    ...coverageNotes(coverage),
  ];
}

/** What the errors are errors of, and what was left out. */
function recordNotes(record: RunResult['record']): string[] {
  if (!record) return [];
  const { command, exit, calls, threw, threads, misfits, firstMisfit, outside, samples, repeated } = record;
  const real = `${formatAmount(samples.recorded, 'sample')} of ${formatAmount(calls, 'call')}`;
  const where = threads > 1 ? ` in ${threads} processes or threads` : '';
  return [
    `Errors are those of real inputs: ${real}${where} of "${command}", of which validation and test samples are taken. ` +
      `${formatAmount(samples.synthetic, 'synthetic sample')} around them joined the training.`,
    ...(repeated > 0 ? [`${formatPercent(repeated)} of the test samples have inputs that training saw too.`] : []),
    ...(threw > 0 ? [`${formatAmount(threw, 'recorded call')} threw and had no part in this.`] : []),
    ...(misfits > 0 ? [`${formatAmount(misfits, 'call')} did not fit the declared types: ${firstMisfit}.`] : []),
    ...(outside > 0 ? [`${formatAmount(outside, 'call')} outside of the @range tags had no part in this.`] : []),
    ...(exit === 0 ? [] : [`The command ended with ${exitText(exit)}.`]),
  ];
}

function coverageNotes(coverage: RunResult['coverage']): string[] {
  if (!coverage || coverage.branches === 0) return [];
  const { branches, covered, uncovered } = coverage;
  const head = `The samples take ${covered} of ${branches} branches`;
  if (uncovered.length === 0) return [`${head}.`];
  return [
    `${head}; the network knows nothing about the others:`,
    ...uncovered.map(({ file, line, text }) => `  ${file}:${line}: ${text}`),
  ];
}
