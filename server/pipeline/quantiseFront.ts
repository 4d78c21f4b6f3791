/** Trained networks in integers: quantised after training, and tuned once more where that costs too much. */
import { encode } from '../../engine/data/encoding.ts';
import { errorFigures, errorObjective } from '../../engine/data/metrics.ts';
import { seedOf } from '../../engine/data/random.ts';
import { fineTuneAware } from '../../engine/quantise/aware.ts';
import { type Calibration, calibrate } from '../../engine/quantise/calibrate.ts';
import { type IntegerFormat, predictQuantised, quantise } from '../../engine/quantise/quantise.ts';
import type { Dataset, EncodedSamples, Encoding, Network } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { Finalist } from './finalists.ts';

export interface QuantisingContext {
  readonly config: Pick<Config, 'quantisation' | 'pruning' | 'batchSize' | 'seed'>;
  readonly dataset: Dataset;
  readonly encoding: Encoding;
  readonly signal: AbortSignal;
}

/** Rows that ranges are taken from, and that a network is tuned on: more change little and take longer. */
const calibrationRows = 2000;
const tuningRows = 4000;

/** A rise in error from which on the network is tuned with rounding in the loop: half a percentage point. */
const tolerableRise = 0.005;

/** Each network in each format of the configuration. Stops early, with those that are done, where the signal aborts. */
export async function quantiseFront(context: QuantisingContext, finalists: readonly Finalist[]): Promise<Finalist[]> {
  const { config, dataset, encoding, signal } = context;
  const train = firstRows(encode(dataset.train, encoding), tuningRows);
  const variants: Finalist[] = [];
  for (const finalist of finalists) {
    if (signal.aborted) break;
    const calibration = calibrate(finalist.network, train.inputs, Math.min(train.count, calibrationRows));
    for (const format of config.quantisation.formats) {
      const plain = variantOf(context, finalist, format, finalist.network, calibration);
      const isTuned = format === 'int8' && config.quantisation.aware && rise(plain, finalist) > tolerableRise;
      const tuned = isTuned ? await tune(context, finalist, calibration, train) : undefined;
      variants.push(tuned && rise(tuned, plain) < 0 ? tuned : plain);
    }
  }
  return variants;
}

const rise = (variant: Finalist, from: Finalist): number => errorObjective(variant.error) - errorObjective(from.error);

function variantOf(
  { dataset, encoding }: QuantisingContext,
  { id, candidate }: Finalist,
  format: IntegerFormat,
  network: Network,
  calibration: Calibration,
): Finalist {
  const { inputs, outputs, count } = dataset.validation;
  const quantised = quantise(network, format, calibration);
  const approx = predictQuantised(quantised, encoding, inputs, count);
  return {
    id: `${id}-${format}`,
    candidate,
    network,
    integers: { network: quantised, calibration },
    error: errorFigures(outputs, approx, count, dataset.outputSlots),
    made: { variant: format, variantOf: id },
  };
}

async function tune(
  context: QuantisingContext,
  finalist: Finalist,
  calibration: Calibration,
  train: EncodedSamples,
): Promise<Finalist> {
  const { config, dataset, encoding, signal } = context;
  const { topology, weights } = finalist.network;
  const { key, optimizer, learningRate } = finalist.candidate;
  const task = {
    topology,
    initial: weights,
    optimizer,
    learningRate,
    schedule: 'cosine',
    loss: encoding.loss,
    epochs: config.pruning.fineTuneEpochs,
    batchSize: config.batchSize,
    seed: seedOf(config.seed, key, 'quantise'),
  } as const;
  const held = firstRows(encode(dataset.validation, encoding), calibrationRows);
  const network = await fineTuneAware(task, calibration, train, held, () => signal.aborted);
  return variantOf(context, finalist, 'int8', network, calibration);
}

function firstRows({ count, inputs, targets }: EncodedSamples, most: number): EncodedSamples {
  const taken = Math.min(count, most);
  const part = (values: Float32Array) => values.subarray(0, (values.length / count) * taken);
  return { count: taken, inputs: part(inputs), targets: part(targets) };
}
