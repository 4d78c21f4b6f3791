/** The result of a run, as a table for people and as one JSON object for scripts. */
import {
  formatAmount,
  formatBytes,
  formatCertificate,
  formatDuration,
  formatPercent,
  formatVariant,
  significant,
} from '../../engine/format.ts';
import { isInteger } from '../pipeline/finalists.ts';
import { notesOf } from '../pipeline/notes.ts';
import type { RunResult } from '../pipeline/run.ts';
import type { FrontPoint } from '../protocol.ts';

/** What was done with the chosen network. */
export interface Deeds {
  /** Files that were written. */
  readonly artifacts: readonly string[];
  readonly applied: boolean;
  /** What was found when the code ran for the target, or why it did not; one sentence each. */
  readonly checked: readonly string[];
}

/** The stable object that `--json` prints: scripts depend on it. */
export function reportJson(result: RunResult, { artifacts, applied, checked }: Deeds): string {
  const { region, samples, search } = result;
  return JSON.stringify({
    region: {
      file: region.file,
      name: region.name,
      inputs: region.inputSlots,
      outputs: region.outputSlots,
      sourceHash: region.sourceHash,
    },
    samples,
    record: result.record,
    domain: result.domain,
    search,
    front: finalFront(result).map(jsonPoint),
    integers: measuredIntegers(result).map(jsonPoint),
    hard: result.hard,
    coverage: result.coverage,
    chosen: result.chosen,
    exactNs: result.exactNs,
    criterion: result.criterion,
    artifacts,
    applied,
    checked,
  });
}

function jsonPoint(point: FrontPoint) {
  const { id, topology, activation, params, bytes, macs, cost, variant, variantOf, alpha, error, latencyNs, speedup } =
    point;
  const made = { ...(variant && { variant, variantOf }), ...(alpha === undefined ? {} : { alpha }) };
  const { speedupInterval, batch, certificate, fallbacks, objection } = point;
  const trust = { speedupInterval, batch, certificate, fallbacks, objection };
  return { id, topology, activation, params, bytes, macs, cost, ...made, error, latencyNs, speedup, ...trust };
}

const headings = [
  ...['', 'network', 'activation', 'variant'],
  ...['params', 'size', 'NRMSE', 'p99', 'max', 'rel. error', 'per call', 'speedup'],
];

/** The columns before `params`. */
const textColumns = 4;

export function reportTable(result: RunResult, { artifacts, applied, checked }: Deeds): string {
  const { region, samples, search } = result;
  const rowOf = (point: FrontPoint) => [
    point.id === result.chosen ? '>' : '',
    point.topology,
    point.activation,
    formatVariant(point.variant, point.alpha),
    String(point.params),
    formatBytes(point.bytes),
    formatPercent(point.error.nrmse),
    formatPercent(point.error.p99),
    formatPercent(point.error.max),
    formatPercent(point.error.meanRelative),
    formatDuration(point.latencyNs!),
    `${significant(point.speedup!)}x`,
  ];
  const integers = measuredIntegers(result);
  const rows = [headings, ...finalFront(result).map(rowOf), ...integers.map(rowOf)];
  const table = formatTable(rows, textColumns);
  // A line between the front and what stands beside it.
  if (integers.length > 0) table.splice(table.length - integers.length, 0, '');
  const lines = [
    `${region.name}: ${formatAmount(region.inputSlots.length, 'input')}, ${formatAmount(region.outputSlots.length, 'output')}, ` +
      `${formatDuration(result.exactNs)} per exact call`,
    `${formatAmount(samples.train + samples.validation + samples.test, 'sample')}, ${search.evaluations} networks ` +
      `in ${search.generations} generations, ${search.seconds.toFixed(1)} s`,
    ...rejectionLines(result),
    '',
    ...table,
    '',
    result.criterion.reason,
    ...trustLines(result),
  ];
  lines.push(...checked);
  if (applied) lines.push(`Applied. To undo: deepmaker revert ${region.file}#${region.name}`);
  for (const file of artifacts) lines.push(`Wrote ${file}`);
  return lines.join('\n');
}

/** What is promised about the chosen network, and what is known against it. */
function trustLines(result: RunResult): string[] {
  const point = result.points.find(({ id }) => id === result.chosen);
  return [
    ...(point?.certificate ? [`Certified: ${formatCertificate(point.certificate)}.`] : []),
    ...(point?.fallbacks === undefined
      ? []
      : [`Its guard leaves ${formatPercent(point.fallbacks)} of inputs to the exact function.`]),
    ...notesOf(result),
  ];
}

function rejectionLines({ samples: { rejected, firstRejection } }: RunResult): string[] {
  if (rejected === 0) return [];
  return [`${rejected} more inputs gave no usable result and were left out; the first one: ${firstRejection}`];
}

/** The non-dominated networks with their measured figures, smallest first. */
const finalFront = (result: RunResult): FrontPoint[] =>
  result.points.filter((point) => point.onFront).sort((a, b) => a.params - b.params);

/** The networks in integers with their measured figures, smallest first. */
const measuredIntegers = (result: RunResult): FrontPoint[] =>
  result.points
    .filter((point) => isInteger(point) && point.latencyNs !== undefined)
    .sort((a, b) => a.bytes - b.bytes || a.error.nrmse - b.error.nrmse);

/** Pads columns; the first ones, `texts` of them, hold text and go to the left, the others hold figures. */
export function formatTable(rows: readonly (readonly string[])[], texts: number): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < texts ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
