/**
 * Rewrites a network so that straight-line code over raw slot values has the fewest operations: scaling of inputs and
 * outputs, and the affine parts of activations, move into the weights, in float64.
 */
import type { Activation, Encoding, Network, SlotEncoding } from '../types.ts';
import {
  type FoldedActivation,
  type FoldedInput,
  type FoldedLayer,
  type FoldedNetwork,
  type FoldedOutput,
  float32Precision,
} from './folded.ts';

/** From this ratio of magnitude to spread on, an input is centred explicitly: folding would cost over six digits. */
const centeringRatio = 1e6;

/** Keras's constants. */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** The folded network answers what decode(predict(network, encode(raw))) does, to float32 accuracy or better. */
export function foldNetwork(network: Network, encoding: Encoding): FoldedNetwork {
  const simple = collapseLinear(network);
  const first = foldInputs(readLayers(simple), encoding);
  const hidden = foldActivation(first.layers, simple.topology.activation);
  const last = foldOutputs(hidden.layers, encoding.outputs);
  return { inputs: first.inputs, activation: hidden.activation, layers: last.layers, outputs: last.outputs };
}

/** A network with linear hidden layers is one affine map: the product of its layers, rounded to float32 once. */
export function collapseLinear(network: Network): Network {
  const { widths, activation } = network.topology;
  if (activation !== 'linear' || widths.length <= 2) return network;
  const product = readLayers(network).reduce(compose);
  return {
    topology: { widths: [product.inputs, product.outputs], activation },
    weights: Float32Array.from([...product.weights, ...product.bias]),
  };
}

/** How many of a folded network's parameters are not zero: the multiplications and additions of straight-line code. */
export function countTerms(network: FoldedNetwork): number {
  return network.layers.reduce(
    (sum, layer) => sum + layer.bias.length + layer.weights.reduce((terms, weight) => terms + (weight ? 1 : 0), 0),
    0,
  );
}

function readLayers(network: Network): FoldedLayer[] {
  const { widths } = network.topology;
  let at = 0;
  return widths.slice(1).map((outputs, index) => {
    const inputs = widths[index]!;
    const weights = Float64Array.from(network.weights.subarray(at, at + inputs * outputs));
    at += inputs * outputs;
    const bias = Float64Array.from(network.weights.subarray(at, at + outputs));
    at += outputs;
    return {
      inputs,
      outputs,
      weights,
      bias,
      weightPrecision: new Float64Array(inputs).fill(float32Precision),
      biasTolerance: bias.map(
        (value, o) => float32Precision * Math.max(Math.abs(value), ...column(weights, outputs, o)),
      ),
    };
  });
}

/** The magnitudes of the weights that lead to output o. */
function column(weights: Float64Array, outputs: number, o: number): number[] {
  const magnitudes: number[] = [];
  for (let at = o; at < weights.length; at += outputs) magnitudes.push(Math.abs(weights[at]!));
  return magnitudes;
}

/** second(first(x)) of two affine layers. */
function compose(first: FoldedLayer, second: FoldedLayer): FoldedLayer {
  const weights = new Float64Array(first.inputs * second.outputs);
  const bias = second.bias.slice();
  for (let o = 0; o < second.outputs; o++) {
    for (let h = 0; h < first.outputs; h++) {
      const weight = second.weights[h * second.outputs + o]!;
      for (let i = 0; i < first.inputs; i++)
        weights[i * second.outputs + o]! += first.weights[i * first.outputs + h]! * weight;
      bias[o]! += first.bias[h]! * weight;
    }
  }
  return { ...second, inputs: first.inputs, weights, bias, weightPrecision: first.weightPrecision };
}

/** Puts columns that are affine in raw values, column = scale * raw + offset, in place of the encoded ones. */
function foldInputs(layers: readonly FoldedLayer[], encoding: Encoding) {
  const [layer, ...rest] = layers as [FoldedLayer, ...FoldedLayer[]];
  const { outputs } = layer;
  const inputs: FoldedInput[] = [];
  const rows: Float64Array[] = [];
  const precision: number[] = [];
  const bias = layer.bias.slice();
  const row = (index: number) => layer.weights.subarray(index * outputs, (index + 1) * outputs);
  const add = (from: Float64Array, factor: number) => {
    for (let o = 0; o < outputs; o++) bias[o]! += factor * from[o]!;
  };
  encoding.inputs.forEach((slotEncoding, slot) => {
    const own = row(slotEncoding.column);
    switch (slotEncoding.kind) {
      case 'number': {
        const { offset, scale } = slotEncoding;
        const ratio = (Math.abs(offset) + Math.abs(scale)) / Math.abs(scale);
        const center = ratio > centeringRatio ? offset : 0;
        inputs.push({ kind: 'number', slot, center });
        rows.push(own.map((weight) => weight / scale));
        precision.push(float32Precision / (center ? 1 : ratio));
        add(own, (center - offset) / scale);
        break;
      }
      case 'boolean':
        inputs.push({ kind: 'boolean', slot });
        rows.push(own.map((weight) => 2 * weight));
        precision.push(float32Precision);
        add(own, -1);
        break;
      case 'category':
        add(own, 1);
        for (let index = 1; index < slotEncoding.values.length; index++) {
          inputs.push({ kind: 'category', slot, index });
          rows.push(row(slotEncoding.column + index).map((weight, o) => weight - own[o]!));
          precision.push(float32Precision);
        }
    }
  });
  const weights = new Float64Array(rows.length * outputs);
  rows.forEach((values, index) => {
    weights.set(values, index * outputs);
  });
  const folded = { ...layer, inputs: rows.length, weights, bias, weightPrecision: Float64Array.from(precision) };
  return { inputs, layers: [folded, ...rest] };
}

/** Scales and shifts around a folded activation: activation(z) = after * folded(before * z + shift) + level. */
export interface Affine {
  readonly folded: FoldedActivation;
  readonly before: number;
  readonly shift: number;
  readonly after: number;
  readonly level: number;
}

const identity = { before: 1, shift: 0, after: 1, level: 0 };

export const affineForms: Readonly<Record<Activation, Affine>> = {
  'hard-sigmoid': { ...identity, folded: { kind: 'clip' }, before: 0.2, shift: 0.5 },
  relu: { ...identity, folded: { kind: 'relu' } },
  elu: { ...identity, folded: { kind: 'elu', alpha: 1 } },
  tanh: { ...identity, folded: { kind: 'tanh' } },
  sigmoid: { folded: { kind: 'tanh' }, before: 0.5, shift: 0, after: 0.5, level: 0.5 },
  softplus: { ...identity, folded: { kind: 'softplus' } },
  /** Never applied: a collapsed linear network has no hidden layer. */
  linear: { ...identity, folded: { kind: 'relu' } },
  selu: { ...identity, folded: { kind: 'elu', alpha: seluAlpha }, after: seluScale },
};

function foldActivation(layers: readonly FoldedLayer[], activation: Activation) {
  const { folded, before, shift, after, level } = affineForms[activation];
  const rewritten = layers.map((layer, index) => {
    const takes = index > 0 ? { after, level } : { after: 1, level: 0 };
    const gives = index < layers.length - 1 ? { before, shift } : { before: 1, shift: 0 };
    const bias = layer.bias.map((value, o) => {
      let sum = value;
      for (let i = 0; i < layer.inputs; i++) sum += takes.level * layer.weights[i * layer.outputs + o]!;
      return gives.before * sum + gives.shift;
    });
    return {
      ...layer,
      weights: layer.weights.map((weight) => weight * takes.after * gives.before),
      bias,
      biasTolerance: layer.biasTolerance.map((tolerance) => tolerance * gives.before),
    };
  });
  return { activation: folded, layers: rewritten };
}

/** A column of the last layer as a sum of encoded columns, each with a factor, and an offset. */
interface Mix {
  readonly parts: readonly (readonly [column: number, factor: number])[];
  readonly offset: number;
}

/** Scales numeric outputs to raw values and replaces the two columns of a two-valued category by their difference. */
function foldOutputs(layers: readonly FoldedLayer[], encodings: readonly SlotEncoding[]) {
  const layer = layers.at(-1)!;
  const mixes: Mix[] = [];
  const outputs = encodings.map((encoding) => {
    const { output, columns } = foldOutput(encoding, mixes.length);
    mixes.push(...columns);
    return output;
  });
  const mixed = (values: Float64Array, start: number) =>
    mixes.map(({ parts }) => parts.reduce((sum, [from, factor]) => sum + values[start + from]! * factor, 0));
  const tolerances = mixes.map(({ parts }) =>
    parts.reduce((sum, [from, factor]) => sum + layer.biasTolerance[from]! * Math.abs(factor), 0),
  );
  const weights = Array.from({ length: layer.inputs }, (_, i) => mixed(layer.weights, i * layer.outputs)).flat();
  const last: FoldedLayer = {
    ...layer,
    outputs: mixes.length,
    weights: Float64Array.from(weights),
    bias: Float64Array.from(mixed(layer.bias, 0), (value, o) => value + mixes[o]!.offset),
    biasTolerance: Float64Array.from(tolerances),
  };
  return { layers: [...layers.slice(0, -1), last], outputs };
}

/** How a slot is read from the columns that replace its own, the first of which gets the number `column`. */
function foldOutput(encoding: SlotEncoding, column: number): { output: FoldedOutput; columns: Mix[] } {
  const own = encoding.column;
  switch (encoding.kind) {
    case 'number':
      return {
        output: { kind: 'number', column },
        columns: [{ parts: [[own, encoding.scale]], offset: encoding.offset }],
      };
    case 'boolean':
      return { output: { kind: 'choice', column }, columns: [{ parts: [[own, 1]], offset: 0 }] };
    case 'category': {
      const count = encoding.values.length;
      if (count === 1) return { output: { kind: 'constant' }, columns: [] };
      if (count === 2) {
        const difference = [[own + 1, 1] as const, [own, -1] as const];
        return { output: { kind: 'choice', column }, columns: [{ parts: difference, offset: 0 }] };
      }
      const columns = encoding.values.map((_, index) => ({ parts: [[own + index, 1] as const], offset: 0 }));
      return { output: { kind: 'largest', column, count }, columns };
    }
  }
}
