/** The language server is killed in the middle of a run. */
import assert from 'node:assert/strict';
import { suite, suiteSetup, suiteTeardown, test } from 'mocha';
import * as vscode from 'vscode';
import { askDriver } from './askDriver.ts';
import { openFile, until } from './editor.ts';
import { makeRunsLong, panelStatus, run, serverProcesses, untilEnded, untilSaid, untilTrained } from './longRun.ts';

const name = 'ripple';

suite('Server crash', () => {
  suiteSetup(() => makeRunsLong(true));
  suiteTeardown(() => makeRunsLong(false));

  test('the user is told, the server is restarted, and the run goes on from its journal', async () => {
    const region = { uri: (await openFile('prices.ts')).uri.toString(), name };
    const crashed = run(region);
    await untilTrained(name, 5);
    const ended = await crash();
    assert.equal((await crashed)?.kind, 'failed');
    assert.match(await panelStatus(), /The DeepMaker server stopped\..*a run continues where it stopped/s);
    assert.match(await askDriver({ kind: 'snapshot', surface: 'panel' }), /button "Open log"/);
    await untilSaid('The DeepMaker server stopped. Try again');
    await untilEnded(ended);
    const before = await untilTrained(name);

    await vscode.commands.executeCommand('deepmaker.restartServer');
    await goesOn(region, before);
  });
});

/** Kills the server, which has to be there; answers which processes have to be gone. */
async function crash(): Promise<readonly number[]> {
  const { server, started } = await until('a server', serverProcesses);
  process.kill(server, 'SIGKILL');
  const all = [server, ...started];
  await untilEnded([server]);
  return all;
}

/** The run trains what the journal does not have, and nothing twice. */
async function goesOn(region: { readonly uri: string; readonly name: string }, before: readonly string[]) {
  const running = run(region);
  const after = await untilTrained(name, before.length);
  assert.deepEqual(after.slice(0, before.length), before);
  const keys = after.map((line) => (JSON.parse(line) as { readonly key: string }).key);
  assert.equal(new Set(keys).size, keys.length, 'no network is trained twice');
  await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Stop$' });
  const outcome = await running;
  assert.ok(outcome?.kind === 'cancelled' && outcome.evaluated >= before.length, JSON.stringify(outcome));
}
