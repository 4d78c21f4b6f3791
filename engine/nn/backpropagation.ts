/** Loss and gradient of a multi-layer perceptron on a batch, in double precision. */
import { takeRows } from '../data/rows.ts';
import type { EncodedSamples, Loss, Topology } from '../types.ts';
import { activationFunctions } from './activations.ts';
import { denseBackward, denseForward, denseGradients } from './dense.ts';
import { lossFunctions } from './losses.ts';
import { layerSlices } from './network.ts';

export interface Batch {
  readonly count: number;
  /** (count, I) */
  readonly inputs: Float64Array;
  /** (count, O) */
  readonly targets: Float64Array;
}

/** The rows that `order` names, as one batch. */
export function batchOf({ count, inputs, targets }: EncodedSamples, order: Uint32Array): Batch {
  const rowsOf = (values: Float32Array) => Float64Array.from(takeRows(values, values.length / count, order));
  return { count: order.length, inputs: rowsOf(inputs), targets: rowsOf(targets) };
}

/** One layer of a forward pass: its input x (B,I), and before the activation z (B,O). */
interface LayerPass {
  readonly x: Float64Array;
  readonly z: Float64Array;
}

function forward(topology: Topology, weights: Float64Array, batch: Batch): LayerPass[] {
  const { value } = activationFunctions[topology.activation];
  let x = batch.inputs;
  return layerSlices(topology).map(({ inputs, outputs, offset }) => {
    const bias = offset + inputs * outputs;
    const z = new Float64Array(batch.count * outputs);
    const shape = { batch: batch.count, inputs, outputs };
    denseForward(x, weights.subarray(offset, bias), weights.subarray(bias, bias + outputs), z, shape);
    const pass = { x, z };
    x = z.map(value);
    return pass;
  });
}

/** The network's linear outputs (count, O). */
export const outputsOf = (topology: Topology, weights: Float64Array, batch: Batch): Float64Array =>
  forward(topology, weights, batch).at(-1)!.z;

/** Mean loss of the batch; where `gradients` is given, dL/dweights is written into it, in the layout of the weights. */
export function lossAndGradients(
  topology: Topology,
  weights: Float64Array,
  batch: Batch,
  loss: Loss,
  gradients?: Float64Array,
): number {
  const passes = forward(topology, weights, batch);
  const output = passes.at(-1)!.z;
  let dz = new Float64Array(output.length);
  const mean = lossFunctions[loss](output, batch.targets, dz, topology.widths.at(-1)!);
  if (!gradients) return mean;

  const { slope } = activationFunctions[topology.activation];
  const slices = layerSlices(topology);
  for (let index = slices.length - 1; index >= 0; index--) {
    const { inputs, outputs, offset } = slices[index]!;
    const bias = offset + inputs * outputs;
    const shape = { batch: batch.count, inputs, outputs };
    const { x } = passes[index]!;
    denseGradients(x, dz, gradients.subarray(offset, bias), gradients.subarray(bias, bias + outputs), shape);
    if (index === 0) break;
    const dx = new Float64Array(x.length);
    denseBackward(dz, weights.subarray(offset, bias), dx, shape);
    const { z } = passes[index - 1]!;
    dz = dx.map((gradient, k) => gradient * slope(z[k]!));
  }
  return mean;
}
