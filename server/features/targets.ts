/** What the status-bar picker lists. */
import { targetDescriptions } from '../../engine/emit/target.ts';
import type { ServerContext } from '../languageServer.ts';
import { TargetsRequest } from '../protocol.ts';

export function registerTargets({ connection }: ServerContext): void {
  connection.onRequest(TargetsRequest.type, () => targetDescriptions);
}
