/** What a report says about its run before any figure: what was asked, on which data, with which settings. */
import { formatAmount, formatBound, formatCount, formatDuration } from '../../engine/format.ts';
import type { DatasetResult } from '../pipeline/datasetRun.ts';
import type { StoredRun } from '../pipeline/readRun.ts';

export type Fact = readonly [term: string, text: string];

export function factsOf({ kind, result }: StoredRun): readonly Fact[] {
  const { config, search, samples, runId } = result;
  const rows = `${formatCount(samples.train)} for training, ${formatCount(samples.validation)} for validation, ${formatCount(samples.test)} for testing`;
  const found = `${formatAmount(search.evaluations, 'network')} in ${formatAmount(search.generations, 'generation')}, ${formatDuration(search.seconds * 1e9)}`;
  return [
    ['Run', runId],
    kind === 'dataset' ? ['Rows', rows] : ['Samples', rows],
    ...(kind === 'dataset'
      ? ([['Networks', result.model === 'cnn' ? 'convolutional networks' : 'perceptrons']] as const)
      : ([
          [
            'Function',
            `${formatAmount(result.region.inputSlots.length, 'input')}, ${formatAmount(result.region.outputSlots.length, 'output')}, ${formatDuration(result.exactNs)} per exact call`,
          ],
          ['Error bound', formatBound(result.maxError)],
        ] as const)),
    ...(kind === 'dataset' ? integerRows(result) : []),
    ['Search', found],
    [
      'Settings',
      `population ${config.population}, ${formatAmount(config.searchEpochs, 'epoch')} in the search, ${formatAmount(config.fullEpochs, 'epoch')} for the front, batch ${config.batchSize}, seed ${config.seed}`,
    ],
  ];
}

/** The interpreters are slow: of large networks they run a part of the rows. */
function integerRows({ points, samples }: DatasetResult): readonly Fact[] {
  const least = Math.min(...points.map(({ rows }) => rows?.test ?? samples.test));
  if (least >= samples.test) return [];
  return [
    ['Networks in integers', `tested on at least ${formatCount(least)} of the ${formatCount(samples.test)} rows`],
  ];
}
