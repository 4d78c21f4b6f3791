/** The host side of engine/nn/kernels/mlp.ts: typed exports, and sample buffers in the kernel's memory. */
import { activations, type EncodedSamples, type Network, optimizers, type TrainingTask } from '../../types.ts';
import { augmentEpoch } from '../augment.ts';
import type { TrainingSession } from '../epochs.ts';
import { countMisses } from '../losses.ts';
import { initialise, parameterCount } from '../network.ts';
import { instantiate, losses } from './kernel.ts';

/** Addresses are byte offsets into the kernel's memory; rows are numbered by u32. */
interface MlpExports {
  readonly memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  create(
    widths: number,
    layers: number,
    activation: number,
    loss: number,
    optimizer: number,
    samplesPerBatch: number,
  ): number;
  trainEpoch(inputs: number, outputs: number, order: number, count: number, learningRate: number): number;
  evaluate(inputs: number, outputs: number, count: number): number;
  predict(inputs: number, count: number, outputs: number): void;
}

/** Rows per pass of a prediction: enough to fill the processor, few enough to stay in its caches. */
const predictionBatch = 64;

/** WebAssembly addresses end at 4 GiB. */
const largestMemoryBytes = 2 ** 32;

/** What a task takes in the kernel: samples and their order, two values of every unit per sample of a batch, weights. */
function memoryBytes(task: TrainingTask, batchSize: number, samples: readonly EncodedSamples[]): number {
  const sampleBytes = samples.reduce((sum, s) => sum + s.inputs.byteLength + 2 * s.targets.byteLength + 4 * s.count, 0);
  // A tile is eight samples wide, and up to two cache lines of padding keep tiles apart.
  const tileBytes = task.topology.widths.reduce((sum, width) => sum + 3 * (width * 32 + 128), 0);
  return sampleBytes + Math.ceil(batchSize / 8) * tileBytes + 16 * parameterCount(task.topology) + 2 ** 20;
}

const floats = ({ memory }: MlpExports, address: number, length: number) =>
  new Float32Array(memory.buffer, address, length);

/** Copies values into fresh kernel memory and returns their address. */
function upload(kernel: MlpExports, values: Float32Array): number {
  const address = kernel.allocate(values.byteLength);
  floats(kernel, address, values.length).set(values);
  return address;
}

type Sizes = Pick<TrainingTask, 'topology' | 'loss' | 'optimizer' | 'batchSize'>;

/** Lays the network out in the kernel with these weights and returns their address. */
function createNetwork(kernel: MlpExports, sizes: Sizes, weights: Float32Array): number {
  const { topology, loss, optimizer, batchSize } = sizes;
  const { widths } = topology;
  const widthsAddress = kernel.allocate(widths.length * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(kernel.memory.buffer, widthsAddress, widths.length).set(widths);
  const address = kernel.create(
    widthsAddress,
    widths.length,
    activations.indexOf(topology.activation),
    losses.indexOf(loss),
    optimizers.indexOf(optimizer),
    batchSize,
  );
  floats(kernel, address, weights.length).set(weights);
  return address;
}

/**
 * A training session in an instance of its own: its memory goes with it, so a big task holds nothing afterwards, and no
 * state can leak from one task into the next. Throws RangeError where the task does not fit WebAssembly's memory.
 */
export function createWasmSession(
  module: WebAssembly.Module,
  task: TrainingTask,
  train: EncodedSamples,
  validation: EncodedSamples,
): TrainingSession {
  // No batch is longer than the samples, and the kernel reserves room for whole batches.
  const batchSize = Math.min(task.batchSize, train.count);
  const bytes = memoryBytes(task, batchSize, [train, validation]);
  if (bytes > largestMemoryBytes) {
    const mebibytes = Math.ceil(bytes / 2 ** 20);
    throw new RangeError(`Training needs ${mebibytes} MiB and has 4096. Use fewer samples or smaller batches.`);
  }
  const kernel = instantiate<MlpExports>(module, 'perceptrons');
  const inputs = upload(kernel, train.inputs);
  const targets = upload(kernel, train.targets);
  const validationInputs = upload(kernel, validation.inputs);
  const validationTargets = upload(kernel, validation.targets);
  const outputsAddress = kernel.allocate(validation.targets.byteLength);
  const orderAddress = kernel.allocate(train.count * Uint32Array.BYTES_PER_ELEMENT);
  const initial = task.initial ?? initialise(task.topology, task.seed);
  const weightsAddress = createNetwork(kernel, { ...task, batchSize }, initial);
  // Nothing allocates from here on, so memory does not grow and these views stay attached.
  const order = new Uint32Array(kernel.memory.buffer, orderAddress, train.count);
  const weights = floats(kernel, weightsAddress, initial.length);
  const shown = floats(kernel, inputs, train.inputs.length);
  let update = 0;
  const missRate = () => {
    kernel.predict(validationInputs, validation.count, outputsAddress);
    const outputs = floats(kernel, outputsAddress, validation.targets.length);
    return countMisses(outputs, validation.targets, task.topology.widths.at(-1)!) / validation.count;
  };
  return {
    order,
    ...(task.loss === 'softmax-cross-entropy' && { missRate }),
    trainEpoch(learningRate) {
      augmentEpoch(task, { update, order }, train.inputs, shown);
      update += Math.ceil(train.count / task.batchSize);
      return kernel.trainEpoch(inputs, targets, orderAddress, train.count, learningRate);
    },
    validationLoss: () => kernel.evaluate(validationInputs, validationTargets, validation.count),
    weights: () => weights.slice(),
  };
}

/** The network's linear outputs (N,O) for `count` rows of inputs (N,I), in single precision: `predict`, but fast. */
export function predictWasm(
  module: WebAssembly.Module,
  network: Network,
  inputs: Float32Array,
  count: number,
): Float32Array {
  const { topology, weights } = network;
  if (weights.length !== parameterCount(topology) || inputs.length < count * topology.widths[0]!) {
    throw new RangeError('The weights or the inputs do not fit the network.');
  }
  const kernel = instantiate<MlpExports>(module, 'perceptrons');
  const inputsAddress = upload(kernel, inputs.subarray(0, count * topology.widths[0]!));
  const outputs = count * topology.widths.at(-1)!;
  const outputsAddress = kernel.allocate(outputs * Float32Array.BYTES_PER_ELEMENT);
  createNetwork(kernel, { topology, loss: 'mse', optimizer: 'sgd', batchSize: predictionBatch }, weights);
  kernel.predict(inputsAddress, count, outputsAddress);
  return floats(kernel, outputsAddress, outputs).slice();
}
