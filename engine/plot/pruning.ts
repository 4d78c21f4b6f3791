/** Accuracy against the share of parameters that pruning removed (Fig. 10 of the paper). */
import { formatCount, formatPercent } from '../format.ts';
import { capitalise, t } from '../texts.ts';
import { type Figure, type Measure, type PlottedNetwork, sample, someOf, still } from './figure.ts';
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
  const accuracy = measure === 'nrmse' ? '1 - NRMSE' : t('accuracy');
  const caption = t(
    '{0} after pruning and fine-tuning: {1}. A pruning rate of 0 % is the network before.',
    capitalise(accuracy),
    someOf(shown.length, families.length),
  );
  const size = { width, height: 320 };
  return {
    id: 'pruning',
    title: t('Accuracy against pruning rate'),
    caption,
    picture: still(
      size,
      caption,
      drawLines({
        x: { label: t('Pruning rate (% of parameters)'), kind: 'linear' },
        y: { label: t('{0} (%)', capitalise(accuracy)), kind: 'linear' },
        area: { left: 0, top: 0, ...size },
        lines: shown.map(({ name, members }) => ({
          name,
          points: members.map(({ alpha, error }) => ({ x: alpha * 100, y: (1 - error) * 100 })),
        })),
        marks: true,
      }),
    ),
    table: {
      columns: [t('Network'), t('Pruning rate'), t('Parameters'), capitalise(accuracy)],
      rows: families.flatMap(({ name, members }) =>
        members.map(({ alpha, params, error }) => [
          name,
          `${formatCount(Math.round(alpha * 100))} %`,
          formatCount(params),
          formatPercent(1 - error),
        ]),
      ),
    },
  };
}
