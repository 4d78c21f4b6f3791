/**
 * The optional error predictor: a regression tree on how far the network was off on its training samples, cut at the level
 * above which a tenth of all calls would fall back. It becomes a chain of comparisons, so it costs a few nanoseconds where
 * a second network would cost as much as the first one.
 */
import type { Domain, ErrorTree } from '../types.ts';

export interface Labelled {
  readonly count: number;
  /** (count, slots) raw values, row-major. */
  readonly inputs: Float64Array;
  /** One error per row; see `sampleErrors`. */
  readonly errors: Float64Array;
}

export interface ErrorTreeOptions {
  readonly leaves?: number;
  /** Share of validation inputs that may fall back. Default 0.09: below a tenth, as new inputs will differ a little. */
  readonly fallbacks?: number;
}

const bins = 64;
const smallestNode = 40;
const smallestLeaf = 15;

interface Leaf {
  readonly rows: Uint32Array;
  readonly mean: number;
  readonly split?: Split;
}

interface Split {
  readonly slot: number;
  readonly threshold: number;
  /** By how much it lowers the sum of squares. */
  readonly gain: number;
}

type Node = { leaf: Leaf } | { slot: number; threshold: number; below: Node; above: Node };

/** Undefined where no split pays: the network is as good everywhere as anywhere. */
export function fitErrorTree(
  train: Labelled,
  validation: Labelled,
  domain: Domain,
  { leaves = 64, fallbacks = 0.09 }: ErrorTreeOptions = {},
): ErrorTree | undefined {
  if (domain.length === 0 || train.count === 0 || validation.count === 0) return undefined;
  // A few huge errors must not use up all the leaves: what counts is where errors are large, not how large they are. Most
  // errors are 0 where outputs are right or wrong, and a wrong one is 1.
  const sorted = train.errors.toSorted();
  const cap = 2 * sorted[Math.floor(0.95 * (train.count - 1))]! || 1;
  const targets = train.errors.map((error) => Math.min(error, cap));
  const root: Node = {
    leaf: leafOf(
      train,
      domain,
      targets,
      Uint32Array.from({ length: train.count }, (_, row) => row),
    ),
  };
  grow(root, train, domain, targets, leaves);
  const level = levelOf(root, [train, validation], domain.length, fallbacks);
  const tree = cut(root, level);
  return tree === true ? undefined : tree;
}

/** Splits the leaf that gains most, again and again. */
function grow(root: Node, train: Labelled, domain: Domain, targets: Float64Array, leaves: number): void {
  const open: { node: Node; leaf: Leaf }[] = 'leaf' in root ? [{ node: root, leaf: root.leaf }] : [];
  for (let count = 1; count < leaves; count++) {
    open.sort((a, b) => (b.leaf.split?.gain ?? 0) - (a.leaf.split?.gain ?? 0));
    const best = open.shift();
    if (!best?.leaf.split) return;
    const { slot, threshold } = best.leaf.split;
    const isBelow = (row: number) => train.inputs[row * domain.length + slot]! < threshold;
    const child = (rows: Uint32Array): Node & { leaf: Leaf } => ({ leaf: leafOf(train, domain, targets, rows) });
    const below = child(best.leaf.rows.filter(isBelow));
    const above = child(best.leaf.rows.filter((row) => !isBelow(row)));
    Object.assign(best.node, { slot, threshold, below, above });
    delete (best.node as { leaf?: Leaf }).leaf;
    open.push({ node: below, leaf: below.leaf }, { node: above, leaf: above.leaf });
  }
}

function leafOf(train: Labelled, domain: Domain, targets: Float64Array, rows: Uint32Array): Leaf {
  const sum = rows.reduce((total, row) => total + targets[row]!, 0);
  const mean = sum / rows.length;
  if (rows.length < smallestNode) return { rows, mean };
  let split: Split | undefined;
  domain.forEach((_, slot) => {
    const found = bestThreshold(train, domain, targets, rows, slot, sum);
    if (found && found.gain > (split?.gain ?? 1e-12 * sum * mean)) split = found;
  });
  return split ? { rows, mean, split } : { rows, mean };
}

/** The best of evenly spaced thresholds, between the values that occur; halves between whole numbers. */
function bestThreshold(
  train: Labelled,
  domain: Domain,
  targets: Float64Array,
  rows: Uint32Array,
  slot: number,
  sum: number,
): Split | undefined {
  const width = domain.length;
  const value = (row: number) => train.inputs[row * width + slot]!;
  let [low, high] = [Infinity, -Infinity];
  for (const row of rows) {
    low = Math.min(low, value(row));
    high = Math.max(high, value(row));
  }
  if (!(high > low)) return undefined;
  const own = domain[slot]!;
  const discrete = own.kind !== 'number' || own.integer;
  const steps = discrete && high - low < bins ? high - low + 1 : bins;
  const step = discrete && high - low < bins ? 1 : (high - low) / bins;
  const sums = new Float64Array(steps);
  const counts = new Uint32Array(steps);
  for (const row of rows) {
    const bin = Math.min(steps - 1, Math.floor((value(row) - low) / step));
    sums[bin]! += targets[row]!;
    counts[bin]!++;
  }
  let best: Split | undefined;
  let [belowSum, belowCount] = [0, 0];
  for (let bin = 0; bin < steps - 1; bin++) {
    belowSum += sums[bin]!;
    belowCount += counts[bin]!;
    const aboveCount = rows.length - belowCount;
    if (belowCount < smallestLeaf || aboveCount < smallestLeaf) continue;
    const gain = belowSum ** 2 / belowCount + (sum - belowSum) ** 2 / aboveCount - sum ** 2 / rows.length;
    const threshold = discrete && step === 1 ? low + bin + 0.5 : shortest(low + (bin + 1) * step, step / 100);
    if (gain > (best?.gain ?? 0)) best = { slot, threshold, gain };
  }
  return best;
}

/**
 * A number of as few digits as possible, from six on, that is this near to `value`: a threshold is text in the code. It must
 * not leave its bin, which six digits alone would let it where a range is far from 0.
 */
function shortest(value: number, near: number): number {
  for (let digits = 6; digits < 17; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.abs(rounded - value) <= near) return rounded;
  }
  return value;
}

/** The lowest level of predicted error that keeps fallbacks within their share of all samples: only inputs count here. */
function levelOf(root: Node, samples: readonly Labelled[], width: number, fallbacks: number): number {
  const predicted = Float64Array.from(samples.flatMap((each) => [...predictions(root, each, width)])).sort();
  return predicted[Math.max(0, Math.ceil((1 - fallbacks) * predicted.length) - 1)]!;
}

const predictions = (root: Node, { count, inputs }: Labelled, width: number): Float64Array =>
  Float64Array.from({ length: count }, (_, row) => {
    let node = root;
    while (!('leaf' in node)) {
      node = inputs[row * width + node.slot]! < node.threshold ? node.below : node.above;
    }
    return node.leaf.mean;
  });

/** True where the network is trusted; a split between equal halves is none. */
function cut(node: Node, level: number): ErrorTree {
  if ('leaf' in node) return node.leaf.mean <= level;
  const [below, above] = [cut(node.below, level), cut(node.above, level)];
  if (typeof below === 'boolean' && below === above) return below;
  return { slot: node.slot, threshold: node.threshold, below, above };
}

/** Whether the tree trusts the network on a row of raw slots. */
export function trusts(tree: ErrorTree, row: ArrayLike<number>, offset = 0): boolean {
  let node = tree;
  while (typeof node !== 'boolean') node = row[offset + node.slot]! < node.threshold ? node.below : node.above;
  return node;
}
