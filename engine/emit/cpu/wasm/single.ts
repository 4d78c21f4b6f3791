/**
 * One call of a network, vectorised across the outputs of each layer. Small layers are written out and stay in registers;
 * others are loops over memory.
 */
import type { Network } from '../../../types.ts';
import { activationCode, isShort } from './activation.ts';
import {
  add,
  below,
  type Code,
  call,
  type Declare,
  firstLane,
  firstLanePlus,
  get,
  integer,
  laneMask,
  load,
  loadSplat,
  multiply,
  plus,
  reorder,
  repeat,
  set,
  splatDouble,
  store,
  vectorAnd,
  type WasmFunction,
  zeroVector,
} from './assembler.ts';
import type { Layer, MemoryPlan } from './plan.ts';

/** Inputs that come as arguments; more are read from memory. */
export const argumentLimit = 16;
/** Layers of up to this many products of vectors are written out: more is no faster, and text (docs/benchmarks.md). */
const writtenOutLimit = 32;
/** Sums that are under way at once; fewer would wait for their additions. */
const chains = 8;

/** What a layer takes. */
interface Values {
  /** One value in all lanes. */
  readonly splat: (index: number) => Code;
  /** Values 4 k to 4 k + 3; lanes past the last value hold anything. */
  readonly vector: (index: number) => Code;
  /** Puts them where loops find them. */
  readonly moveTo: (at: number) => readonly Code[];
}

export interface SingleOptions {
  /** Whether the encoded inputs are arguments, or float32 values at `plan.first`. */
  readonly byArguments: boolean;
  /** The index of `activate`. */
  readonly activate: number;
}

/** single(x0, x1, ...) or single(); answers the output where there is one, else leaves all of them at `plan.result`. */
export const singleFunction = (network: Network, plan: MemoryPlan, options: SingleOptions): WasmFunction => ({
  name: 'single',
  parameters: options.byArguments ? new Array<'f64'>(plan.layers[0]!.inputs).fill('f64') : [],
  results: plan.layers.at(-1)!.outputs === 1 ? ['f64'] : [],
  body: (declare) => body(network, plan, options, declare),
});

function body(
  { topology: { activation } }: Network,
  plan: MemoryPlan,
  { byArguments, activate }: SingleOptions,
  declare: Declare,
): Code {
  const code: Code[] = [];
  const keep = (value: Code): Code => {
    const local = declare('vector');
    code.push(set(local, value));
    return get(local);
  };
  const short = isShort(activation);
  const inPlace = plan.layers.some((layer) => layer.hidden && (short || isWrittenOut(layer)));
  const { prepare, apply } = inPlace ? activationCode(activation, plan, declare) : nothing;
  code.push(prepare);
  let values = byArguments ? fromArguments(plan.layers[0]!.inputs, keep) : fromMemory(plan.first);
  plan.layers.forEach((layer, index) => {
    const [from, to] = index % 2 === 0 ? [plan.first, plan.second] : [plan.second, plan.first];
    const last = index === plan.layers.length - 1;
    if (layer.outputs === 1 && last && index > 0) code.push(dot(layer, values, keep));
    else {
      if (isWrittenOut(layer)) {
        const sums = writtenOut(layer, values, declare, code);
        if (layer.hidden) code.push(...sums.map(apply));
        values = fromVectors(sums);
        if (last && layer.outputs > 1) code.push(...values.moveTo(to));
      } else {
        code.push(...values.moveTo(from), ...loops(layer, from, to, declare, layer.hidden && short ? apply : () => []));
        if (layer.hidden && !short) code.push(call(activate, integer(to), integer(to + 4 * layer.outputs)));
        values = fromMemory(to);
      }
      if (last && layer.outputs === 1) code.push(firstLane(values.vector(0)));
    }
  });
  return code.flat();
}

const nothing = { prepare: [], apply: (): Code => [] };

const vectorsOf = (count: number): number => Math.ceil(count / 4);
const isWrittenOut = ({ inputs, outputs }: Layer): boolean => inputs * vectorsOf(outputs) <= writtenOutLimit;

/** Each is stored in all four lanes from its place on, so that the next one takes what lies beyond it. */
function fromArguments(inputs: number, keep: (value: Code) => Code): Values {
  const splats = Array.from({ length: inputs }, (_, index) => keep(splatDouble(get(index))));
  return {
    splat: (index) => splats[index]!,
    vector: (index) => splats[index]!,
    moveTo: (at) => splats.map((value, index) => store(integer(0), value, at + 4 * index)),
  };
}

const fromMemory = (at: number): Values => ({
  splat: (index) => loadSplat(integer(0), at + 4 * index),
  vector: (index) => load(integer(0), at + 16 * index),
  moveTo: () => [],
});

const fromVectors = (locals: readonly number[]): Values => ({
  splat: (index) => reorder(get(locals[index >> 2]!), new Array<number>(4).fill(index & 3)),
  vector: (index) => get(locals[index]!),
  moveTo: (at) => locals.map((local, index) => store(integer(0), get(local), at + 16 * index)),
});

/** Sums of up to eight vectors at a time, from the biases on; of few vectors, even and odd inputs apart. */
function writtenOut(layer: Layer, values: Values, declare: Declare, code: Code[]): number[] {
  const vectors = vectorsOf(layer.outputs);
  const sums = Array.from({ length: vectors }, () => declare('vector'));
  const value = declare('vector');
  for (let from = 0; from < vectors; from += chains) {
    const group = sums.slice(from, from + chains);
    const odd = group.length * 2 <= chains && layer.inputs >= chains ? group.map(() => declare('vector')) : group;
    code.push(...group.map((sum, k) => set(sum, load(integer(0), layer.bias + 16 * (from + k)))));
    if (odd !== group) code.push(...odd.map((sum) => set(sum, zeroVector)));
    for (let input = 0; input < layer.inputs; input++) {
      const at = layer.weights + 4 * input * layer.outputs + 16 * from;
      code.push(set(value, values.splat(input)));
      const products = (input % 2 === 0 ? group : odd).map((sum, k) =>
        set(sum, add(get(sum), multiply(get(value), load(integer(0), at + 16 * k)))),
      );
      code.push(...products);
    }
    if (odd !== group) code.push(...group.map((sum, k) => set(sum, add(get(sum), get(odd[k]!)))));
  }
  return sums;
}

/** The same as loops over the inputs, from memory to memory. */
function loops(layer: Layer, from: number, to: number, declare: Declare, apply: (sum: number) => Code): Code[] {
  const [x, w, value] = [declare('i32'), declare('i32'), declare('vector')];
  const pool = Array.from({ length: chains }, () => declare('vector'));
  const vectors = vectorsOf(layer.outputs);
  const row = 4 * layer.outputs;
  const code: Code[] = [];
  for (let first = 0; first < vectors; first += chains) {
    const group = pool.slice(0, Math.min(chains, vectors - first));
    const other = group.length * 2 <= chains ? pool.slice(group.length, 2 * group.length) : [];
    const ways = other.length > 0 ? [group, other] : [group];
    const multiplyAdd = (sums: readonly number[], way: number): Code => [
      ...set(value, loadSplat(get(x), 4 * way)),
      ...sums.flatMap((sum, k) => set(sum, add(get(sum), multiply(get(value), load(get(w), row * way + 16 * k))))),
    ];
    const whole = layer.inputs - (layer.inputs % ways.length);
    code.push(
      set(x, integer(from)),
      set(w, integer(layer.weights + 16 * first)),
      ...group.map((sum, k) => set(sum, load(integer(0), layer.bias + 16 * (first + k)))),
      ...other.map((sum) => set(sum, zeroVector)),
    );
    if (whole > 0) {
      code.push(
        repeat(
          [
            ...ways.flatMap(multiplyAdd),
            ...set(x, plus(get(x), integer(4 * ways.length))),
            ...set(w, plus(get(w), integer(row * ways.length))),
          ],
          below(get(x), integer(from + 4 * whole)),
        ),
      );
    }
    if (whole < layer.inputs) code.push(multiplyAdd(group, 0));
    code.push(
      ...other.map((sum, k) => set(group[k]!, add(get(group[k]!), get(sum)))),
      ...group.map(apply),
      ...group.map((sum, k) => store(integer(0), get(sum), to + 16 * (first + k))),
    );
  }
  return code;
}

/** The last layer's only output: products of vectors, even and odd ones apart, and then the sum of their lanes. */
function dot(layer: Layer, values: Values, keep: (value: Code) => Code): Code {
  const count = vectorsOf(layer.inputs);
  const beyond = layer.inputs % 4;
  const products = Array.from({ length: count }, (_, index) => {
    const vector = values.vector(index);
    const weights = load(integer(0), layer.weights + 16 * index);
    // Lanes past the last input may hold anything, NaN included.
    return index === count - 1 && beyond > 0
      ? multiply(vectorAnd(vector, laneMask(beyond)), weights)
      : multiply(vector, weights);
  });
  const sums = [0, 1].map((way) => products.filter((_, index) => index % 2 === way)).filter(({ length }) => length > 0);
  const all = keep(sums.map((part) => part.reduce((sum, product) => add(sum, product))).reduce((a, b) => add(a, b)));
  const halves = keep(add(all, reorder(all, [2, 3, 0, 1])));
  return firstLanePlus(add(halves, reorder(halves, [1, 0, 3, 2])), layer.bias);
}
