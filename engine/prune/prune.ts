/**
 * Algorithm 2: units leave one at a time, the layers taking turns, until the wanted share of the parameters is gone.
 * The pruning rate is the fraction of the network's parameters that were removed; a layer keeps its last unit.
 */
import { createRandom, type Random } from '../data/random.ts';
import type { Points } from './clusters.ts';
import { type PruningMethod, type Survivors, selectUnits } from './select.ts';

/** What the loop needs to know of a kind of network. A unit is a hidden neuron, or a filter. */
export interface Prunable<N> {
  parameters(network: N): number;
  /** Units of each layer that may lose some, first layer first. */
  units(network: N): readonly number[];
  /** How the turns are shared out between the layers of a network that is to be pruned: 1 for each is round robin. */
  turns(network: N): readonly number[];
  /** A layer's units as points: what tells them apart. */
  points(network: N, layer: number): Points;
  /** The network without the other units of that layer, and without all that belongs to them. */
  keep(network: N, layer: number, survivors: Survivors): N;
}

export interface PruningOptions<N> {
  /** Pruning rates to report, each in (0, 1), in ascending order. */
  readonly alphas: readonly number[];
  readonly method: PruningMethod;
  readonly seed: number;
  /** Trains the pruned network for a few epochs; it must keep its shape. Absent: the surgery alone. */
  readonly fineTune?: (network: N) => Promise<N>;
  /** Fine-tunes after every unit, as the algorithm is printed, instead of at each of `alphas`. */
  readonly everyStep?: boolean;
  /** Asked before every unit, and waited for, so that other work of the thread can pass. */
  readonly shouldStop?: () => boolean | Promise<boolean>;
}

export interface Pruned<N> {
  /** The rate that was asked for. */
  readonly alpha: number;
  /** The fraction of parameters that is gone: at least alpha, by less than one unit. */
  readonly rate: number;
  readonly network: N;
}

/**
 * One network for each rate; each goes on from the one before, fine-tuned. Ends early where it is stopped, or every layer
 * is down to one unit: rates beyond that have no network. Throws RangeError where a rate is not in (0, 1) or they do not
 * ascend.
 */
export async function prune<N>(kind: Prunable<N>, network: N, options: PruningOptions<N>): Promise<Pruned<N>[]> {
  const { alphas, fineTune = async (same: N) => same, everyStep = false, shouldStop = () => false } = options;
  checkAlphas(alphas);
  const before = kind.parameters(network);
  const rateOf = (pruned: N) => 1 - kind.parameters(pruned) / before;
  const random = createRandom(options.seed);
  const results: Pruned<N>[] = [];
  const turns = kind.turns(network);
  const units = kind.units(network);
  let current = network;
  for (const alpha of alphas) {
    while (rateOf(current) < alpha) {
      if (await shouldStop()) return results;
      const layer = nextLayer(units, kind.units(current), turns);
      if (layer === undefined) return results;
      current = withoutOneUnit(kind, current, layer, options.method, random);
      if (everyStep) current = await fineTune(current);
    }
    if (!everyStep) current = await fineTune(current);
    results.push({ alpha, rate: rateOf(current), network: current });
  }
  return results;
}

function checkAlphas(alphas: readonly number[]): void {
  alphas.forEach((alpha, index) => {
    if (!(alpha > 0 && alpha < 1)) throw new RangeError(`The pruning rate ${alpha} is not between 0 and 1.`);
    if (index > 0 && !(alpha > alphas[index - 1]!)) throw new RangeError('Pruning rates must ascend.');
  });
}

/** The layer with a unit to spare that has lost the fewest for its share of the turns; the first of equals. */
function nextLayer(before: readonly number[], now: readonly number[], turns: readonly number[]): number | undefined {
  const lost = now.map((units, layer) => (before[layer]! - units) / turns[layer]!);
  const spare = now.flatMap((units, layer) => (units > 1 ? [layer] : []));
  return spare.length === 0 ? undefined : spare.reduce((a, b) => (lost[b]! < lost[a]! ? b : a));
}

function withoutOneUnit<N>(kind: Prunable<N>, network: N, layer: number, method: PruningMethod, random: Random): N {
  const points = kind.points(network, layer);
  return kind.keep(network, layer, selectUnits(method, points, points.count - 1, random));
}
