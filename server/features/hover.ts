/** What is known about an approximated function, on its name. */
import type { Hover } from 'vscode-languageserver/node';
import {
  formatCertificate,
  formatCount,
  formatDuration,
  formatPercent,
  formatSpeedup,
  significant,
} from '../../engine/format.ts';
import type { ServerContext } from '../languageServer.ts';
import { type Approximation, approximationsIn } from '../pipeline/approximations.ts';
import { standingOf } from '../pipeline/stale.ts';
import { projectRoot } from '../store.ts';
import { filePathOf } from './files.ts';

export function registerHover({ connection, documents, source }: ServerContext): void {
  connection.onHover(async ({ textDocument, position }): Promise<Hover | null> => {
    const document = documents.get(textDocument.uri);
    const file = filePathOf(textDocument.uri);
    // Most files have no approximation, and must not load the compiler to learn that.
    if (!document || file === undefined || !document.getText().includes('.approx')) return null;
    const root = projectRoot(file);
    const records = approximationsIn(root, file);
    if (records.length === 0) return null;
    const { module, project } = await source();
    const offset = document.offsetAt(position);
    for (const record of records) {
      const standing = standingOf({ module, project, root }, record);
      if (!('applied' in standing) || !standing.applied) continue;
      const start = standing.applied.nameStart;
      const end = start + record.name.split('.').at(-1)!.length;
      if (offset < start || offset > end) continue;
      const problem = standing.kind === 'current' ? [] : [`**${standing.message}**`];
      return {
        contents: { kind: 'markdown', value: [...problem, ...hoverLines(record)].join('\n\n') },
        range: { start: document.positionAt(start), end: document.positionAt(end) },
      };
    }
    return null;
  });
}

const guardTexts: Readonly<Record<Approximation['guard'], string>> = {
  fallback: 'inputs outside of the trained ranges go to the exact function',
  clamp: 'numbers outside of the trained ranges count as the nearest value in them',
  none: 'none; outside of the trained ranges the network extrapolates',
};

/** Paragraphs of Markdown. */
export function hoverLines(record: Approximation): string[] {
  const { topology, params, error, speedup, speedupInterval, latencyNs, exactNs, guard, fallbacks } = record;
  const { certificate, where, data, versions } = record;
  const interval = speedupInterval
    ? ` (95 % interval ${significant(speedupInterval[0])}x to ${significant(speedupInterval[1])}x)`
    : '';
  return [
    `Approximated by a neural network: ${topology}, ${formatCount(params)} parameters.`,
    `Error: ${formatPercent(error.nrmse)} (NRMSE), 99th percentile ${formatPercent(error.p99)}, ` +
      `largest ${formatPercent(error.max)} of the output's range.`,
    ...(where === undefined ? [] : [where]),
    ...(certificate
      ? [`Certified: ${formatCertificate(certificate)}, from ${formatCount(certificate.samples)} fresh inputs.`]
      : []),
    `Speed: ${formatSpeedup(speedup)}${interval}, ` +
      `${formatDuration(latencyNs)} per call with its guard, ${formatDuration(exactNs)} exactly.`,
    `Guard: ${guardTexts[guard]}${
      fallbacks === undefined
        ? ''
        : `; so do ${formatPercent(fallbacks)} of the others, where a large error is expected`
    }.`,
    `${formatCount(data.samples)} training samples, seed ${data.seed}, DeepMaker ${versions.deepmaker}.`,
  ];
}
