/** The constants of a convolutional network in integers, for generated code in any language. */
import type { Fixed16Cnn, Fixed16Rows } from '../../quantise/cnn/fixed16.ts';
import type { Int8Cnn, Int8Rows } from '../../quantise/cnn/int8.ts';
import type { QuantisedCnn } from '../../quantise/cnn/quantise.ts';

/** The constants, row after row. */
export interface IntegerRows {
  readonly weights: readonly number[];
  readonly biases: readonly number[];
  readonly shifts: readonly number[];
  /** int8 alone: what a sum is multiplied by. */
  readonly multipliers: readonly number[];
  /** int8: 256 values for each stage that has one. fixed16: the 257 of the whole network. */
  readonly tables: readonly number[];
}

/** Bytes of the constants as generated code holds them. */
export function integerRowBytes({ kind }: QuantisedCnn, rows: IntegerRows): number {
  const [weight, row] = kind === 'int8' ? [1, 9] : [2, 5];
  return weight * (rows.weights.length + rows.tables.length) + row * rows.biases.length;
}

/** `rows` grows stage by stage, in the order in which `stage` is asked for them. */
export const collectRows = (network: QuantisedCnn): { readonly rows: IntegerRows; stage(index: number): Stage } =>
  network.kind === 'int8' ? int8Rows(network) : fixed16Rows(network);

/** The first of a stage's weights and rows. */
interface Start {
  readonly weight: number;
  readonly row: number;
}

/** `origin` stands for 0 in what the rows make. */
interface Rows extends Start {
  readonly origin: number;
}

/** Where a stage's rows are among all, and what its `prepare` step needs. */
export interface Stage {
  readonly normalization?: Rows & {
    /** int8: where the table of 256 values begins; -1: there is none. */
    readonly table: number;
    /** fixed16 without a table: the limits. */
    readonly minimum: number;
    readonly maximum: number;
  };
  readonly rows: Rows;
  /** What stands for 0 in what the convolution reads. */
  readonly zero: number;
}

/** Collects rows, stage by stage, in the order in which they are asked for. */
function collect() {
  const rows = {
    weights: [] as number[],
    biases: [] as number[],
    shifts: [] as number[],
    multipliers: [] as number[],
    tables: [] as number[],
  };
  const append = (to: number[], values: Iterable<number>) => {
    for (const value of values) to.push(value);
  };
  return {
    rows,
    append,
    add(own: Int8Rows | Fixed16Rows, biases: Iterable<number>): Start {
      const start = { weight: rows.weights.length, row: rows.biases.length };
      append(rows.weights, own.weights);
      append(rows.biases, biases);
      append(rows.shifts, own.shifts);
      return start;
    },
  };
}

function int8Rows({ stages }: Int8Cnn) {
  const { rows, add, append } = collect();
  return {
    rows,
    stage(index: number): Stage {
      const { normalization, input, rows: own, output } = stages[index]!;
      const zero = input.zero;
      let before: Stage['normalization'];
      if (normalization) {
        const { table, sums, bias, multipliers } = normalization;
        const tableAt = table ? rows.tables.length : -1;
        const limits = { minimum: -128, maximum: 127 };
        before = { ...add(normalization, bias), origin: sums.zero, table: tableAt, ...limits };
        append(rows.multipliers, multipliers);
        append(rows.tables, table ?? []);
      }
      const taps = own.weights.length / own.bias.length;
      const folded = Array.from(own.bias, (bias, f) =>
        own.weights.subarray(f * taps, (f + 1) * taps).reduce((sum, weight) => sum - weight * zero, bias),
      );
      const start = { ...add(own, folded), origin: output.zero };
      append(rows.multipliers, own.multipliers);
      return { ...(before && { normalization: before }), rows: start, zero };
    },
  };
}

function fixed16Rows({ stages, table }: Fixed16Cnn) {
  const { rows, add, append } = collect();
  append(rows.tables, table?.values ?? []);
  return {
    rows,
    stage(index: number): Stage {
      const { normalization, rows: own } = stages[index]!;
      const before = normalization && {
        ...add(normalization, normalization.bias),
        ...{ origin: 0, table: 0, minimum: normalization.minimum, maximum: normalization.maximum },
      };
      return { ...(before && { normalization: before }), rows: { ...add(own, own.bias), origin: 0 }, zero: 0 };
    },
  };
}
