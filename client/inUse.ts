/** Puts a network into the source and takes it out again, while the panels of the function say so, and what it calls then. */
import type { FrontView, RegionReference } from '../server/protocol.ts';
import type { Client } from './commands.ts';
import { type Applied, applyCandidate, revertRegion } from './edits.ts';

type Parts = Pick<Client, 'session' | 'panels' | 'runs'>;

export async function applyShown(parts: Parts, front: FrontView, candidateId: string): Promise<Applied> {
  const { subject, runId } = front;
  const outcome = await whileShown(parts, subject, () => applyCandidate(parts.session, front, candidateId));
  if (outcome.kind !== 'applied') return outcome;
  for (const panel of parts.panels.showing(subject)) {
    // Other runs' fronts say nothing about this candidate.
    if (panel.front?.runId === runId) panel.show({ ...panel.front, applied: candidateId });
  }
  return outcome;
}

export async function revertShown(parts: Parts, region: RegionReference): Promise<Applied> {
  const outcome = await whileShown(parts, region, () => revertRegion(parts.session, region));
  if (outcome.kind !== 'applied') return outcome;
  for (const panel of parts.panels.showing(region)) {
    if (!panel.front) continue;
    const { applied: _reverted, ...front } = panel.front;
    panel.show(front);
  }
  return outcome;
}

/** A run that goes on keeps the panel's status to itself, and so does another change of the source. */
async function whileShown({ panels, runs }: Parts, region: RegionReference, change: () => Promise<Applied>) {
  const shown = (runs.isRunning(region) ? [] : panels.showing(region))
    .filter(({ status }) => status.kind !== 'editing')
    .map((panel) => ({ panel, before: panel.status }));
  for (const { panel } of shown) panel.setStatus({ kind: 'editing' });
  const outcome = await change();
  for (const { panel, before } of shown) {
    // What did not work before is over with a finished run; one that failed has still failed.
    if (panel.status.kind === 'editing') panel.setStatus(before.kind === 'ready' ? { kind: 'ready' } : before);
  }
  return outcome;
}
