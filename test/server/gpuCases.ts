/** Networks whose GPU code the tests run, in Node and in a browser. */
import { gpuTarget } from '../../engine/emit/gpu/gpu.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { activations, type CnnTopology } from '../../engine/types.ts';
import { cnnTopologyWith, layersOf } from '../unit/cnnHelpers.ts';
import { emitCnnInputOf, rawImages } from '../unit/emitCnnHelpers.ts';
import { array, boolean, category, emitInputOf, number, randomRows } from '../unit/emitHelpers.ts';

export interface GpuCase {
  readonly name: string;
  readonly input: EmitInput;
  readonly rows: (count: number) => Float64Array;
}

const mixed = {
  parameters: [
    { name: 'spot', shape: number },
    { name: 'put', shape: boolean },
    { name: 'kind', shape: category('a', 'b', 'c') },
    { name: 'window', shape: array('Array', 3) },
  ],
  result: array('Array', 5),
};

const perceptrons: readonly GpuCase[] = [
  ...activations.map((activation) => ({ name: activation, recipe: { ...mixed, hidden: [9, 6], activation } })),
  { name: 'one layer', recipe: { ...mixed, hidden: [], activation: 'relu' as const } },
  { name: 'one neuron wide', recipe: { ...mixed, hidden: [1, 4, 1], activation: 'tanh' as const } },
  {
    name: 'categories and JavaScript',
    recipe: {
      ...mixed,
      result: array('Array', 2, category('p', 'q', 'r')),
      hidden: [12],
      activation: 'sigmoid' as const,
      language: 'javascript' as const,
    },
  },
  { name: 'boolean', recipe: { ...mixed, result: boolean, hidden: [8, 8, 8, 8], activation: 'elu' as const } },
].map(({ name, recipe }) => {
  const input = emitInputOf(recipe);
  return { name, input, rows: (count) => randomRows(input, count, 7) };
});

/** Filters that fill no vector, more than one group of twelve, odd sizes, a bottleneck, large filters. */
const topologies: Readonly<Record<string, CnnTopology>> = {
  'two blocks': cnnTopologyWith({ height: 7, width: 6, channels: 2, growth: 5, activation: 'elu' }),
  'three blocks of 5x5': cnnTopologyWith({
    height: 9,
    width: 11,
    blocks: 3,
    layers: layersOf({ blocks: 3, perBlock: 2 }),
    kernel: 5,
    growth: 13,
    initialFilters: 26,
    activation: 'softplus',
  }),
  bottleneck: cnnTopologyWith({ bottleneck: true, compression: 0.5, activation: 'selu' }),
  linear: cnnTopologyWith({ height: 4, width: 5, activation: 'linear' }),
};

const images: readonly GpuCase[] = Object.entries(topologies).flatMap(([name, topology]) =>
  [undefined, ['zero', 'one', 'two']].map((classes) => {
    const input = emitCnnInputOf({
      topology,
      ...(classes && { classes }),
      range: (index) => [100 + (index % topology.channels), 50],
    });
    const kind = classes ? 'classes' : 'numbers';
    return { name: `images, ${name}, ${kind}`, input, rows: (count: number) => rawImages(input, count) };
  }),
);

export const gpuCases: readonly GpuCase[] = [...perceptrons, ...images];

export const textOf = (input: EmitInput): string => String(gpuTarget.emit(input)[0].content);

/** The largest difference from the CPU's batch, relative to the range of all outputs; any category that differs counts 1. */
export function differenceOf({ input }: GpuCase, found: Float64Array, exact: Float64Array): number {
  if (found.length !== exact.length) return Infinity;
  const discrete = input.encoding.outputs[0]!.kind !== 'number';
  const range = discrete
    ? 1
    : exact.reduce((most, y) => Math.max(most, y), -Infinity) -
      exact.reduce((least, y) => Math.min(least, y), Infinity);
  return found.reduce(
    (worst, y, i) => Math.max(worst, Object.is(y, exact[i]) ? 0 : Math.abs(y - exact[i]!) / range),
    0,
  );
}
