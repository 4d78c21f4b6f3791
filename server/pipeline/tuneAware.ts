/** Perceptrons whose error rises too much in int8 are tuned with its rounding in the loop. */
import { setImmediate } from 'node:timers/promises';
import { seedOf } from '../../engine/data/random.ts';
import { spreadRows } from '../../engine/data/subset.ts';
import { fineTuneAware } from '../../engine/quantise/aware.ts';
import type { Calibration } from '../../engine/quantise/calibrate.ts';
import type { EncodedSamples, Loss, Network } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { Recipe } from './pruneNetwork.ts';

/** A rise in error from which on a network is tuned: half a percentage point. */
export const tolerableRise = 0.005;

/** Rows that it is tuned on and judged by, at most: more change little and take longer. */
const tuningRows = 4000;
const judgedRows = 2000;

export interface TuningContext {
  readonly config: Pick<Config, 'pruning' | 'batchSize' | 'seed'>;
  readonly loss: Loss;
  readonly train: EncodedSamples;
  readonly validation: EncodedSamples;
  readonly signal: AbortSignal;
}

/** The network to be quantised by the same calibration; the one that came in where the signal aborts at once. */
export function tuneAware(
  { config, loss, train, validation, signal }: TuningContext,
  { topology, weights }: Network,
  { key, optimizer, learningRate }: Recipe,
  calibration: Calibration,
): Promise<Network> {
  const task = {
    ...{ topology, initial: weights, optimizer, learningRate, loss },
    schedule: 'cosine',
    epochs: config.pruning.fineTuneEpochs,
    batchSize: config.batchSize,
    seed: seedOf(config.seed, key, 'quantise'),
  } as const;
  const shouldStop = async () => {
    await setImmediate();
    return signal.aborted;
  };
  const [rows, judged] = [spreadRows(train, tuningRows), spreadRows(validation, judgedRows)];
  return fineTuneAware(task, calibration, rows, judged, shouldStop);
}
