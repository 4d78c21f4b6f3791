/** What one network of a run can be exported for, without emitting anything. */
import { networkName } from '../../engine/nn/models.ts';
import type { AnyTopology, TargetId } from '../../engine/types.ts';
import { targetIds } from '../../engine/types.ts';
import type { ExportTarget, Failure } from '../protocol.ts';
import { findTarget } from '../targets/registry.ts';
import type { DatasetResult } from './datasetRun.ts';
import type { RunResult } from './run.ts';
import { restoreNetwork } from './storedNetwork.ts';

type Targets = { readonly kind: 'targets'; readonly targets: readonly ExportTarget[] } | Failure;

/** Nothing is run for it, so nothing has to be installed. */
export async function functionTargets(result: RunResult, candidateId: string): Promise<Targets> {
  const stored = result.networks.find(({ id }) => id === candidateId);
  if (!stored) return unknownNetwork(result.runId, candidateId);
  const { widths, activation } = stored;
  return { kind: 'targets', targets: targetIds.map((id) => targetFor(id, { widths, activation })) };
}

/** Its code is run on test rows where its target can be run here. */
export async function datasetTargets(result: DatasetResult, candidateId: string): Promise<Targets> {
  const stored = result.networks.find(({ id }) => id === candidateId);
  if (!stored) return unknownNetwork(result.runId, candidateId);
  const { topology } = restoreNetwork(stored);
  const integers = stored.integers?.kind === 'cnn' ? integersRefused(topology) : undefined;
  const targets = targetIds.map(async (id): Promise<ExportTarget> => {
    const target = targetFor(id, topology, integers);
    const found = findTarget(id);
    const problem = found.kind === 'failed' || target.refused ? undefined : await found.found.unavailable();
    if (!problem) return target;
    return { ...target, unchecked: `Its code is not run on this machine: ${problem.message}` };
  });
  return { kind: 'targets', targets: await Promise.all(targets) };
}

const integersRefused = (topology: AnyTopology): string =>
  `${networkName(topology)} in integers is a convolutional network, which cannot be written as code yet.`;

function targetFor(id: TargetId, topology: AnyTopology, problem?: string): ExportTarget {
  const found = findTarget(id);
  if (found.kind === 'failed') return { id, label: id, refused: found.message };
  const { target } = found.found;
  const refused = problem ?? target.refuses?.(topology);
  return { id, label: target.label, ...(refused === undefined ? {} : { refused }) };
}

const unknownNetwork = (runId: string, candidateId: string): Failure => ({
  kind: 'failed',
  message: `The run ${runId} holds no trained network ${candidateId}.`,
  hint: 'Select a network that can be used.',
});
