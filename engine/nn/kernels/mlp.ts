/**
 * A multi-layer perceptron that trains in place: samples, weights and optimiser state stay in this instance's memory and
 * one call runs a whole epoch (gather, forward, loss, backward, update, batch after batch). The host (../backends/mlp.ts)
 * allocates the sample buffers, calls `create` once, and reads the weights where `create` put them.
 */
import { activate, activateBackward } from './activations';
import { denseBackward, denseForward, denseGradients } from './dense';
import { lossOf } from './loss';
import { allocate } from './memory';
import { Optimizer, resetOptimizer, step } from './optimizers';
import { gather, scatter, tilesFor, tileStride } from './tile';
import { bytesOf } from './vector';

export { allocate };

/** Lives as long as the instance. `values` and `gradients` are the layer's outputs and dL/dy, one tile after another. */
@unmanaged
class Layer {
  width: i32;
  stride: usize;
  values: usize;
  gradients: usize;
  /** Weights (width of the layer before, width) and biases, and their gradients; 0 in the first, the input layer. */
  weights: usize;
  weightGradients: usize;
}

let layers: usize = 0;
let last: i32 = 0;
let activation: i32 = 0;
let loss: i32 = 0;
let batchSize: i32 = 0;
/** Targets of one batch, in tiles as the last layer's. */
let targets: usize = 0;
/** 0, 1, 2 and so on: the order that reads a batch of consecutive rows. */
let rowNumbers: usize = 0;
let optimizer: Optimizer = changetype<Optimizer>(0);

// @ts-ignore: decorator
@inline
function layer(index: i32): Layer {
  return changetype<Layer>(layers + <usize>index * offsetof<Layer>());
}

/**
 * Lays the network out in memory and returns the address of its weights, in the order of Network.weights.
 * widths: layerCount i32 values: inputs, hidden layers, outputs. `samplesPerBatch` is at least 1.
 */
export function create(
  widths: usize,
  layerCount: i32,
  activationKind: i32,
  lossKind: i32,
  optimizerKind: i32,
  samplesPerBatch: i32,
): usize {
  last = layerCount - 1;
  activation = activationKind;
  loss = lossKind;
  batchSize = samplesPerBatch;

  layers = allocate(<usize>layerCount * offsetof<Layer>());
  let parameters = 0;
  const tiles = <usize>tilesFor(batchSize);
  for (let index = 0; index < layerCount; index++) {
    const current = layer(index);
    current.width = load<i32>(widths + bytesOf(index));
    current.stride = tileStride(current.width);
    current.values = allocate(tiles * current.stride);
    current.gradients = allocate(tiles * current.stride);
    if (index > 0) parameters += (layer(index - 1).width + 1) * current.width;
  }
  targets = allocate(tiles * layer(last).stride);
  rowNumbers = allocate(bytesOf(batchSize));
  for (let number = 0; number < batchSize; number++) store<u32>(rowNumbers + bytesOf(number), number);

  optimizer = changetype<Optimizer>(allocate(offsetof<Optimizer>()));
  optimizer.kind = optimizerKind;
  optimizer.bytes = bytesOf((parameters + 3) & ~3);
  optimizer.weights = allocate(optimizer.bytes);
  optimizer.gradients = allocate(optimizer.bytes);
  optimizer.first = allocate(optimizer.bytes);
  optimizer.second = allocate(optimizer.bytes);
  resetOptimizer(optimizer);

  let offset: usize = 0;
  for (let index = 1; index <= last; index++) {
    layer(index).weights = optimizer.weights + offset;
    layer(index).weightGradients = optimizer.gradients + offset;
    offset += bytesOf((layer(index - 1).width + 1) * layer(index).width);
  }
  return optimizer.weights;
}

/** From the inputs in the first `tiles` tiles of layer 0 to the outputs in those of the last layer. */
function forward(tiles: i32): void {
  for (let index = 1; index <= last; index++) {
    const from = layer(index - 1);
    const to = layer(index);
    denseForward(to.weights, from.values, from.stride, from.width, to.values, to.stride, to.width, tiles);
    if (index < last) activate(activation, to.values, <usize>tiles * to.stride);
  }
}

/** From dL/dy in the last layer to the gradients of all weights. */
function backward(tiles: i32): void {
  for (let index = last; index > 0; index--) {
    const from = layer(index - 1);
    const to = layer(index);
    const dw = to.weightGradients;
    denseGradients(from.values, from.stride, from.width, to.gradients, to.stride, to.width, tiles, dw);
    if (index == 1) return;
    denseBackward(to.weights, to.gradients, to.stride, to.width, from.gradients, from.stride, from.width, tiles);
    activateBackward(activation, from.gradients, from.values, <usize>tiles * from.stride);
  }
}

/** Loads samples and runs the network on them. Returns the sum of their losses; leaves dL/dy of their mean behind. */
function forwardLoss(inputs: usize, outputs: usize, order: usize, samples: i32): f64 {
  const input = layer(0);
  const output = layer(last);
  gather(inputs, order, samples, input.width, input.values, input.stride);
  gather(outputs, order, samples, output.width, targets, output.stride);
  forward(tilesFor(samples));
  const batch = <f32>samples;
  return lossOf(loss, output.values, targets, output.gradients, output.stride, output.width, samples, batch);
}

/**
 * One pass over `count` samples in the given order. Returns the mean loss, each batch's before its update.
 * inputs: (rows, I) f32, outputs: (rows, O) f32, order: (count) u32 row numbers. The last batch may be short.
 */
export function trainEpoch(inputs: usize, outputs: usize, order: usize, count: i32, learningRate: f32): f64 {
  let total: f64 = 0;
  for (let start = 0; start < count; start += batchSize) {
    const samples = min(batchSize, count - start);
    total += forwardLoss(inputs, outputs, order + bytesOf(start), samples);
    backward(tilesFor(samples));
    step(optimizer, learningRate);
  }
  return total / <f64>count;
}

/** The address of row `start` of a sample buffer. */
// @ts-ignore: decorator
@inline
function row(samples: usize, start: i32, width: i32): usize {
  return samples + <usize>start * bytesOf(width);
}

/** The mean loss over the first `count` rows. */
export function evaluate(inputs: usize, outputs: usize, count: i32): f64 {
  let total: f64 = 0;
  for (let start = 0; start < count; start += batchSize) {
    const x = row(inputs, start, layer(0).width);
    const target = row(outputs, start, layer(last).width);
    total += forwardLoss(x, target, rowNumbers, min(batchSize, count - start));
  }
  return total / <f64>count;
}

/** Writes the network's outputs (count, O) for the first `count` rows of inputs (count, I). */
export function predict(inputs: usize, count: i32, outputs: usize): void {
  const input = layer(0);
  const output = layer(last);
  for (let start = 0; start < count; start += batchSize) {
    const samples = min(batchSize, count - start);
    gather(row(inputs, start, input.width), rowNumbers, samples, input.width, input.values, input.stride);
    forward(tilesFor(samples));
    scatter(output.values, output.stride, samples, output.width, row(outputs, start, output.width));
  }
}
