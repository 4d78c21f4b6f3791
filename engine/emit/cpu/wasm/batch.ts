/**
 * A network for up to 128 samples at once, vectorised across samples. Activations are stored feature-major: value k of
 * sample s is at k * 512 + s * 4, so that four samples make one vector; eight are computed at a time.
 */
import type { Network } from '../../../types.ts';
import { activationCode, isShort } from './activation.ts';
import {
  add,
  and,
  below,
  type Code,
  call,
  type Declare,
  get,
  integer,
  load,
  loadSplat,
  multiply,
  plus,
  repeat,
  set,
  shiftLeft,
  store,
  type WasmFunction,
  zeroVector,
} from './assembler.ts';
import { type Layer, type MemoryPlan, stride } from './plan.ts';

/** Layers of up to this many inputs have no loop over them. */
const writtenOutInputs = 8;
/** Outputs that share the loads of the inputs. */
const together = 4;

/** batch(samples): from `plan.first` to `plan.result`; `samples` is rounded up to eight. Not exported where rows are. */
export const batchFunction = (network: Network, plan: MemoryPlan, activate: number): WasmFunction => ({
  ...(plan.rows ? {} : { name: 'batch' }),
  parameters: ['i32'],
  results: [],
  body: (declare) => {
    const { activation } = network.topology;
    const short = isShort(activation) && plan.layers.length > 1;
    const end = 0;
    const { prepare, apply } = short ? activationCode(activation, plan, declare) : { prepare: [], apply: () => [] };
    const locals = declareLocals(declare);
    const layers = plan.layers.map((layer, index) => {
      const [from, to] = index % 2 === 0 ? [plan.first, plan.second] : [plan.second, plan.first];
      const { sample, feature } = locals;
      const code = [
        ...set(sample, integer(0)),
        ...repeat(
          [
            ...eightSamples(layer, from, to, locals, layer.hidden ? apply : () => []),
            ...set(sample, plus(get(sample), integer(32))),
          ],
          below(get(sample), get(end)),
        ),
      ];
      if (!layer.hidden || short) return code;
      return [
        ...code,
        ...set(feature, integer(to)),
        ...repeat(
          [
            ...call(activate, get(feature), plus(get(feature), get(end))),
            ...set(feature, plus(get(feature), integer(stride))),
          ],
          below(get(feature), integer(to + stride * layer.outputs)),
        ),
      ];
    });
    const rounded = shiftLeft(and(plus(get(end), integer(7)), integer(-8)), integer(2));
    return [...prepare, ...set(end, rounded), ...layers.flat()];
  },
});

const declareLocals = (declare: Declare) => ({
  /** Bytes from a feature's first sample to the eight that are computed. */
  sample: declare('i32'),
  feature: declare('i32'),
  x: declare('i32'),
  w: declare('i32'),
  /** Bytes from a row's first weight to the output's. */
  output: declare('i32'),
  y: declare('i32'),
  low: declare('vector'),
  high: declare('vector'),
  weight: declare('vector'),
  sums: Array.from({ length: 2 * together }, () => declare('vector')),
});

type Locals = ReturnType<typeof declareLocals>;

function eightSamples(layer: Layer, from: number, to: number, locals: Locals, apply: (sum: number) => Code): Code {
  const { sample, output, y } = locals;
  const whole = layer.outputs - (layer.outputs % together);
  const blocks =
    whole === 0
      ? []
      : [
          ...set(output, integer(0)),
          ...set(y, plus(get(sample), integer(to))),
          ...repeat(
            [
              ...someOutputs(layer, from, together, locals, apply),
              ...set(y, plus(get(y), integer(together * stride))),
              ...set(output, plus(get(output), integer(4 * together))),
            ],
            below(get(output), integer(4 * whole)),
          ),
        ];
  if (whole === layer.outputs) return blocks;
  return [
    ...blocks,
    ...set(output, integer(4 * whole)),
    ...set(y, plus(get(sample), integer(to + whole * stride))),
    ...someOutputs(layer, from, layer.outputs - whole, locals, apply),
  ];
}

/** A register block: up to four outputs of eight samples stay in registers while the inputs stream by. */
function someOutputs(layer: Layer, from: number, count: number, locals: Locals, apply: (sum: number) => Code): Code {
  const { sample, x, w, output, y, low, high, weight, sums } = locals;
  const own = sums.slice(0, 2 * count);
  // One or two outputs would wait for their own sums: even and odd inputs are summed apart.
  const other = 4 * count <= sums.length && layer.inputs > 1 ? sums.slice(2 * count, 4 * count) : [];
  const ways = other.length > 0 ? [own, other] : [own];
  const row = 4 * layer.outputs;
  const multiplyAdd = (into: readonly number[], input: number): Code => [
    ...set(low, load(get(x), stride * input)),
    ...set(high, load(get(x), stride * input + 16)),
    ...Array.from({ length: count }, (_, k) => [
      ...set(weight, loadSplat(get(w), row * input + 4 * k)),
      ...[low, high].flatMap((value, half) => {
        const sum = into[2 * k + half]!;
        return set(sum, add(get(sum), multiply(get(weight), get(value))));
      }),
    ]).flat(),
  ];
  const step = layer.inputs <= writtenOutInputs ? layer.inputs : 2;
  const inputs = Array.from({ length: step }, (_, input) => multiplyAdd(ways[input % ways.length]!, input)).flat();
  const rest = layer.inputs % step;
  return [
    ...set(x, plus(get(sample), integer(from))),
    ...set(w, plus(get(output), integer(layer.weights))),
    ...Array.from({ length: count }, (_, k) => [
      ...set(own[2 * k]!, loadSplat(get(output), layer.bias + 4 * k)),
      ...set(own[2 * k + 1]!, get(own[2 * k]!)),
    ]).flat(),
    ...other.flatMap((sum) => set(sum, zeroVector)),
    ...(step === layer.inputs
      ? inputs
      : repeat(
          [...inputs, ...set(x, plus(get(x), integer(stride * step))), ...set(w, plus(get(w), integer(row * step)))],
          below(get(w), plus(get(output), integer(layer.weights + row * (layer.inputs - rest)))),
        )),
    ...(rest > 0 ? multiplyAdd(own, 0) : []),
    ...other.flatMap((sum, k) => set(own[k]!, add(get(own[k]!), get(sum)))),
    ...own.flatMap(apply),
    ...own.flatMap((sum, k) => store(get(y), get(sum), (k >> 1) * stride + 16 * (k & 1))),
  ];
}
