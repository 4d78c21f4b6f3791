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
import { t } from '../../engine/texts.ts';
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

function guardText({ guard, fallbacks }: Approximation): string {
  switch (guard) {
    case 'fallback':
      return fallbacks === undefined
        ? t('Guard: inputs outside of the trained ranges go to the exact function.')
        : t(
            'Guard: inputs outside of the trained ranges go to the exact function; so do {0} of the others, where a large error is expected.',
            formatPercent(fallbacks),
          );
    case 'clamp':
      return fallbacks === undefined
        ? t('Guard: numbers outside of the trained ranges count as the nearest value in them.')
        : t(
            'Guard: numbers outside of the trained ranges count as the nearest value in them; {0} of all inputs go to the exact function, because a large error is expected.',
            formatPercent(fallbacks),
          );
    case 'none':
      return t('Guard: none; outside of the trained ranges the network extrapolates.');
  }
}

/** Paragraphs of Markdown. */
export function hoverLines(record: Approximation): string[] {
  const { topology, params, error, speedup, speedupInterval, latencyNs, exactNs } = record;
  const { certificate, where, data, versions } = record;
  const times = [formatDuration(latencyNs), formatDuration(exactNs)] as const;
  return [
    t('Approximated by a neural network: {0}, {1} parameters.', topology, formatCount(params)),
    t(
      "Error: {0} (NRMSE), 99th percentile {1}, largest {2} of the output's range.",
      formatPercent(error.nrmse),
      formatPercent(error.p99),
      formatPercent(error.max),
    ),
    ...(where === undefined ? [] : [where]),
    ...(certificate
      ? [t('Certified: {0}, from {1} fresh inputs.', formatCertificate(certificate), formatCount(certificate.samples))]
      : []),
    speedupInterval
      ? t(
          'Speed: {0} (95 % interval {1}x to {2}x), {3} per call with its guard, {4} exactly.',
          formatSpeedup(speedup),
          significant(speedupInterval[0]),
          significant(speedupInterval[1]),
          ...times,
        )
      : t('Speed: {0}, {1} per call with its guard, {2} exactly.', formatSpeedup(speedup), ...times),
    guardText(record),
    t(
      '{0} training samples, seed {1}, DeepMaker {2}.',
      formatCount(data.samples),
      String(data.seed),
      versions.deepmaker,
    ),
  ];
}
