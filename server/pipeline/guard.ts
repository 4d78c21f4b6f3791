/** The guard that a network's code gets. */
import { decode, encode } from '../../engine/data/encoding.ts';
import { outputUnits, sampleErrors } from '../../engine/data/metrics.ts';
import { fitErrorTree, type Labelled } from '../../engine/trust/errorTree.ts';
import type { AnyNetwork, Dataset, Domain, Encoding, Guard, Samples } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import { predictAny } from '../trainers.ts';

interface GuardContext {
  readonly request: { readonly config: Config };
  readonly dataset: Dataset;
  readonly encoding: Encoding;
  readonly domain: Domain;
}

/** With an error predictor where the user asked for one and the network is better in some places than in others. */
export function guardFor({ request, dataset, encoding, domain }: GuardContext, network: AnyNetwork): Guard {
  const { guard: mode, guardPredictor } = request.config;
  if (mode === 'none' || !guardPredictor) return { mode };
  const { train, validation, outputSlots } = dataset;
  const units = outputUnits(train.outputs, train.count, outputSlots);
  const labelled = ({ count, inputs, outputs }: Samples): Labelled => ({
    count,
    inputs,
    errors: sampleErrors(outputs, networkOutputs(network, encoding, { count, inputs, outputs }), outputSlots, units),
  });
  const trusted = fitErrorTree(labelled(train), labelled(validation), domain);
  return trusted === undefined ? { mode } : { mode, trusted };
}

/** What the network answers, raw: (count, outputSlots). */
export const networkOutputs = (network: AnyNetwork, encoding: Encoding, samples: Samples): Float64Array =>
  decode(predictAny(network, encode(samples, encoding).inputs, samples.count), samples.count, encoding);
