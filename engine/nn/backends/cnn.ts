/** The embedded trainer of convolutional networks: the host side of engine/nn/kernels/cnn.ts. */
import {
  activations,
  type CnnNetwork,
  type CnnTrainer,
  type CnnTrainingTask,
  type EncodedSamples,
  type Loss,
  optimizers,
} from '../../types.ts';
import { augmentImages } from '../augment.ts';
import { cnnMemoryLimitBytes, largestSubBatch } from '../cnn/memory.ts';
import { checkCnnArrays, initialiseCnn } from '../cnn/network.ts';
import { type CnnSession, checkCnnTask } from '../cnn/session.ts';
import { type Convolution, cnnTemplate } from '../cnn/template.ts';
import { runSchedule } from '../epochs.ts';
import { countMisses } from '../losses.ts';

/** Addresses are byte offsets into the kernel's memory; flags are 0 or 1. */
interface CnnExports {
  readonly memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  create(sizes: number, blocks: number, convolutions: number): void;
  weights(): number;
  statistics(): number;
  inputRows(): number;
  outputRows(): number;
  load(samples: number, firstSample: number, batch: number): void;
  forward(index: number, trains: number): void;
  head(trains: number): void;
  loss(): number;
  readOutputs(): void;
  headBackward(): void;
  backward(index: number): void;
  update(learningRate: number): void;
}

/** Numbers of the losses and of the kinds of convolutions in the kernel, by position. */
const losses: readonly Loss[] = ['mse', 'softmax-cross-entropy'];
const kinds: readonly Convolution['kind'][] = ['initial', 'dense', 'transition', 'bottleneck'];

/** Samples that inference takes through the network together: one tile of the kernel, whose maps stay in the caches. */
const inferenceSamples = 8;

interface Sizes extends Pick<CnnTrainingTask, 'topology' | 'loss' | 'optimizer' | 'seed'> {
  /** Samples that pass through the network together, at most. */
  readonly capacity: number;
  /** Whether there is memory for gradients and for the optimiser. */
  readonly trains: boolean;
}

/** A network in an instance of its own, with views of its memory. */
interface KernelNetwork {
  readonly kernel: CnnExports;
  readonly convolutions: number;
  readonly weights: Float32Array;
  readonly statistics: Float32Array;
  /** (capacity, height * width * channels) and (capacity, outputs) */
  readonly inputRows: Float32Array;
  readonly outputRows: Float32Array;
}

function instantiate(module: WebAssembly.Module): CnnExports {
  const abort = () => {
    throw new Error('The kernel of convolutional networks aborted.');
  };
  return new WebAssembly.Instance(module, { env: { abort } }).exports as unknown as CnnExports;
}

/** Copies whole numbers into fresh kernel memory, modulo 2^32, and returns their address. */
function upload(kernel: CnnExports, values: readonly number[]): number {
  const address = kernel.allocate(values.length * Uint32Array.BYTES_PER_ELEMENT);
  new Uint32Array(kernel.memory.buffer, address, values.length).set(values);
  return address;
}

function createNetwork(
  module: WebAssembly.Module,
  sizes: Sizes,
  initial: Pick<CnnNetwork, 'weights' | 'statistics'>,
): KernelNetwork {
  const kernel = instantiate(module);
  const { topology, capacity } = sizes;
  const { height, width, channels, outputs, activation, dropout } = topology;
  const { blocks, convolutions } = cnnTemplate(topology);
  // The maps that the bottlenecks of a block share come first, as the kernel takes the last maps for the network's.
  const shared = blocks.filter(({ bottleneckChannels }) => bottleneckChannels > 0);
  const maps = [...shared.map((block) => ({ ...block, channels: block.bottleneckChannels })), ...blocks];
  const fields = [
    ...[height, width, channels, outputs, maps.length, convolutions.length],
    ...[activations.indexOf(activation), losses.indexOf(sizes.loss), optimizers.indexOf(sizes.optimizer)],
    ...[capacity, Number(sizes.trains), sizes.seed, Math.floor(dropout * 2 ** 32)],
  ];
  const blockTable = maps.flatMap((block) => [block.height, block.width, block.channels]);
  const convolutionTable = convolutions.flatMap((step) => {
    const block = shared.length + step.block;
    const own = [step.channels, step.filters, step.kernel, step.firstChannel];
    return [kinds.indexOf(step.kind), sourceOf(step, block), step.kind === 'bottleneck' ? step.block : block, ...own];
  });
  kernel.create(upload(kernel, fields), upload(kernel, blockTable), upload(kernel, convolutionTable));
  // Nothing allocates from here on, so memory does not grow and these views stay attached.
  const floats = (address: number, length: number) => new Float32Array(kernel.memory.buffer, address, length);
  const network = {
    kernel,
    convolutions: convolutions.length,
    weights: floats(kernel.weights(), initial.weights.length),
    statistics: floats(kernel.statistics(), initial.statistics.length),
    inputRows: floats(kernel.inputRows(), capacity * height * width * channels),
    outputRows: floats(kernel.outputRows(), capacity * outputs),
  };
  network.weights.set(initial.weights);
  network.statistics.set(initial.statistics);
  return network;
}

/** Which maps a convolution reads, `block` being those of its block; the first reads the image. */
function sourceOf(step: Convolution, block: number): number {
  if (step.kind === 'transition') return block - 1;
  return step.kind === 'dense' && step.source === 'bottleneck' ? step.block : block;
}

/** Copies the rows of `samples` that `order` names, before `load`. */
function copyRows({ inputRows, outputRows }: KernelNetwork, samples: EncodedSamples, order: Uint32Array): void {
  const inputs = samples.inputs.length / samples.count;
  const outputs = samples.targets.length / samples.count;
  order.forEach((row, k) => {
    inputRows.set(samples.inputs.subarray(row * inputs, (row + 1) * inputs), k * inputs);
    outputRows.set(samples.targets.subarray(row * outputs, (row + 1) * outputs), k * outputs);
  });
}

/** Returns false where `shouldStop` did before the last layer. */
function forward({ kernel, convolutions }: KernelNetwork, trains: boolean, shouldStop: () => boolean): boolean {
  for (let index = 0; index < convolutions; index++) {
    if (shouldStop()) return false;
    kernel.forward(index, Number(trains));
  }
  kernel.head(Number(trains));
  return true;
}

/** How many of these rows the outputs give another class than their targets, after a forward pass of them. */
function missesOf(
  { kernel, outputRows }: KernelNetwork,
  { count, targets }: EncodedSamples,
  rows: Uint32Array,
): number {
  const outputs = targets.length / count;
  const first = rows[0]! * outputs;
  kernel.readOutputs();
  return countMisses(outputRows, targets.subarray(first, first + rows.length * outputs), outputs);
}

function backward({ kernel, convolutions }: KernelNetwork, shouldStop: () => boolean): boolean {
  kernel.headBackward();
  for (let index = convolutions - 1; index >= 0; index--) {
    if (shouldStop()) return false;
    kernel.backward(index);
  }
  return true;
}

export interface CnnSessionOptions {
  /** Samples of a batch that pass through the network together; all of them where absent. */
  readonly subBatch?: number;
  /** Asked before every layer. */
  readonly shouldStop?: () => boolean;
}

export interface WasmCnnSession extends CnnSession {
  /** What the network takes. */
  readonly memoryBytes: number;
}

/**
 * A training session in an instance of its own: its memory goes with it. Samples stay with the caller, and are copied a
 * sub-batch at a time.
 */
export function createCnnSession(
  module: WebAssembly.Module,
  task: CnnTrainingTask,
  train: EncodedSamples,
  validation: EncodedSamples,
  options: CnnSessionOptions = {},
): WasmCnnSession {
  const { topology, batchSize } = task;
  const { shouldStop = () => false } = options;
  const subBatch = options.subBatch ?? Math.min(batchSize, train.count);
  const capacity = Math.max(subBatch, inferenceSamples);
  const initial = task.initial ?? initialiseCnn(topology, task.seed);
  const network = createNetwork(module, { ...task, capacity, trains: true }, initial);
  const order = new Uint32Array(train.count);
  const imageSize = topology.height * topology.width * topology.channels;
  let update = 0;
  const validationRows = Uint32Array.from({ length: validation.count }, (_, row) => row);
  const classifies = task.loss === 'softmax-cross-entropy';
  let misses = 0;
  return {
    order,
    memoryBytes: network.kernel.memory.buffer.byteLength,
    trainEpoch(learningRate) {
      let sum = 0;
      for (let start = 0; start < train.count; start += batchSize) {
        const rows = order.subarray(start, start + batchSize);
        for (let firstSample = 0; firstSample < rows.length; firstSample += subBatch) {
          const part = rows.subarray(firstSample, firstSample + subBatch);
          copyRows(network, train, part);
          augmentImages(task, { update, firstSample }, network.inputRows.subarray(0, part.length * imageSize));
          network.kernel.load(part.length, firstSample, rows.length);
          if (!forward(network, true, shouldStop)) return 'stopped';
          sum += network.kernel.loss();
          if (!backward(network, shouldStop)) return 'stopped';
        }
        network.kernel.update(learningRate);
        update++;
      }
      return sum / train.count;
    },
    validationLoss() {
      let sum = 0;
      misses = 0;
      for (let start = 0; start < validation.count; start += inferenceSamples) {
        const rows = validationRows.subarray(start, start + inferenceSamples);
        copyRows(network, validation, rows);
        network.kernel.load(rows.length, 0, rows.length);
        if (!forward(network, false, shouldStop)) return 'stopped';
        sum += network.kernel.loss();
        if (classifies) misses += missesOf(network, validation, rows);
      }
      return sum / validation.count;
    },
    ...(classifies && { missRate: () => misses / validation.count }),
    snapshot: () => ({ weights: network.weights.slice(), statistics: network.statistics.slice() }),
  };
}

/**
 * `kernel` is compiled from `cnn-relaxed` or `cnn`, see `pickKernel`. Training occupies its thread. A batch that takes
 * more than `memoryLimitBytes` passes through the network in parts; where not even eight samples fit, `train` throws
 * RangeError.
 */
export function createCnnTrainer(kernel: WebAssembly.Module, memoryLimitBytes = cnnMemoryLimitBytes): CnnTrainer {
  return {
    name: 'wasm',
    async train(task, train, validation, shouldStop) {
      checkCnnTask(task, train, validation);
      const subBatch = largestSubBatch(task.topology, Math.min(task.batchSize, train.count), memoryLimitBytes);
      const options = shouldStop ? { subBatch, shouldStop } : { subBatch };
      const session = createCnnSession(kernel, task, train, validation, options);
      const { best, ...result } = await runSchedule(task, session, shouldStop);
      return { network: { topology: task.topology, ...best }, ...result };
    },
  };
}

/**
 * The network's linear outputs (N, outputs) for `count` images (N, height * width * channels), in single precision.
 * Throws RangeError where inputs or arrays do not fit the topology.
 */
export function predictCnn(
  module: WebAssembly.Module,
  network: CnnNetwork,
  inputs: Float32Array,
  count: number,
): Float32Array {
  const { topology } = network;
  const { height, width, channels } = topology;
  checkCnnArrays(topology, network);
  const columns = height * width * channels;
  if (inputs.length < count * columns) {
    throw new RangeError(`${count} images of ${columns} values were asked for, ${inputs.length} values were given.`);
  }
  const sizes: Sizes = {
    topology,
    loss: 'mse',
    optimizer: 'sgd',
    seed: 0,
    capacity: Math.min(inferenceSamples, Math.max(count, 1)),
    trains: false,
  };
  const inKernel = createNetwork(module, sizes, network);
  const outputs = new Float32Array(count * topology.outputs);
  for (let start = 0; start < count; start += sizes.capacity) {
    const samples = Math.min(sizes.capacity, count - start);
    inKernel.inputRows.set(inputs.subarray(start * columns, (start + samples) * columns));
    inKernel.kernel.load(samples, 0, samples);
    forward(inKernel, false, () => false);
    inKernel.kernel.readOutputs();
    outputs.set(inKernel.outputRows.subarray(0, samples * topology.outputs), start * topology.outputs);
  }
  return outputs;
}
