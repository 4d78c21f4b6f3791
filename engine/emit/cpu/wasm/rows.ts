/**
 * Rows of doubles through `batch`: turned into columns of float32 before it and back into doubles after it, four rows at
 * a time. JavaScript would convert one number at a time; with this it copies rows in and out as they are.
 */
import {
  addDoubles,
  below,
  type Code,
  call,
  type Declare,
  demote,
  get,
  integer,
  load,
  loadSplatDouble,
  minus,
  multiplyDoubles,
  plus,
  promote,
  reorder,
  repeat,
  set,
  shiftLeft,
  shuffle,
  smaller,
  store,
  storeDouble,
  subtractDoubles,
  type WasmFunction,
} from './assembler.ts';
import { block, type MemoryPlan, type RowPlan, type ScaledRows, stride } from './plan.ts';

/** Up to this many steps along a row are written out. */
const writtenOutSteps = 4;

/** batch(rows): from `rows.inputs.at` to `rows.outputs.at`; `network` is the index of what takes a block of columns. */
export const rowsFunction = (plan: MemoryPlan, rows: RowPlan, network: number): WasmFunction => ({
  name: 'batch',
  parameters: ['i32'],
  results: [],
  body: (declare) => {
    const left = 0;
    const locals = declareLocals(declare);
    const { count, input, output } = locals;
    return [
      ...set(input, integer(rows.inputs.at)),
      ...set(output, integer(rows.outputs.at)),
      ...repeat(
        [
          ...set(count, smaller(get(left), integer(block))),
          ...everyFourRows(locals, [
            ...readFourRows(plan, rows.inputs, locals),
            ...set(input, plus(get(input), integer(32 * rows.inputs.columns))),
          ]),
          ...call(network, get(count)),
          ...everyFourRows(locals, [
            ...writeFourRows(plan, rows.outputs, locals),
            ...set(output, plus(get(output), integer(32 * rows.outputs.columns))),
          ]),
          ...set(left, minus(get(left), get(count))),
        ],
        get(left),
      ),
    ];
  },
});

const declareLocals = (declare: Declare) => ({
  /** Rows of this block. */
  count: declare('i32'),
  /** The next of the rows. */
  input: declare('i32'),
  output: declare('i32'),
  /** Bytes from a feature's first sample to the four rows. */
  sample: declare('i32'),
  cell: declare('i32'),
  feature: declare('i32'),
  scale: declare('i32'),
  values: Array.from({ length: 4 }, () => declare('vector')),
  offset: declare('vector'),
  factor: declare('vector'),
});

type Locals = ReturnType<typeof declareLocals>;

const everyFourRows = ({ sample, count }: Locals, body: Code): Code => [
  ...set(sample, integer(0)),
  ...repeat(
    [...body, ...set(sample, plus(get(sample), integer(16)))],
    below(get(sample), shiftLeft(get(count), integer(2))),
  ),
];

/** A local that is an address, where it starts, and how far a step takes it. */
type Pointer = readonly [local: number, start: Code, bytes: number];

/** `body` gets how many steps the pointers are behind. */
function alongRow(steps: number, pointers: readonly [Pointer, ...Pointer[]], body: (step: number) => Code): Code {
  const starts = pointers.flatMap(([local, start]) => set(local, start));
  if (steps <= writtenOutSteps) return [...starts, ...Array.from({ length: steps }, (_, step) => body(step)).flat()];
  const [[first, start, bytes]] = pointers;
  const next = pointers.flatMap(([local, , size]) => set(local, plus(get(local), integer(size))));
  return [...starts, ...repeat([...body(0), ...next], below(get(first), plus(start, integer(steps * bytes))))];
}

/** Two columns at a time; of an odd number, what follows the last one lands beyond them, where nothing is yet. */
function readFourRows({ first }: MemoryPlan, { columns, scale: scales }: ScaledRows, locals: Locals): Code {
  const { input, sample, cell, feature, scale, values, offset, factor } = locals;
  const [a, b, c, d] = values as [number, number, number, number];
  return alongRow(
    Math.ceil(columns / 2),
    [
      [cell, get(input), 16],
      [feature, plus(get(sample), integer(first)), 2 * stride],
      ...(scales ? [[scale, integer(scales.at), scales.step] as const] : []),
    ],
    (step) => [
      ...(scales
        ? [
            ...set(offset, load(get(scale), scales.step * step)),
            ...set(factor, load(get(scale), scales.step * step + 16)),
          ]
        : []),
      ...values.flatMap((value, row) => {
        const raw = load(get(cell), 8 * columns * row + 16 * step);
        return set(value, demote(scales ? multiplyDoubles(subtractDoubles(raw, get(offset)), get(factor)) : raw));
      }),
      ...set(a, shuffle(get(a), get(b), [0, 4, 1, 5])),
      ...set(c, shuffle(get(c), get(d), [0, 4, 1, 5])),
      ...store(get(feature), shuffle(get(a), get(c), [0, 1, 4, 5]), 2 * stride * step),
      ...store(get(feature), shuffle(get(a), get(c), [2, 3, 6, 7]), 2 * stride * step + stride),
    ],
  );
}

function writeFourRows({ result }: MemoryPlan, { columns, scale: scales }: ScaledRows, locals: Locals): Code {
  const { output, sample, cell, feature, scale, values, offset, factor } = locals;
  const [all, low, high] = values as [number, number, number, number];
  const scaled = (value: Code): Code => (scales ? addDoubles(multiplyDoubles(value, get(factor)), get(offset)) : value);
  return alongRow(
    columns,
    [
      [cell, get(output), 8],
      [feature, plus(get(sample), integer(result)), stride],
      ...(scales ? [[scale, integer(scales.at), scales.step] as const] : []),
    ],
    (step) => [
      ...(scales
        ? [
            ...set(offset, loadSplatDouble(get(scale), scales.step * step)),
            ...set(factor, loadSplatDouble(get(scale), scales.step * step + 8)),
          ]
        : []),
      ...set(all, load(get(feature), stride * step)),
      ...set(low, scaled(promote(get(all)))),
      ...set(high, scaled(promote(reorder(get(all), [2, 3, 2, 3])))),
      ...[low, low, high, high].flatMap((half, row) =>
        storeDouble(get(cell), get(half), 8 * columns * row + 8 * step, row & 1),
      ),
    ],
  );
}
