/** The host side of engine/nn/kernels/cnn.ts: typed exports, a network in the kernel's memory, and passes through it. */
import { activations, type CnnNetwork, type CnnTrainingTask, type EncodedSamples, optimizers } from '../../types.ts';
import { type Convolution, cnnTemplate } from '../cnn/template.ts';
import { countMisses } from '../losses.ts';
import { instantiate, losses } from './kernel.ts';

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

/** Numbers of the kinds of convolutions in the kernel, by position. */
const kinds: readonly Convolution['kind'][] = ['initial', 'dense', 'transition', 'bottleneck'];

export interface Sizes extends Pick<CnnTrainingTask, 'topology' | 'loss' | 'optimizer' | 'seed'> {
  /** Samples that pass through the network together, at most. */
  readonly capacity: number;
  /** Whether there is memory for gradients and for the optimiser. */
  readonly trains: boolean;
}

/** A network in an instance of its own, with views of its memory. */
export interface KernelNetwork {
  readonly kernel: CnnExports;
  readonly convolutions: number;
  readonly weights: Float32Array;
  readonly statistics: Float32Array;
  /** (capacity, height * width * channels) and (capacity, outputs) */
  readonly inputRows: Float32Array;
  readonly outputRows: Float32Array;
}

/** Copies whole numbers into fresh kernel memory, modulo 2^32, and returns their address. */
function upload(kernel: CnnExports, values: readonly number[]): number {
  const address = kernel.allocate(values.length * Uint32Array.BYTES_PER_ELEMENT);
  new Uint32Array(kernel.memory.buffer, address, values.length).set(values);
  return address;
}

/** Lays the network out in an instance of its own, with these weights. */
export function createNetwork(
  module: WebAssembly.Module,
  sizes: Sizes,
  initial: Pick<CnnNetwork, 'weights' | 'statistics'>,
): KernelNetwork {
  const kernel = instantiate<CnnExports>(module, 'convolutional networks');
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
export function copyRows({ inputRows, outputRows }: KernelNetwork, samples: EncodedSamples, order: Uint32Array): void {
  const inputs = samples.inputs.length / samples.count;
  const outputs = samples.targets.length / samples.count;
  order.forEach((row, k) => {
    inputRows.set(samples.inputs.subarray(row * inputs, (row + 1) * inputs), k * inputs);
    outputRows.set(samples.targets.subarray(row * outputs, (row + 1) * outputs), k * outputs);
  });
}

/** Returns false where `shouldStop` did before the last layer. */
export function forward({ kernel, convolutions }: KernelNetwork, trains: boolean, shouldStop: () => boolean): boolean {
  for (let index = 0; index < convolutions; index++) {
    if (shouldStop()) return false;
    kernel.forward(index, Number(trains));
  }
  kernel.head(Number(trains));
  return true;
}

/** How many of these rows the outputs give another class than their targets, after a forward pass of them. */
export function missesOf(
  { kernel, outputRows }: KernelNetwork,
  { count, targets }: EncodedSamples,
  rows: Uint32Array,
): number {
  const outputs = targets.length / count;
  const first = rows[0]! * outputs;
  kernel.readOutputs();
  return countMisses(outputRows, targets.subarray(first, first + rows.length * outputs), outputs);
}

/** As `forward`, from the last layer to the first. */
export function backward({ kernel, convolutions }: KernelNetwork, shouldStop: () => boolean): boolean {
  kernel.headBackward();
  for (let index = convolutions - 1; index >= 0; index--) {
    if (shouldStop()) return false;
    kernel.backward(index);
  }
  return true;
}
