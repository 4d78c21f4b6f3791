/** What the status-bar picker lists. */
import type { ServerContext } from '../languageServer.ts';
import { TargetsRequest } from '../protocol.ts';
import { describeTargets } from '../targets/registry.ts';

export function registerTargets({ connection }: ServerContext): void {
  connection.onRequest(TargetsRequest.type, () => describeTargets());
}
