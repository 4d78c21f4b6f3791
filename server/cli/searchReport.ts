/** The result of a search on a dataset, as a table for people and as one JSON object for scripts. */
import {
  formatAmount,
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatVariant,
} from '../../engine/format.ts';
import type { Config } from '../config.ts';
import type { DatasetPoint, DatasetResult } from '../pipeline/datasetRun.ts';
import { isInteger } from '../pipeline/finalists.ts';
import { formatTable } from './report.ts';

/** The stable object that `--json` prints; scripts depend on it. */
export function datasetJson(result: DatasetResult, artifacts: readonly string[]): string {
  const { runId, dataset, model, samples, search, chosen, criterion, config } = result;
  const { fidelity, space, augment } = config;
  const front = finalFront(result).map(jsonPoint);
  const integers = offeredIntegers(result).map(jsonPoint);
  return JSON.stringify({
    runId,
    dataset,
    model,
    settings: { fidelity, space, augment },
    samples,
    search,
    front,
    integers,
    chosen,
    criterion,
    artifacts,
  });
}

function jsonPoint(point: DatasetPoint) {
  const { id, topology, activation, optimizer, learningRate, params, bytes, macs, latencyNs } = point;
  const { variant, variantOf, alpha, error, validationError, testError, rows } = point;
  const made = { ...(variant && { variant, variantOf }), ...(alpha === undefined ? {} : { alpha }) };
  const network = { id, topology, activation, optimizer, learningRate, params, bytes, macs, ...made };
  return { ...network, error, validationError, testError, latencyNs, ...(rows && { rows }) };
}

export function datasetTable(result: DatasetResult, artifacts: readonly string[]): string {
  const { dataset, model, samples, search, runId, config } = result;
  const rowOf = (point: DatasetPoint) => [
    point.id === result.chosen ? '>' : '',
    point.topology,
    point.activation,
    formatVariant(point.variant, point.alpha),
    point.optimizer,
    String(point.learningRate),
    formatCount(point.params),
    formatBytes(point.bytes),
    formatCount(point.macs),
    formatPercent(point.validationError!),
    formatPercent(point.testError!),
    point.latencyNs === undefined ? '' : formatDuration(point.latencyNs),
  ];
  const integers = offeredIntegers(result);
  const table = formatTable([headings, ...finalFront(result).map(rowOf), ...integers.map(rowOf)], textColumns);
  // A line between the front and what stands beside it.
  if (integers.length > 0) table.splice(table.length - integers.length, 0, '');
  const lines = [
    `${dataset.name}: ${formatCount(samples.train)} training, ${formatCount(samples.validation)} validation and ` +
      `${formatCount(samples.test)} test rows`,
    `${search.evaluations} ${modelNames[model]} in ${formatAmount(search.generations, 'generation')}, ${search.seconds.toFixed(1)} s`,
    ...settingNotes(config),
    ...(search.timeLimited ? [timeLimitNote] : []),
    '',
    ...table,
    ...partialNote(integers, samples.test),
    '',
    result.criterion.reason,
    `Stored as ${runId}`,
  ];
  for (const file of artifacts) lines.push(`Wrote ${file}`);
  return lines.join('\n');
}

const headings = [
  ...['', 'network', 'activation', 'variant', 'optimizer', 'rate'],
  ...['params', 'size', 'MACs', 'validation error', 'test error', 'per call'],
];

/** The columns before the learning rate. */
const textColumns = 5;

const modelNames = { cnn: 'convolutional networks', mlp: 'perceptrons' } as const;

/** What the figures must not be compared without. */
const settingNotes = ({ fidelity, space, augment }: Config): string[] => [
  ...(space === 'extended' ? ['Extended space: growth rates and DenseNet-BC beside the networks of the paper'] : []),
  ...(augment === 'none' ? [] : [`Trained on changed images (${augment}); validated and tested on images as they are`]),
  ...(fidelity === 'halving' ? ['Halving: in the search, the best third of each generation was trained in full'] : []),
];

/** The interpreters are slow: of large networks they run a part of the rows. */
function partialNote(points: readonly DatasetPoint[], all: number): string[] {
  const least = Math.min(...points.map(({ rows }) => rows?.test ?? all));
  if (least >= all) return [];
  return [`In integers, networks were tested on at least ${formatCount(least)} of the ${formatCount(all)} test rows.`];
}

const timeLimitNote =
  'The time limit ended the search, so how far it came depended on the machine. The same command goes on from here.';

/** The chosen network with its arrays, and what its inputs and outputs mean. */
export function networkJson({ dataset, normalization, networks, points, chosen }: DatasetResult): string {
  const { name, input, output } = dataset;
  const network = networks.find(({ id }) => id === chosen)!;
  const { params, validationError, testError } = points.find(({ id }) => id === chosen)!;
  const { topology, weights, statistics } = network;
  const figures = { params, validationError, testError };
  return `${JSON.stringify({ dataset: name, input, output, normalization, figures, topology, weights, statistics })}\n`;
}

/** The non-dominated networks with their final figures, smallest first. */
const finalFront = ({ points }: DatasetResult): DatasetPoint[] =>
  points.filter(({ onFront }) => onFront).sort((a, b) => a.params - b.params);

/** The networks in integers beside it, smallest first. */
const offeredIntegers = ({ points }: DatasetResult): DatasetPoint[] =>
  points.filter(isInteger).sort((a, b) => a.bytes - b.bytes || a.testError! - b.testError!);
