/** `deepmaker revert FILE#FUNCTION`. */
import { revertOnDisk } from '../pipeline/onDisk.ts';
import { projectRoot } from '../store.ts';
import { type ExitCode, parseRegion, printFailure } from './common.ts';

export async function runRevert(args: readonly string[]): Promise<ExitCode> {
  const region =
    args.length > 1 ? ({ kind: 'failed', message: 'one function at a time.' } as const) : parseRegion(args[0]);
  if (region.kind === 'failed') {
    printFailure(region);
    return 2;
  }
  const outcome = await revertOnDisk(projectRoot(region.file), region.file, region.name);
  if (outcome.kind === 'failed') {
    printFailure(outcome);
    return 2;
  }
  console.log(
    `${region.name} computes exactly again. ${outcome.deleted ? `Deleted ${outcome.deleted}` : ''}`.trimEnd(),
  );
  return 0;
}
