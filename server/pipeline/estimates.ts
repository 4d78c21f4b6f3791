/** What every network of a stored run takes on a target, known without training, measuring or running anything. */

import { setImmediate } from 'node:timers/promises';
import { encodingOf } from '../../engine/data/labelled.ts';
import type { CostItem } from '../../engine/emit/cost.ts';
import { callCost } from '../../engine/emit/cpu/cost.ts';
import { estimateProfiles, type ProfileEstimate } from '../../engine/emit/profiles/profiles.ts';
import { profileBasis, profileNotes, profileTable } from '../../engine/emit/profiles/table.ts';
import type { Target } from '../../engine/emit/target.ts';
import { t } from '../../engine/texts.ts';
import type { Encoding, TargetId } from '../../engine/types.ts';
import { type Config, circuitFor } from '../config.ts';
import type { Failure, NetworkEstimate, TargetEstimates } from '../protocol.ts';
import { findTarget } from '../targets/registry.ts';
import type { StoredRun } from './readRun.ts';
import { networkOf, type RunNetwork } from './storedNetworks.ts';

/** The networks that the run stores, in its order; those that the search alone has trained are not among them. */
export async function estimateRun(
  run: StoredRun,
  id: TargetId,
  config: Pick<Config, 'fpga'>,
): Promise<TargetEstimates | Failure> {
  const found = findTarget(id);
  if (found.kind === 'failed') return found;
  const { target, unavailable } = found.found;
  const networks: NetworkEstimate[] = [];
  for (const stored of run.result.networks) {
    networks.push(estimateNetwork(run, stored.id, { target, config }));
    // A large front takes seconds, in which the editor asks other things.
    await setImmediate();
  }
  const problem = await unavailable();
  return {
    kind: 'estimates',
    runId: run.result.runId,
    target: id,
    label: target.label,
    description: target.description,
    ...(problem && { unavailable: [problem.message, problem.hint].filter(Boolean).join(' ') }),
    networks,
    deviceBasis: profileBasis(),
  };
}

interface On {
  readonly target: Target;
  readonly config: Pick<Config, 'fpga'>;
}

function estimateNetwork(run: StoredRun, id: string, on: On): NetworkEstimate {
  const found = networkOf(run, id);
  if (found.kind === 'failed') return { id, refusal: found.message, figures: [] };
  const estimates = deviceEstimates(run, found);
  const devices = { table: profileTable(estimates), notes: profileNotes(estimates) };
  const refusal = on.target.refuses?.(found.network.topology);
  return refusal === undefined
    ? { id, figures: figuresOn({ ...on, encoding: encodingOfRun(run) }, found, estimates), devices }
    : { id, refusal, figures: [], devices };
}

const encodingOfRun = (run: StoredRun): Encoding =>
  run.kind === 'function' ? run.result.encoding : encodingOf(run.result.dataset, run.result.normalization);

function figuresOn(
  { target, config, encoding }: On & { readonly encoding: Encoding },
  own: RunNetwork,
  devices: readonly ProfileEstimate[],
): CostItem[] {
  const circuit = circuitFor(config, own.network.topology);
  const known = { encoding, ...(circuit && { circuit }) };
  const { parameterBytes, workingBytes, more } = target.estimate(own.network, own.quantised, known);
  const device = devices.find(({ profile }) => profile.id === target.id);
  return [
    item(t('Parameters'), parameterBytes, 'bytes', t('Counted, in the form in which the code stores them.')),
    item(t('Working memory'), workingBytes, 'bytes', t('Values between layers of one call, counted.')),
    ...more,
    ...(target.id === 'cpu' && own.quantised === undefined ? [typicalCall(own)] : []),
    ...(device ? [leastCall(device)] : []),
  ];
}

const item = (label: string, value: number, unit: string, basis: string): CostItem => ({ label, value, unit, basis });

const typicalCall = ({ network }: RunNetwork): CostItem =>
  item(t('Call, typical'), callCost(network.topology).ns, 'ns', t('Fitted to generated code on one desktop core.'));

const leastCall = ({ profile, leastLatencyNs, leastBasis }: ProfileEstimate): CostItem =>
  item(t('Call at least'), leastLatencyNs, 'ns', t('A bound, on {0}: {1}.', profile.name, leastBasis));

/** On the devices of the paper; a function's network that was measured says what to expect of its processor. */
export function deviceEstimates(run: StoredRun, { id, network, quantised }: RunNetwork): ProfileEstimate[] {
  const latencyNs = run.result.points.find((point) => point.id === id)?.latencyNs;
  const processor = run.kind === 'function' ? run.result.processor : undefined;
  return estimateProfiles(network, {
    ...(quantised && { quantised }),
    ...(latencyNs !== undefined && processor && { measured: { latencyNs, processor } }),
  });
}
