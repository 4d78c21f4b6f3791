/** Prunes networks of a run that is over, and adds what comes of it to the run. */
import { resolve } from 'node:path';
import { pruneDataset } from './pruneDataset.ts';
import { pruneFunction } from './pruneFunction.ts';
import type { PruneHooks, PruneOutcome, PruneRequest } from './pruneRequest.ts';
import type { StoredRun } from './readRun.ts';

export const pruneRun = (stored: StoredRun, request: PruneRequest, hooks: PruneHooks): Promise<PruneOutcome> =>
  stored.kind === 'function'
    ? pruneFunction(stored.result, resolve(stored.folder, '../../..'), request, hooks)
    : pruneDataset(stored.result, stored.folder, request, hooks);
