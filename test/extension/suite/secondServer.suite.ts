/**
 * Another process works on the same folder, as a second window's server does: here one over standard streams, as another
 * editor has it, because a second window would run the suites too.
 */
import assert from 'node:assert/strict';
import { suite, suiteSetup, suiteTeardown, test } from 'mocha';
import * as vscode from 'vscode';
import type { RunOutcome } from '../../../server/protocol.ts';
import { RpcClient } from '../../server/rpcClient.ts';
import { openFile } from './editor.ts';
import { longRun, makeRunsLong, run, untilSaid, untilTrained } from './longRun.ts';

const name = 'presentValue';

suite('A second server', () => {
  suiteSetup(() => makeRunsLong(true));
  suiteTeardown(() => makeRunsLong(false));

  test('the window says who has the run, and has it once the other one has ended', async () => {
    const region = { uri: (await openFile('prices.ts')).uri.toString(), name };
    const extension = vscode.extensions.getExtension('deepmaker.deepmaker')!;
    const cli = vscode.Uri.joinPath(extension.extensionUri, 'dist', 'cli.cjs').fsPath;
    const other = new RpcClient(process.execPath, [cli, 'lsp', '--stdio']);
    try {
      await other.request('initialize', { processId: process.pid, rootUri: null, capabilities: {} }).response;
      other.notify('initialized', {});
      const asked = { region, target: 'cpu', ranges: {}, trusted: true, settings: longRun };
      const theirs = other.request<RunOutcome>('deepmaker/run', asked);
      await untilTrained(name);

      const refused = await run(region);
      assert.ok(refused?.kind === 'failed', JSON.stringify(refused));
      await untilSaid(`${name} is being approximated already, by another process (PID ${other.pid})`);
      await vscode.commands.executeCommand('notifications.clearAll');

      other.notify('$/cancelRequest', { id: theirs.id });
      await theirs.response.catch(() => undefined);
      const before = await untilTrained(name);
      const cancellation = new vscode.CancellationTokenSource();
      const api = extension.exports as import('../../../client/api.ts').DeepMakerApi;
      const ours = api.approximate({ uri: vscode.Uri.parse(region.uri), name }, { token: cancellation.token });
      await untilTrained(name, before.length);
      cancellation.cancel();
      assert.equal((await ours).kind, 'cancelled');
    } finally {
      other.kill();
    }
  });
});
