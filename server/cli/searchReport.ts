/** The result of a search on a dataset, as a table for people and as one JSON object for scripts. */
import { formatCount, formatPercent } from '../../engine/format.ts';
import type { Config } from '../config.ts';
import type { DatasetPoint, DatasetResult } from '../pipeline/datasetRun.ts';
import { formatTable } from './report.ts';

/** The stable object that `--json` prints; scripts depend on it. */
export function datasetJson(result: DatasetResult, artifacts: readonly string[]): string {
  const { runId, dataset, model, samples, search, chosen, criterion, config } = result;
  const { fidelity, space, augment } = config;
  const front = finalFront(result).map(
    ({ id, topology, activation, optimizer, learningRate, params, error, validationError, testError }) => ({
      id,
      topology,
      activation,
      optimizer,
      learningRate,
      params,
      error,
      validationError,
      testError,
    }),
  );
  return JSON.stringify({
    runId,
    dataset,
    model,
    settings: { fidelity, space, augment },
    samples,
    search,
    front,
    chosen,
    criterion,
    artifacts,
  });
}

export function datasetTable(result: DatasetResult, artifacts: readonly string[]): string {
  const { dataset, model, samples, search, runId, config } = result;
  const header = ['', 'network', 'activation', 'optimizer', 'rate', 'params', 'validation error', 'test error'];
  const rows = finalFront(result).map((point) => [
    point.id === result.chosen ? '>' : '',
    point.topology,
    point.activation,
    point.optimizer,
    String(point.learningRate),
    formatCount(point.params),
    formatPercent(point.validationError!),
    formatPercent(point.testError!),
  ]);
  const lines = [
    `${dataset.name}: ${formatCount(samples.train)} training, ${formatCount(samples.validation)} validation and ` +
      `${formatCount(samples.test)} test rows`,
    `${search.evaluations} ${modelNames[model]} in ${search.generations} generations, ${search.seconds.toFixed(1)} s`,
    ...settingNotes(config),
    ...(search.timeLimited ? [timeLimitNote] : []),
    '',
    ...formatTable([header, ...rows], 4),
    '',
    result.criterion.reason,
    `Stored as ${runId}`,
  ];
  for (const file of artifacts) lines.push(`Wrote ${file}`);
  return lines.join('\n');
}

const modelNames = { cnn: 'convolutional networks', mlp: 'perceptrons' } as const;

/** What the figures must not be compared without. */
const settingNotes = ({ fidelity, space, augment }: Config): string[] => [
  ...(space === 'extended' ? ['Extended space: growth rates and DenseNet-BC beside the networks of the paper'] : []),
  ...(augment === 'none' ? [] : [`Trained on changed images (${augment}); validated and tested on images as they are`]),
  ...(fidelity === 'halving' ? ['Halving: in the search, the best third of each generation was trained in full'] : []),
];

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
