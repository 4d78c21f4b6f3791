import { CodeLensRefreshRequest } from 'vscode-languageserver/node';
import type { ServerContext } from '../languageServer.ts';

/** Asks the editor to ask for lenses again, as something has changed that is not in the document. */
export function refreshLenses({ connection, client }: ServerContext): void {
  if (client.codeLensRefresh) void connection.sendRequest(CodeLensRefreshRequest.type);
}
