/** What one network of a run can be exported for, without emitting anything. */
import { t } from '../../engine/texts.ts';
import type { AnyTopology } from '../../engine/types.ts';
import { targetIds } from '../../engine/types.ts';
import type { ExportTarget, Failure } from '../protocol.ts';
import { findTarget } from '../targets/registry.ts';
import type { ServerTarget } from '../targets/target.ts';
import type { StoredRun } from './readRun.ts';
import { networkOf } from './storedNetworks.ts';

/** A target whose tools are missing here gets its code all the same, less thoroughly checked. */
export async function exportTargets(
  run: StoredRun,
  candidateId: string,
): Promise<{ readonly kind: 'targets'; readonly targets: readonly ExportTarget[] } | Failure> {
  const own = networkOf(run, candidateId);
  if (own.kind === 'failed') return own;
  const { topology } = own.network;
  const targets = targetIds.flatMap((id) => {
    const target = findTarget(id);
    return target.kind === 'failed' ? [] : [targetFor(target.found, topology)];
  });
  return { kind: 'targets', targets: await Promise.all(targets) };
}

async function targetFor({ target, unavailable }: ServerTarget, topology: AnyTopology): Promise<ExportTarget> {
  const { id, label } = target;
  const refused = target.refuses?.(topology);
  if (refused !== undefined) return { id, label, refused };
  const problem = await unavailable();
  return { id, label, ...(problem && { unchecked: t('Its tools are not on this machine: {0}', problem.message) }) };
}
