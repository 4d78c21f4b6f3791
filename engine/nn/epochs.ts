/** What all trainers share: the checks before, the schedule, the order of samples, and which epoch's weights are kept. */
import type { EncodedSamples, TrainingResult, TrainingTask } from '../types.ts';
import { parameterCount, topologyName } from './network.ts';
import { shuffle, trainingStreams } from './random.ts';

/** One network in training, on a backend. Lives as long as one call of `train`. */
export interface TrainingSession {
  /** Row numbers of the training samples, shuffled in place before each epoch. */
  readonly order: Uint32Array;
  /** Trains on all samples in `order` and returns the mean loss, each batch's before its update. */
  trainEpoch(learningRate: number): number;
  /** Mean loss on the validation samples. */
  validationLoss(): number;
  /** A copy of the current weights, in Network's layout. */
  weights(): Float32Array;
}

/** Learning rate in one epoch, counted from 0. Cosine annealing without restarts (Loshchilov and Hutter, 2017). */
export function learningRateAt(task: TrainingTask, epoch: number): number {
  if (task.schedule === 'constant') return task.learningRate;
  return task.learningRate * 0.5 * (1 + Math.cos((Math.PI * epoch) / task.epochs));
}

/**
 * Runs the epochs of a task. The epoch whose loss is not finite ends the run as 'diverged', and its losses are not
 * reported; the network is then the best one before it, or the initial one.
 */
export function runEpochs(
  task: TrainingTask,
  session: TrainingSession,
  shouldStop: () => boolean = () => false,
): TrainingResult {
  const { order: random } = trainingStreams(task.seed);
  session.order.forEach((_, row, order) => {
    order[row] = row;
  });
  const trainLoss: number[] = [];
  const validationLoss: number[] = [];
  let best = session.weights();
  let lowest = Number.POSITIVE_INFINITY;

  const result = (outcome: TrainingResult['outcome']): TrainingResult => {
    const network = { topology: task.topology, weights: best };
    return { network, epochs: trainLoss.length, trainLoss, validationLoss, outcome };
  };

  for (let epoch = 0; epoch < task.epochs; epoch++) {
    if (shouldStop()) return result('stopped');
    shuffle(session.order, random);
    const train = session.trainEpoch(learningRateAt(task, epoch));
    const validation = session.validationLoss();
    if (!Number.isFinite(train) || !Number.isFinite(validation)) return result('diverged');
    trainLoss.push(train);
    validationLoss.push(validation);
    if (validation < lowest) {
      lowest = validation;
      best = session.weights();
    }
  }
  return result('finished');
}

/** Throws RangeError where a task and its samples do not fit together: a caller's mistake, not a user's. */
export function checkTask(task: TrainingTask, train: EncodedSamples, validation: EncodedSamples): void {
  const { topology, epochs, batchSize, learningRate, initial } = task;
  const { widths } = topology;
  const name = topologyName(topology);
  const positive = (value: number) => Number.isInteger(value) && value > 0;
  if (widths.length < 2 || !widths.every(positive)) throw new RangeError(`"${name}" is not a network.`);
  if (!positive(batchSize)) throw new RangeError(`The batch size is ${batchSize}; it must be a positive integer.`);
  if (!Number.isInteger(epochs) || epochs < 0) throw new RangeError(`${epochs} is not a number of epochs.`);
  if (!Number.isFinite(learningRate)) throw new RangeError(`The learning rate is ${learningRate}.`);
  if (initial && initial.length !== parameterCount(topology)) {
    throw new RangeError(`${name} has ${parameterCount(topology)} weights; ${initial.length} initial ones were given.`);
  }
  for (const [set, samples] of Object.entries({ training: train, validation })) {
    const { count, inputs, targets } = samples;
    if (!positive(count)) throw new RangeError(`There are ${count} ${set} samples; at least one is needed.`);
    if (inputs.length !== count * widths[0]! || targets.length !== count * widths.at(-1)!) {
      throw new RangeError(
        `${count} ${set} samples of ${name} do not fit ${inputs.length} inputs and ${targets.length} targets.`,
      );
    }
  }
}
