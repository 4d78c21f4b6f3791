/** Networks as JSON: arrays are base64 of their 32-bit floats, little endian. */
import { z } from 'zod';
import { isCnn, isCnnNetwork } from '../../engine/nn/models.ts';
import type { AnyNetwork, AnyTopology } from '../../engine/types.ts';
import { decodeWeights, encodeWeights } from './run.ts';

export interface StoredAnyNetwork {
  readonly topology: AnyTopology;
  /** In the order of the network's own. */
  readonly weights: string;
  /** Of a convolutional network's normalisations. */
  readonly statistics?: string;
}

/** What has to be there; the rest of a topology was written by this version too. */
export const storedNetwork = z.object({
  topology: z.custom<AnyTopology>((value) => typeof value === 'object' && value !== null),
  weights: z.string(),
  statistics: z.string().exactOptional(),
});

export const storeNetwork = (network: AnyNetwork): StoredAnyNetwork => ({
  topology: network.topology,
  weights: encodeWeights(network.weights),
  ...(isCnnNetwork(network) && { statistics: encodeWeights(network.statistics) }),
});

export function restoreNetwork({ topology, weights, statistics = '' }: StoredAnyNetwork): AnyNetwork {
  if (!isCnn(topology)) return { topology, weights: decodeWeights(weights) };
  return { topology, weights: decodeWeights(weights), statistics: decodeWeights(statistics) };
}
