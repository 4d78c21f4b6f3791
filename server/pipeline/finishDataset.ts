/**
 * After the front of a dataset's search was tested: its networks are pruned and quantised, as `deepmaker prune` and
 * `deepmaker quantise` do, and their code is timed. Whatever was done before is remembered, so that a run that is cancelled
 * or killed in between goes on where it was.
 */
import type { LabelledSet } from '../../engine/data/dataset.ts';
import { withAdded } from './datasetResult.ts';
import type { DatasetResult } from './datasetRun.ts';
import { type IntegerFigures, offeredIntegers } from './finalists.ts';
import { prunedVariants, type VariantContext } from './pruneDataset.ts';
import { frontIds, type PruneHooks } from './pruneRequest.ts';
import { integerVariants, type QuantisedVariant } from './quantiseDataset.ts';
import { timeNetworks } from './timeDataset.ts';

export interface FinishContext extends VariantContext {
  readonly set: LabelledSet;
}

/** Where each step ends, as a share of them all. */
const shares = { pruning: 0.7, quantising: 0.85, timing: 1 } as const;

/** Undefined where the signal aborts. */
export async function finishDataset(context: FinishContext, result: DatasetResult): Promise<DatasetResult | undefined> {
  const part = (from: number, to: number) => ({ ...context, hooks: partOf(context.hooks, from, to) });
  const pruned = await prunedVariants(part(0, shares.pruning), result, frontIds(result, 'pruned'), 'similarity');
  if (!pruned) return undefined;
  const small = withAdded(result, pruned);
  const quantising = part(shares.pruning, shares.quantising);
  const integers = await integerVariants(quantising, small, frontIds(small, 'quantised'));
  if (!integers) return undefined;
  const offered = offeredIntegers(integers, figuresOf, result.config.maxBytes);
  return timeNetworks(part(shares.quantising, shares.timing), withAdded(small, offered));
}

const figuresOf = ({ point }: QuantisedVariant): IntegerFigures => ({ ...point, error: point.validationError });

const partOf = ({ signal, onProgress }: PruneHooks, from: number, to: number): PruneHooks => ({
  signal,
  onProgress: (message, fraction) => onProgress(message, from + (to - from) * fraction),
});
