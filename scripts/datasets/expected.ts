/** What is published about each set, and a check that the files on disk have it, read by the product's own readers. */
import { channelCount, classCounts, type LabelledSet, outputSize, type Rows } from '../../engine/data/dataset.ts';
import { channelMoments } from '../../engine/data/normalization.ts';
import { formatCount } from '../../engine/format.ts';
import { loadDataset } from '../../server/datasets/load.ts';
import { FetchError } from './sources.ts';

interface Expected {
  readonly trainCounts: readonly number[];
  readonly testCounts: readonly number[];
  /** Of the training pixels per channel, as fractions of 255, to four decimals. */
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
}

const each = (count: number, classes: number): readonly number[] => new Array<number>(classes).fill(count);

const expected: Readonly<Record<string, Expected>> = {
  mnist: {
    trainCounts: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    testCounts: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    mean: [0.1307],
    deviation: [0.3081],
  },
  'fashion-mnist': { trainCounts: each(6000, 10), testCounts: each(1000, 10), mean: [0.286], deviation: [0.353] },
  cifar10: {
    trainCounts: each(5000, 10),
    testCounts: each(1000, 10),
    mean: [0.4914, 0.4822, 0.4465],
    deviation: [0.247, 0.2435, 0.2616],
  },
  // Quoted moments of CIFAR-100 differ in the fourth decimal, so that its counts have to do.
  cifar100: { trainCounts: each(500, 100), testCounts: each(100, 100) },
};

/** Answers a summary; throws FetchError with `hint` where a figure differs. `data` holds a folder of the set's name. */
export async function verify(name: string, data: string, hint: string): Promise<string> {
  const loaded = await loadDataset(name, data, { DEEPMAKER_DATA: data });
  if (loaded.kind === 'failed') throw new FetchError(`${loaded.message}\n${loaded.hint}`);
  const { dataset } = loaded;
  const { train, test } = dataset;
  const { mean, deviation } = channelMoments(train, channelCount(dataset.input));
  const fraction = (value: number) => Number((value / 255).toFixed(4));
  const found: Expected = {
    trainCounts: countsOf(train, dataset),
    testCounts: test ? countsOf(test, dataset) : [],
    mean: [...mean].map(fraction),
    deviation: [...deviation].map(fraction),
  };
  for (const [figure, value] of Object.entries(expected[name]!)) {
    const actual = found[figure as keyof Expected];
    if (String(actual) !== String(value)) {
      throw new FetchError(`${name}: ${figure} is ${actual}, but ${value} is published.\n${hint}`);
    }
  }
  return `${formatCount(train.count)} training and ${formatCount(test?.count ?? 0)} test images, as published.`;
}

const countsOf = (rows: Rows, { output }: LabelledSet): readonly number[] =>
  classCounts(rows, outputSize(output)) ?? [];
