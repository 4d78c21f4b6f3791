/** The targets of this version. */
import { t } from '../../engine/texts.ts';
import { type TargetDescription, type TargetId, targetIds } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { armServerTarget } from './arm.ts';
import { cpuServerTarget } from './cpu.ts';
import { fpgaServerTarget } from './fpga.ts';
import { gpuServerTarget } from './gpu.ts';
import { onnxServerTarget } from './onnx.ts';
import type { ServerTarget } from './target.ts';

export const serverTargets: readonly ServerTarget[] = [
  cpuServerTarget,
  armServerTarget,
  fpgaServerTarget,
  onnxServerTarget,
  gpuServerTarget,
];

/** Fails where there is no such target, with what can be picked instead. */
export function findTarget(id: string): { readonly kind: 'target'; readonly found: ServerTarget } | Failure {
  const found = serverTargets.find(({ target }) => target.id === id);
  if (found) return { kind: 'target', found };
  const known = serverTargets.map(({ target }) => target.id).join(', ');
  return { kind: 'failed', message: t('There is no target "{0}".', id), hint: t('Known targets: {0}.', known) };
}

/** One line for each target of the picker, in its order; those that cannot be checked here say why. */
export function describeTargets(): Promise<TargetDescription[]> {
  return Promise.all(targetIds.map(describe));
}

async function describe(id: TargetId): Promise<TargetDescription> {
  const found = serverTargets.find(({ target }) => target.id === id)!;
  const { label, description } = found.target;
  const problem = await found.unavailable();
  const unavailable = problem && [problem.message, problem.hint].filter(Boolean).join(' ');
  return { id, label, description, ...(unavailable ? { unavailable } : {}) };
}
