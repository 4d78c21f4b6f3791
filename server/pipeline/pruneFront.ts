/** Pruned variants of trained networks. */
import type { PruningMethod } from '../../engine/prune/select.ts';
import type { Finalist } from './finalists.ts';
import { type PruningContext, pruneNetwork, pruningSuffix } from './pruneNetwork.ts';

/** All variants of all networks, in the order of the networks and then of the rates. */
export async function pruneFront(
  context: PruningContext,
  finalists: readonly Finalist[],
  method: PruningMethod,
  onPruned: () => void,
): Promise<Finalist[]> {
  const variants = await Promise.all(
    finalists.map(async ({ id, candidate, network }) => {
      const pruned = await pruneNetwork(context, network, candidate, method);
      onPruned();
      return pruned.map(
        ({ alpha, network: own, error }): Finalist => ({
          id: `${id}-${pruningSuffix(alpha, method)}`,
          candidate,
          network: own,
          error,
          made: { variant: 'pruned', variantOf: id, alpha },
        }),
      );
    }),
  );
  return variants.flat();
}
