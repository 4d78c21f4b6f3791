/** What all trainers share: the checks before, the schedule, the order of samples, and which epoch's weights are kept. */
import type { EncodedSamples, TrainingResult, TrainingTask } from '../types.ts';
import { checkAugmentation } from './augment.ts';
import { parameterCount, topologyName } from './network.ts';
import { shuffle, trainingStreams } from './random.ts';

/** One network in training, on a backend that waits for a device. Lives as long as one call of `train`. */
export interface DeviceTrainingSession {
  /** Row numbers of the training samples, shuffled in place before each epoch. */
  readonly order: Uint32Array;
  /** Trains on all samples in `order` and returns the mean loss, each batch's before its update. */
  trainEpoch(learningRate: number): number | Promise<number>;
  /** Mean loss on the validation samples. */
  validationLoss(): number | Promise<number>;
  /** See EpochSession. */
  missRate?(): number;
  /** A copy of the current weights, in Network's layout. */
  weights(): Float32Array | Promise<Float32Array>;
}

/** The same on a backend that computes on the calling thread. */
export interface TrainingSession extends DeviceTrainingSession {
  trainEpoch(learningRate: number): number;
  validationLoss(): number;
  weights(): Float32Array;
}

/** What the epochs of any kind of network need of its task. */
type Schedule = Pick<TrainingTask, 'epochs' | 'learningRate' | 'schedule' | 'seed'>;

/** A DeviceTrainingSession of any kind of network, which can also stop within an epoch. */
export interface EpochSession<Snapshot> {
  readonly order: Uint32Array;
  trainEpoch(learningRate: number): number | 'stopped' | Promise<number | 'stopped'>;
  validationLoss(): number | 'stopped' | Promise<number | 'stopped'>;
  /**
   * Share of validation samples whose largest output is not that of their target, for the weights of the last
   * `validationLoss`. Where targets are classes, and only there.
   */
  missRate?(): number;
  /** A copy of all that the epochs change in the network. */
  snapshot(): Snapshot | Promise<Snapshot>;
}

/** A TrainingResult with a snapshot in place of the network. */
export interface ScheduleResult<Snapshot> extends Omit<TrainingResult, 'network'> {
  readonly best: Snapshot;
}

/** Learning rate in one epoch, counted from 0. Cosine annealing without restarts (Loshchilov and Hutter, 2017). */
export function learningRateAt(task: Schedule, epoch: number): number {
  if (task.schedule === 'constant') return task.learningRate;
  return task.learningRate * 0.5 * (1 + Math.cos((Math.PI * epoch) / task.epochs));
}

/**
 * Runs the epochs of a task and keeps the best one: the lowest share of misses where targets are classes, as that is what
 * networks are compared by, and among equals the lowest loss. By loss alone an earlier epoch would win: a network that is
 * surer of its mistakes loses more without making more of them.
 *
 * The epoch whose loss is not finite ends the run as 'diverged', and its losses are not reported; the network is then the
 * best one before it, or the initial one. So it is for an epoch that was stopped.
 */
export async function runSchedule<Snapshot>(
  task: Schedule,
  session: EpochSession<Snapshot>,
  shouldStop: () => boolean = () => false,
): Promise<ScheduleResult<Snapshot>> {
  const { order: random } = trainingStreams(task.seed);
  session.order.forEach((_, row, order) => {
    order[row] = row;
  });
  const trainLoss: number[] = [];
  const validationLoss: number[] = [];
  const validationError: number[] = [];
  let best = await session.snapshot();
  let lowest = { misses: Number.POSITIVE_INFINITY, loss: Number.POSITIVE_INFINITY };

  const result = (outcome: TrainingResult['outcome']): ScheduleResult<Snapshot> => {
    const curve = { trainLoss, validationLoss, ...(session.missRate && { validationError }) };
    return { best, epochs: trainLoss.length, ...curve, outcome };
  };

  for (let epoch = 0; epoch < task.epochs; epoch++) {
    if (shouldStop()) return result('stopped');
    shuffle(session.order, random);
    const train = await session.trainEpoch(learningRateAt(task, epoch));
    if (train === 'stopped') return result('stopped');
    const validation = await session.validationLoss();
    if (validation === 'stopped') return result('stopped');
    if (!Number.isFinite(train) || !Number.isFinite(validation)) return result('diverged');
    trainLoss.push(train);
    validationLoss.push(validation);
    const misses = session.missRate?.() ?? 0;
    if (session.missRate) validationError.push(misses);
    if (misses < lowest.misses || (misses === lowest.misses && validation < lowest.loss)) {
      lowest = { misses, loss: validation };
      best = await session.snapshot();
    }
  }
  return result('finished');
}

/** `runSchedule` for a multi-layer perceptron. */
export async function runEpochs(
  task: TrainingTask,
  session: DeviceTrainingSession,
  shouldStop?: () => boolean,
): Promise<TrainingResult> {
  const { missRate } = session;
  const { best, ...result } = await runSchedule(
    task,
    {
      order: session.order,
      trainEpoch: (learningRate) => session.trainEpoch(learningRate),
      validationLoss: () => session.validationLoss(),
      ...(missRate && { missRate }),
      snapshot: () => session.weights(),
    },
    shouldStop,
  );
  return { network: { topology: task.topology, weights: best }, ...result };
}

/** Throws RangeError where a task and its samples do not fit together: a caller's mistake, not a user's. */
export function checkTask(task: TrainingTask, train: EncodedSamples, validation: EncodedSamples): void {
  const { topology, initial, augment } = task;
  const { widths } = topology;
  const name = topologyName(topology);
  if (widths.length < 2 || !widths.every(isPositive)) throw new RangeError(`"${name}" is not a network.`);
  checkSchedule(task);
  if (initial && initial.length !== parameterCount(topology)) {
    throw new RangeError(`${name} has ${parameterCount(topology)} weights; ${initial.length} initial ones were given.`);
  }
  if (augment) checkAugmentation(augment, widths[0]!);
  checkSamples(name, { inputs: widths[0]!, outputs: widths.at(-1)! }, train, validation);
}

const isPositive = (value: number) => Number.isInteger(value) && value > 0;

/** Throws RangeError where an epoch cannot be run like this. */
export function checkSchedule({ batchSize, epochs, learningRate }: Schedule & Pick<TrainingTask, 'batchSize'>): void {
  if (!isPositive(batchSize)) throw new RangeError(`The batch size is ${batchSize}; it must be a positive integer.`);
  if (!Number.isInteger(epochs) || epochs < 0) throw new RangeError(`${epochs} is not a number of epochs.`);
  if (!Number.isFinite(learningRate)) throw new RangeError(`The learning rate is ${learningRate}.`);
}

/** Throws RangeError where samples are missing, or have not the columns that the network `name` needs. */
export function checkSamples(
  name: string,
  columns: { readonly inputs: number; readonly outputs: number },
  train: EncodedSamples,
  validation: EncodedSamples,
): void {
  for (const [set, samples] of Object.entries({ training: train, validation })) {
    const { count, inputs, targets } = samples;
    if (!isPositive(count)) throw new RangeError(`There are ${count} ${set} samples; at least one is needed.`);
    if (inputs.length !== count * columns.inputs || targets.length !== count * columns.outputs) {
      throw new RangeError(
        `${count} ${set} samples of ${name} do not fit ${inputs.length} inputs and ${targets.length} targets.`,
      );
    }
  }
}
