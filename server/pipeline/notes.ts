/** What a run found out beside its front, as sentences: the report and the panel say the same. */

import { formatAmount, formatCount, formatPercent } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import { exitText } from '../record/explain.ts';
import type { RunResult } from './run.ts';

export function notesOf({ hard, coverage, record }: Pick<RunResult, 'hard' | 'coverage' | 'record'>): string[] {
  const { error, input } = hard.worst;
  return [
    ...recordNotes(record),
    t("The worst input that a search found is off by {0} of the output's range: {1}.", formatPercent(error), input),
    ...coverageNotes(coverage),
  ];
}

/** What the errors are errors of, and what was left out. */
function recordNotes(record: RunResult['record']): string[] {
  if (!record) return [];
  const { command, exit, calls, threw, threads, misfits, firstMisfit, outside, samples, repeated } = record;
  const real = [formatAmount(samples.recorded, 'sample'), formatAmount(calls, 'call')] as const;
  return [
    threads > 1
      ? t(
          'Errors are those of real inputs: {0} of {1} in {2} processes or threads of "{3}", of which validation and test samples are taken.',
          ...real,
          formatCount(threads),
          command,
        )
      : t(
          'Errors are those of real inputs: {0} of {1} of "{2}", of which validation and test samples are taken.',
          ...real,
          command,
        ),
    t('{0} around them joined the training.', formatAmount(samples.synthetic, 'synthetic sample')),
    ...(repeated > 0 ? [t('{0} of the test samples have inputs that training saw too.', formatPercent(repeated))] : []),
    ...(threw > 0 ? [t('{0} threw and had no part in this.', formatAmount(threw, 'recorded call'))] : []),
    ...(misfits > 0
      ? [t('{0} did not fit the declared types: {1}.', formatAmount(misfits, 'call'), String(firstMisfit))]
      : []),
    ...(outside > 0 ? [t('{0} outside of the @range tags had no part in this.', formatAmount(outside, 'call'))] : []),
    ...(exit === 0 ? [] : [t('The command ended with {0}.', exitText(exit))]),
  ];
}

function coverageNotes(coverage: RunResult['coverage']): string[] {
  if (!coverage || coverage.branches === 0) return [];
  const { branches, covered, uncovered } = coverage;
  const counts = [formatCount(covered), formatCount(branches)] as const;
  if (uncovered.length === 0) return [t('The samples take {0} of {1} branches.', ...counts)];
  return [
    t('The samples take {0} of {1} branches; the network knows nothing about the others:', ...counts),
    ...uncovered.map(({ file, line, text }) => `  ${file}:${line}: ${text}`),
  ];
}
