/**
 * A convolutional network that trains in place. The host (../backends/cnnKernel.ts) writes the rows of a sub-batch, then
 * calls the steps of the template one by one, so that it can stop within a batch: one batch of a large network takes a
 * minute. The network's parts are in ./cnnNetwork, its layers in ./cnnForward, ./cnnBackward and ./cnnHead.
 */
import { backwardConvolution } from './cnnBackward';
import { createNetwork, Sizes } from './cnnCreate';
import { forwardConvolution } from './cnnForward';
import { backwardHead, forwardHead } from './cnnHead';
import { Network } from './cnnNetwork';
import { lossOf } from './loss';
import { allocate } from './memory';
import { step } from './optimizers';
import { gather, scatter } from './tile';
import { bytesOf } from './vector';

export { allocate };

let network: Network = changetype<Network>(0);
/** 0, 1, 2 and so on: the order that reads consecutive rows. */
let rowNumbers: usize = 0;

/** Lays the network out in memory; the tables' fields are those of `Sizes` and of `createNetwork`. */
export function create(sizes: usize, blocks: usize, convolutions: usize): void {
  network = createNetwork(changetype<Sizes>(sizes), blocks, convolutions);
  const capacity = changetype<Sizes>(sizes).capacity;
  rowNumbers = allocate(bytesOf(capacity));
  for (let number = 0; number < capacity; number++) store<u32>(rowNumbers + bytesOf(number), number);
}

/** Addresses of the weights and of the statistics, in the order of CnnNetwork's. */
export function weights(): usize {
  return network.optimizer.weights;
}

export function statistics(): usize {
  return network.statistics;
}

/**
 * Where the host writes the rows of a sub-batch: images (samples, height * width * channels), outputs (samples,
 * outputs).
 */
export function inputRows(): usize {
  return network.inputRows;
}

export function outputRows(): usize {
  return network.outputRows;
}

/** Takes the first `samples` rows of images: the part from `firstSample` on of a batch of `batch` samples. */
export function load(samples: i32, firstSample: i32, batch: i32): void {
  network.samples = samples;
  network.firstSample = firstSample;
  network.batch = batch;
  gather(network.inputRows, rowNumbers, samples, network.imageColumns, network.inputs, network.imageStride);
}

/** Runs convolution `index` of the template; in training by the moments of the samples at hand, and with dropout. */
export function forward(index: i32, trains: bool): void {
  forwardConvolution(network, index, trains, trains);
}

/** Runs all that comes after the convolutions. */
export function head(trains: bool): void {
  forwardHead(network, trains);
}

/** The sum of the samples' losses, given their rows of targets; leaves their gradients behind. */
export function loss(): f64 {
  const samples = network.samples;
  const outputs = network.outputs;
  const stride = network.outputStride;
  gather(network.outputRows, rowNumbers, samples, outputs, network.targets, stride);
  return lossOf(
    network.loss,
    network.outputTiles,
    network.targets,
    network.outputGradients,
    stride,
    outputs,
    samples,
    <f32>network.batch,
  );
}

/** Replaces the rows of targets by the network's linear outputs. */
export function readOutputs(): void {
  scatter(network.outputTiles, network.outputStride, network.samples, network.outputs, network.outputRows);
}

/** From `loss` back through all that comes after the convolutions; then through convolution `index`, last first. */
export function headBackward(): void {
  backwardHead(network);
}

export function backward(index: i32): void {
  backwardConvolution(network, index);
}

/** Updates the weights by the gradients of all sub-batches since the last update. */
export function update(learningRate: f32): void {
  const optimizer = network.optimizer;
  step(optimizer, learningRate);
  memory.fill(optimizer.gradients, 0, optimizer.bytes);
  network.update++;
}
