/** Where a network is wrong, from its results on held-out samples: small enough to be stored with every network. */
import { formatPercent } from '../format.ts';
import { writeNumber } from '../numbers.ts';
import { t } from '../texts.ts';
import type { Domain, SlotDomain } from '../types.ts';

export interface Explanation {
  /** Errors by size: `counts[i]` samples have an error in [edges[i], edges[i + 1]). The first bin starts at 0. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
  /** Over each input on its own, the others being whatever they are; those first whose value matters most. */
  readonly inputs: readonly PartialErrors[];
  /** Exact and approximate results of the first numeric output; absent where there is none. */
  readonly pairs?: readonly (readonly [exact: number, approx: number])[];
}

export interface PartialErrors {
  readonly path: string;
  /** Numbers: the middle of each bin. Booleans and categories: one bin for each value. */
  readonly bins: readonly {
    readonly at: number;
    readonly label: string;
    readonly mean: number;
    readonly p95: number;
  }[];
}

export interface ExplainOptions {
  /** (count, slots) raw inputs. */
  readonly inputs: Float64Array;
  /** One error per row; see `sampleErrors`. */
  readonly errors: Float64Array;
  readonly domain: Domain;
  /** Exact and approximate values of one numeric output, one per row. */
  readonly outputs?: { readonly exact: Float64Array; readonly approx: Float64Array };
}

const mostInputs = 8;
const mostPairs = 200;
const numberBins = 16;
const leastPerBin = 5;

export function explain({ inputs, errors, domain, outputs }: ExplainOptions): Explanation {
  const partial = domain
    .map((slot, index) => partialErrors(slot, index, inputs, errors, domain.length))
    .filter(({ bins }) => bins.length > 1)
    .sort((a, b) => spread(b) - spread(a))
    .slice(0, mostInputs);
  const step = Math.max(1, Math.ceil(errors.length / mostPairs));
  return {
    histogram: histogramOf(errors),
    inputs: partial,
    ...(outputs && {
      pairs: Array.from(
        { length: Math.floor(errors.length / step) },
        (_, row) => [rounded(outputs.exact[row * step]!), rounded(outputs.approx[row * step]!)] as const,
      ),
    }),
  };
}

/** By how much the error varies over an input. */
const spread = ({ bins }: PartialErrors): number =>
  Math.max(...bins.map(({ mean }) => mean)) - Math.min(...bins.map(({ mean }) => mean));

const rounded = (value: number): number => Number(value.toPrecision(4));

function partialErrors(
  slot: SlotDomain,
  index: number,
  inputs: Float64Array,
  errors: Float64Array,
  width: number,
): PartialErrors {
  const { count, binOf, labelOf, middleOf } = binning(slot);
  const members: number[][] = Array.from({ length: count }, () => []);
  errors.forEach((error, row) => {
    members[binOf(inputs[row * width + index]!)]?.push(Number.isFinite(error) ? error : 1);
  });
  const bins = members.flatMap((own, bin) => {
    if (own.length < leastPerBin) return [];
    const sorted = own.sort((a, b) => a - b);
    const mean = rounded(sorted.reduce((sum, error) => sum + error, 0) / sorted.length);
    const p95 = rounded(sorted[Math.ceil(0.95 * sorted.length) - 1]!);
    return [{ at: rounded(middleOf(bin)), label: labelOf(bin), mean, p95 }];
  });
  return { path: slot.path, bins };
}

function binning(slot: SlotDomain) {
  if (slot.kind !== 'number') {
    const values = slot.kind === 'boolean' ? [false, true] : slot.values;
    const labelOf = (bin: number) => String(values[bin]);
    return { count: values.length, binOf: (raw: number) => raw, labelOf, middleOf: (bin: number) => bin };
  }
  const { min, max } = slot;
  const size = (max - min) / numberBins;
  const end = (bin: number) => rounded(min + bin * size);
  return {
    count: numberBins,
    binOf: (raw: number) => Math.min(numberBins - 1, Math.floor((raw - min) / size)),
    labelOf: (bin: number) => `${end(bin)} to ${end(bin + 1)}`,
    middleOf: (bin: number) => min + (bin + 0.5) * size,
  };
}

/** Evenly spaced up to the 99th percentile; one more bin holds the rest. */
function histogramOf(errors: Float64Array): Explanation['histogram'] {
  const sorted = errors.toSorted();
  const p99 = rounded(sorted[Math.ceil(0.99 * sorted.length) - 1]!);
  const top = Number.isFinite(p99) && p99 > 0 ? p99 : 1;
  const bins = 20;
  const counts = new Array<number>(bins + 1).fill(0);
  for (const error of errors) counts[Math.min(bins, Math.floor((error / top) * bins))]!++;
  const largest = Number.isFinite(sorted.at(-1)!) ? sorted.at(-1)! : top * 2;
  const edges = Array.from({ length: bins + 1 }, (_, bin) => rounded((bin * top) / bins));
  return { edges: [...edges, rounded(Math.max(largest, top))], counts };
}

/**
 * One sentence on where errors are largest: the worst bin of the input that matters most. Undefined where its mean error is
 * at most one and a half times that of the middle bin. `percent` writes an error as text.
 */
export function whereText({ inputs }: Explanation): string | undefined {
  const [input] = inputs;
  if (!input) return undefined;
  const means = input.bins.map(({ mean }) => mean).sort((a, b) => a - b);
  const typical = means[means.length >> 1]!;
  const worst = input.bins.reduce((a, b) => (b.mean > a.mean ? b : a));
  if (!(worst.mean > 1.5 * typical)) return undefined;
  return t(
    'Errors are largest where {0} is {1}: {2} on average there, {3} in the middle of all bins.',
    ...[input.path, binText(worst), formatPercent(worst.mean), formatPercent(typical)],
  );
}

/** A bin's label, which runs store in English, as the reader's language has it. */
export function binText({ label }: { readonly label: string }): string {
  const [, from, to] = /^(-?[\d.e+-]+) to (-?[\d.e+-]+)$/.exec(label) ?? [];
  if (from === undefined || to === undefined) return label;
  return t('{0} to {1}', writeNumber(Number(from), 'fourDigits'), writeNumber(Number(to), 'fourDigits'));
}
