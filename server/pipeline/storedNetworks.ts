/** The trained networks of a stored run of either kind, as they compute. */

import type { AnyQuantised } from '../../engine/quantise/models.ts';
import { t } from '../../engine/texts.ts';
import type { AnyNetwork } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import type { StoredRun } from './readRun.ts';
import { readStored } from './run.ts';
import { restoreIntegers, restoreNetwork } from './storedNetwork.ts';

export interface RunNetwork {
  readonly kind: 'network';
  readonly id: string;
  readonly network: AnyNetwork;
  /** The network in integers, where it computes in these. */
  readonly quantised?: AnyQuantised;
}

/** Fails where the run holds no such network. */
export function networkOf(run: StoredRun, id: string): RunNetwork | Failure {
  if (run.kind === 'function') {
    const stored = run.result.networks.find((own) => own.id === id);
    return stored ? { kind: 'network', id, ...readStored(stored) } : unknownNetwork(run, id);
  }
  const stored = run.result.networks.find((own) => own.id === id);
  if (!stored) return unknownNetwork(run, id);
  const network = restoreNetwork(stored);
  const quantised = stored.integers && restoreIntegers(network, stored.integers);
  return { kind: 'network', id, network, ...(quantised && { quantised }) };
}

function unknownNetwork({ result }: StoredRun, id: string): Failure {
  const message = t('The run {0} holds no trained network {1}.', result.runId, id);
  return { kind: 'failed', message, hint: t('Choose one of {0}.', result.networks.map((own) => own.id).join(', ')) };
}
