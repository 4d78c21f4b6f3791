/** What a run found out beside its front, as sentences: the report and the panel say the same. */
import { formatPercent } from '../../engine/format.ts';
import type { RunResult } from './run.ts';

export function notesOf({ hard, coverage }: Pick<RunResult, 'hard' | 'coverage'>): string[] {
  const { error, input } = hard.worst;
  return [
    `The worst input that a search found is off by ${formatPercent(error)} of the output's range: ${input}.`,
    ...coverageNotes(coverage),
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
