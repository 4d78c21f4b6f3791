/** A set of examples made ready for a search: subset, split, normalised, and in shared memory. */
import { createHash } from 'node:crypto';
import type { InputShape, LabelledSet, OutputShape, Rows } from '../../engine/data/dataset.ts';
import { encodingOf, outputSlotsOf, rawOutputs } from '../../engine/data/labelled.ts';
import { fitNormalization, type Normalization, toEncodedSamples } from '../../engine/data/normalization.ts';
import { seedOf } from '../../engine/data/random.ts';
import { imageSubset, splitValidation } from '../../engine/data/subset.ts';
import type { Augmentation, EncodedSamples, Encoding } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import { shareSamples } from '../pool.ts';
import type { HeldRows } from '../trainWorker.ts';

/** The share of the training rows that candidates are compared on, and of a single list that is kept for the test. */
export const validationFraction = 0.1;
export const testFraction = 0.1;

export interface PreparedData {
  readonly input: InputShape;
  readonly output: OutputShape;
  readonly normalization: Normalization;
  readonly encoding: Encoding;
  readonly train: EncodedSamples;
  /** What the search compares candidates on. */
  readonly validation: HeldRows;
  /** What only final networks are run on. */
  readonly test: HeldRows;
}

/**
 * Splits by the seed. With a subset, that many rows of the training set are used, and as many of the test set where it
 * has more. A set that is one list gives a tenth of its rows to the test first.
 */
export function prepareData(set: LabelledSet, seed: number, subset = Infinity): PreparedData {
  const { input, output } = set;
  const parts = partsOf(set, seed);
  const { train, validation } = splitValidation(imageSubset(parts.train, subset, seed), validationFraction, seed);
  const test = imageSubset(parts.test, subset, seed);
  const normalization = fitNormalization(train, set);
  const encoding = encodingOf(set, normalization);
  const encoded = (rows: Rows) => shareSamples(toEncodedSamples(rows, output, normalization));
  const held = (rows: Rows): HeldRows => ({
    samples: encoded(rows),
    outputs: rawOutputs(rows),
    outputSlots: outputSlotsOf(output),
    encoding,
  });
  const parted = { train: encoded(train), validation: held(validation), test: held(test) };
  return { input, output, normalization, encoding, ...parted };
}

/** The rows of a prepared set that only final networks are run on, as the files have them. */
export const testRows = (set: LabelledSet, seed: number, subset = Infinity): Rows =>
  imageSubset(partsOf(set, seed).test, subset, seed);

const partsOf = (set: LabelledSet, seed: number): { train: Rows; test: Rows } =>
  set.test ? { train: set.train, test: set.test } : splitTest(set.train, seed);

function splitTest(rows: Rows, seed: number): { train: Rows; test: Rows } {
  const { train, validation } = splitValidation(rows, testFraction, seedOf(seed, 'test'));
  return { train, test: validation };
}

/** How training images change: moved by up to an eighth of their shorter side, at least a pixel, and half of them mirrored. */
export function augmentationOf(
  { input, normalization }: PreparedData,
  kind: Config['augment'],
): Augmentation | undefined {
  if (kind === 'none' || input.kind !== 'image') return undefined;
  const { mean, deviation } = normalization.inputs;
  const { height, width, channels } = input;
  return {
    ...{ height, width, channels },
    maxShift: Math.max(1, Math.floor(Math.min(height, width) / 8)),
    flip: kind === 'shift+flip',
    black: Array.from(mean, (value, channel) => -value / deviation[channel]!),
  };
}

/** A hash of every row and of what they mean, so that a run never goes on with other data under the same name. */
export function contentHash({ input, output, train, test }: LabelledSet): string {
  const hash = createHash('sha256').update(JSON.stringify([input, output, train.count, test?.count ?? 0]));
  for (const rows of test ? [train, test] : [train]) hash.update(rows.inputs).update(rows.targets);
  return hash.digest('hex').slice(0, 16);
}
