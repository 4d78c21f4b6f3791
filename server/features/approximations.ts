/** `deepmaker/approximations`: every applied network of the workspace with its figures, whether it still stands, and what runs. */
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServerContext } from '../languageServer.ts';
import { readApproximations } from '../pipeline/approximations.ts';
import { readPlan } from '../pipeline/run.ts';
import { standingOf } from '../pipeline/stale.ts';
import { type AppliedNetwork, ApproximationsRequest, type RegionReference } from '../protocol.ts';
import { runHolder } from '../runLock.ts';
import { guardDisk } from '../store.ts';
import { filePathOf } from './files.ts';
import { lspRequest } from './lspTypes.ts';

export function registerApproximations(context: ServerContext): void {
  context.connection.onRequest(lspRequest(ApproximationsRequest.type), ({ uris, locks }) =>
    guardDisk(async () => ({
      kind: 'networks',
      networks: await appliedNetworks(context, uris),
      running: runningRegions(locks),
    })),
  );
}

/** Those whose run has got as far as having a plan. */
function runningRegions(locks: readonly string[]): RegionReference[] {
  return locks.flatMap((uri) => {
    const lock = filePathOf(uri);
    if (lock === undefined || runHolder(dirname(lock)) === undefined) return [];
    const region = readPlan(dirname(lock))?.region;
    return region?.file === undefined ? [] : [{ uri: pathToFileURL(region.file).href, name: region.name }];
  });
}

/** In the order of their files and names. Loads the compiler only where there is a record. */
async function appliedNetworks({ source }: ServerContext, uris: readonly string[]): Promise<AppliedNetwork[]> {
  const lists = uris.flatMap((uri) => filePathOf(uri) ?? []);
  const roots = [...new Set(lists.map((list) => dirname(dirname(list))))];
  const records = roots.flatMap((root) => (readApproximations(root) ?? []).map((record) => ({ root, record })));
  if (records.length === 0) return [];
  const { module, project } = await source();
  return records
    .map(({ root, record }): AppliedNetwork => {
      const standing = standingOf({ module, project, root }, record);
      const { name, target, topology, params, error, speedup, certificate, runId } = record;
      return {
        uri: pathToFileURL(resolve(root, record.file)).href,
        ...{ name, target, topology, params, error, speedup, runId },
        ...(certificate ? { certificate } : {}),
        standing: standing.kind,
        ...('message' in standing ? { message: standing.message } : {}),
      };
    })
    .sort((a, b) => (a.uri + a.name < b.uri + b.name ? -1 : 1));
}
