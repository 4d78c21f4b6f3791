/** The hidden activations as operators of TensorFlow Lite, in float32. */
import type { Activation } from '../../types.ts';
import { addOptions, mulOptions, type Operator, type Options, type TfliteGraph } from './graph.ts';

/** Activations without an operator of their own are made of several. `shape` is that of the sums. */
export function activate(graph: TfliteGraph, sums: number, shape: readonly number[], activation: Activation): number {
  const step = (operator: Operator, inputs: readonly number[], options?: Options) =>
    graph.node(operator, inputs, graph.tensor({ type: 'float32', shape, name: operator }), options);
  // Constants along the last dimension; the others stretch them.
  const count = shape.at(-1)!;
  const constantShape = shape.map((_, index) => (index === shape.length - 1 ? count : 1));
  const all = (constant: number) => graph.floats('constant', constantShape, new Float32Array(count).fill(constant));
  const plus = (value: number, constant: number) => step('add', [value, all(constant)], addOptions);
  const times = (value: number, constant: number) => step('mul', [value, all(constant)], mulOptions);
  switch (activation) {
    case 'linear':
      return sums;
    case 'relu':
      return step('relu', [sums]);
    case 'tanh':
      return step('tanh', [sums]);
    case 'sigmoid':
      return step('logistic', [sums]);
    case 'elu':
      return step('elu', [sums]);
    case 'hard-sigmoid':
      return step('minimum', [step('maximum', [plus(times(sums, 0.2), 0.5), all(0)]), all(1)]);
    case 'softplus': {
      // max(x, 0) + log(1 + exp(-|x|)), in which nothing overflows.
      const tail = step('log', [plus(step('exp', [step('neg', [step('abs', [sums])])]), 1)]);
      return step('add', [step('relu', [sums]), tail], addOptions);
    }
    case 'selu': {
      // scale * (max(x, 0) + alpha * elu(min(x, 0)))
      const [scale, alpha] = [1.0507009873554805, 1.6732632423543772];
      const negative = times(step('elu', [step('minimum', [sums, all(0)])]), scale * alpha);
      return step('add', [times(step('relu', [sums]), scale), negative], addOptions);
    }
  }
}
