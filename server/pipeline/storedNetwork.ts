/** Networks as JSON: arrays are base64 of their 32-bit floats, little endian. */
import { z } from 'zod';
import { isCnn, isCnnNetwork, networkName, perceptron } from '../../engine/nn/models.ts';
import { quantiseCnn } from '../../engine/quantise/cnn/quantise.ts';
import type { AnyQuantised } from '../../engine/quantise/models.ts';
import { quantise } from '../../engine/quantise/quantise.ts';
import type { AnyNetwork, AnyTopology } from '../../engine/types.ts';
import type { StoredIntegers } from './datasetRun.ts';
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

/** The network in the integers that it was fitted to. Throws TypeError where the two are of different kinds. */
export function restoreIntegers(network: AnyNetwork, integers: StoredIntegers): AnyQuantised {
  const { format } = integers;
  if (integers.kind === 'perceptron') return quantise(perceptron(network), format, integers.calibration);
  if (isCnnNetwork(network)) return quantiseCnn(network, format, integers.calibration);
  throw new TypeError(`${networkName(network.topology)} is no convolutional network.`);
}
