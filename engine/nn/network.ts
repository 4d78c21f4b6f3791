/** Multi-layer perceptrons as values: sizes, names, initial weights and the reference forward pass. */
import type { MlpGenome, Network, Topology } from '../types.ts';
import { activationFunctions } from './activations.ts';
import { denseForward } from './dense.ts';
import { symmetric, trainingStreams } from './random.ts';

/** Where one layer's parameters lie in Network.weights: w (inputs, outputs) from `offset`, then bias (outputs). */
export interface LayerSlice {
  readonly inputs: number;
  readonly outputs: number;
  readonly offset: number;
}

/** The layers with weights, from the first hidden layer to the output layer. */
export function layerSlices({ widths }: Topology): LayerSlice[] {
  let offset = 0;
  return widths.slice(1).map((outputs, index) => {
    const slice = { inputs: widths[index]!, outputs, offset };
    offset += (slice.inputs + 1) * outputs;
    return slice;
  });
}

/** Trainable parameters: weights and biases of all layers. */
export function parameterCount(topology: Topology): number {
  return layerSlices(topology).reduce((sum, { inputs, outputs }) => sum + (inputs + 1) * outputs, 0);
}

export function topologyOf(genome: MlpGenome, inputColumns: number, outputColumns: number): Topology {
  return { widths: [inputColumns, ...genome.hidden, outputColumns], activation: genome.activation };
}

/** Widths joined by dashes: `4-8-1`. */
export const topologyName = (topology: Topology): string => topology.widths.join('-');

/** Glorot uniform weights, in +-sqrt(6 / (inputs + outputs)) of each layer, and zero biases, in Network's layout. */
export function initialise(topology: Topology, seed: number): Float32Array {
  const { weights: random } = trainingStreams(seed);
  const weights = new Float32Array(parameterCount(topology));
  for (const { inputs, outputs, offset } of layerSlices(topology)) {
    const limit = Math.sqrt(6 / (inputs + outputs));
    for (let k = 0; k < inputs * outputs; k++) weights[offset + k] = symmetric(random, limit);
  }
  return weights;
}

/**
 * The network's linear outputs (N,O) for `count` rows of inputs (N,I); sums are in double precision.
 * Throws RangeError where `inputs` holds fewer rows or the weights do not fit the topology.
 */
export function predict(network: Network, inputs: Float32Array, count: number): Float32Array {
  const { topology } = network;
  const width = topology.widths[0]!;
  if (inputs.length < count * width) {
    throw new RangeError(`${count} rows of ${width} inputs were asked for, ${inputs.length} values were given.`);
  }
  if (network.weights.length !== parameterCount(topology)) {
    throw new RangeError(
      `${topologyName(topology)} has ${parameterCount(topology)} weights, not ${network.weights.length}.`,
    );
  }
  return Float32Array.from(layerSums(network, inputs, count).at(-1)!);
}

/** Every layer's sums (N, outputs) before its activation, in double precision, for the same rows. */
export function layerSums({ topology, weights }: Network, inputs: Float32Array, count: number): Float64Array[] {
  const { value } = activationFunctions[topology.activation];
  const double = Float64Array.from(weights);
  let rows = Float64Array.from(inputs.subarray(0, count * topology.widths[0]!));
  return layerSlices(topology).map(({ inputs, outputs, offset }) => {
    const bias = offset + inputs * outputs;
    const sums = new Float64Array(count * outputs);
    denseForward(rows, double.subarray(offset, bias), double.subarray(bias, bias + outputs), sums, {
      batch: count,
      inputs,
      outputs,
    });
    rows = sums.map(value);
    return sums;
  });
}

/** Softmax of each row of `columns` logits.  logits: (N, columns); the result has the same shape, rows sum to 1 */
export function softmax(logits: Float32Array, columns: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += columns) {
    const row = Float64Array.from(logits.subarray(start, start + columns));
    // Subtracting the maximum keeps the exponentials finite and changes nothing else.
    const maximum = row.reduce((a, b) => Math.max(a, b));
    const exponentials = row.map((logit) => Math.exp(logit - maximum));
    const sum = exponentials.reduce((a, b) => a + b);
    for (let column = 0; column < columns; column++) probabilities[start + column] = exponentials[column]! / sum;
  }
  return probabilities;
}
