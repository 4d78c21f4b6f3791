/** What is asked of a network in integers whatever its kind, as ../nn/models.ts does for the others. */
import type { AnyNetwork, CnnNetwork, Encoding } from '../types.ts';
import { predictQuantisedCnn, type QuantisedCnn, quantisedCnnBytes } from './cnn/quantise.ts';
import { predictQuantised, type QuantisedNetwork, quantisedBytes } from './quantise.ts';

export type AnyQuantised = QuantisedNetwork | QuantisedCnn;

/** The networks in integers that a network can become. */
export type QuantisedOf<Network extends AnyNetwork> = Network extends CnnNetwork ? QuantisedCnn : QuantisedNetwork;

export const isQuantisedCnn = (network: AnyQuantised): network is QuantisedCnn => 'stages' in network;

/** What its constants take in a program. */
export const integerBytes = (network: AnyQuantised): number =>
  isQuantisedCnn(network) ? quantisedCnnBytes(network) : quantisedBytes(network);

/** The interpreter: raw input slots (count, inputs) to raw output slots (count, outputs). */
export const predictIntegers = (
  network: AnyQuantised,
  encoding: Encoding,
  raw: Float64Array,
  count: number,
): Float64Array =>
  isQuantisedCnn(network)
    ? predictQuantisedCnn(network, encoding, raw, count)
    : predictQuantised(network, encoding, raw, count);
