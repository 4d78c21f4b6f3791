/** Accuracy against the share of parameters that pruning removed (Fig. 10 of the paper). */
import { formatAmount, formatCount, formatPercent } from '../format.ts';
import { type Figure, type Measure, type PlottedNetwork, sample, still } from './figure.ts';
import { drawLines, tones } from './lines.ts';

export interface PrunedNetwork extends PlottedNetwork {
  /** The network that it was pruned from. */
  readonly prunedFrom: string;
  /** The share of parameters that was to be removed, 0 to 1. */
  readonly alpha: number;
}

export interface PruningOptions {
  readonly measure: Measure;
  /** Pixels. */
  readonly width: number;
}

/** One line per network that has pruned variants, which begins with the network itself. Undefined without any. */
export function pruningFigure(
  networks: readonly PlottedNetwork[],
  pruned: readonly PrunedNetwork[],
  { measure, width }: PruningOptions,
): Figure | undefined {
  const families = networks
    .map((network) => ({ network, variants: pruned.filter(({ prunedFrom }) => prunedFrom === network.id) }))
    .filter(({ variants }) => variants.length > 0)
    .sort((a, b) => a.network.params - b.network.params)
    .map(({ network, variants }) => ({
      name: network.name,
      members: [{ ...network, alpha: 0 }, ...variants].sort((a, b) => a.alpha - b.alpha),
    }));
  if (families.length === 0) return undefined;
  const shown = sample(families, tones);
  const accuracy = measure === 'nrmse' ? '1 - NRMSE' : 'accuracy';
  const some = shown.length < families.length ? `${shown.length} of ` : '';
  const caption = `${capitalise(accuracy)} after pruning and fine-tuning, for ${some}${formatAmount(families.length, 'network')}. A pruning rate of 0 % is the network before.`;
  const size = { width, height: 320 };
  return {
    id: 'pruning',
    title: 'Accuracy against pruning rate',
    caption,
    picture: still(
      size,
      caption,
      drawLines({
        x: { label: 'Pruning rate (% of parameters)', kind: 'linear' },
        y: { label: `${capitalise(accuracy)} (%)`, kind: 'linear' },
        area: { left: 0, top: 0, ...size },
        lines: shown.map(({ name, members }) => ({
          name,
          points: members.map(({ alpha, error }) => ({ x: alpha * 100, y: (1 - error) * 100 })),
        })),
        marks: true,
      }),
    ),
    table: {
      columns: ['Network', 'Pruning rate', 'Parameters', capitalise(accuracy)],
      rows: families.flatMap(({ name, members }) =>
        members.map(({ alpha, params, error }) => [
          name,
          `${Math.round(alpha * 100)} %`,
          formatCount(params),
          formatPercent(1 - error),
        ]),
      ),
    },
  };
}

const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
