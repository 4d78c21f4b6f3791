/** What the status-bar picker lists. */
import type { ServerContext } from '../languageServer.ts';
import { TargetsRequest } from '../protocol.ts';
import { describeTargets } from '../targets/registry.ts';
import { lspRequest } from './lspTypes.ts';

export function registerTargets({ connection }: ServerContext): void {
  connection.onRequest(lspRequest(TargetsRequest.type), () => describeTargets());
}
