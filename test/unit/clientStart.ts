/** The client's parts on a server that a test plays, in the editor of `clientVscode.ts`. */
import type { Client } from '../../client/commands.ts';
import type { Requests } from '../../client/requests.ts';
import * as fake from './clientVscode.ts';

const { handlePanelMessage } = await import('../../client/commands.ts');
const { VirtualTexts } = await import('../../client/compare.ts');
const { Panels } = await import('../../client/panels.ts');
const { Runs } = await import('../../client/run.ts');

/** What a test says of the server: how it answers, and, where it tells of progress, to whom. */
export type FakeServer = Pick<Requests, 'request'> & Partial<Requests>;

/** `logged` grows as the client writes to its log. */
export function startClient(server: FakeServer): { readonly client: Client; readonly logged: readonly string[] } {
  const requests: Requests = {
    onProgress: () => ({ dispose: () => undefined }),
    toWorkspaceEdit: async (edit) => edit as never,
    ...server,
  };
  const logged: string[] = [];
  const note = (text: string) => logged.push(text);
  const log = { error: note, warn: note, info: note, show: () => undefined };
  const panels = new Panels({
    extensionUri: new fake.Uri('file:///extension') as never,
    requests,
    onMessage: (panel, message) => handlePanelMessage(client, panel, message),
  });
  const client: Client = {
    session: { ...requests, log: log as never, restart: async () => undefined },
    panels,
    runs: new Runs({ requests, panels }),
    exact: new VirtualTexts('deepmaker-exact'),
    previews: new VirtualTexts('deepmaker-preview'),
  };
  return { client, logged };
}
