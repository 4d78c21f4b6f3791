/** Trained networks in integers: quantised after training, and tuned once more where that costs too much. */
import { encode } from '../../engine/data/encoding.ts';
import { errorFigures, errorObjective } from '../../engine/data/metrics.ts';
import { spreadRows } from '../../engine/data/subset.ts';
import { isCnnNetwork } from '../../engine/nn/models.ts';
import { type Calibration, calibrate } from '../../engine/quantise/calibrate.ts';
import { type IntegerFormat, predictQuantised, quantise } from '../../engine/quantise/quantise.ts';
import type { Dataset, Encoding, Network } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { Finalist } from './finalists.ts';
import { tolerableRise, tuneAware } from './tuneAware.ts';

export interface QuantisingContext {
  readonly config: Pick<Config, 'quantisation' | 'pruning' | 'batchSize' | 'seed'>;
  readonly dataset: Dataset;
  readonly encoding: Encoding;
  readonly signal: AbortSignal;
}

/** Rows that ranges are taken from, at most: more change little and take longer. */
const calibrationRows = 2000;

/** Each network in each format of the configuration. Stops early, with those that are done, where the signal aborts. */
export async function quantiseFront(context: QuantisingContext, finalists: readonly Finalist[]): Promise<Finalist[]> {
  const { config, dataset, encoding, signal } = context;
  const [train, validation] = [encode(dataset.train, encoding), encode(dataset.validation, encoding)];
  const tuning = { config, loss: encoding.loss, train, validation, signal };
  const rows = spreadRows(train, calibrationRows);
  const variants: Finalist[] = [];
  for (const finalist of finalists) {
    if (signal.aborted) break;
    const { network } = finalist;
    // Of convolutional networks only those of data sets have variants in integers.
    if (isCnnNetwork(network)) continue;
    const calibration = calibrate(network, rows.inputs, rows.count);
    for (const format of config.quantisation.formats) {
      const plain = variantOf(context, finalist, format, network, calibration);
      const isTuned = format === 'int8' && config.quantisation.aware && rise(plain, finalist) > tolerableRise;
      if (!isTuned) {
        variants.push(plain);
        continue;
      }
      const tunedNetwork = await tuneAware(tuning, network, finalist.candidate, calibration);
      const tuned = variantOf(context, finalist, format, tunedNetwork, calibration);
      variants.push(rise(tuned, plain) < 0 ? tuned : plain);
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
