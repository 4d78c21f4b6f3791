/** The language server is killed in the middle of a run, between runs and again and again, and so is its sandbox. */
import assert from 'node:assert/strict';
import { setup, suite, suiteSetup, suiteTeardown, test } from 'mocha';
import * as vscode from 'vscode';
import { commandIds } from '../../../server/protocol.ts';
import { askDriver } from './askDriver.ts';
import { approximateActions, openFile, positionOf, until } from './editor.ts';
import { makeRunsLong, panelStatus, run, serverProcesses, untilEnded, untilSaid, untilTrained } from './longRun.ts';

const name = 'ripple';

suite('Server crash', () => {
  let document: vscode.TextDocument;
  let uri: string;

  suiteSetup(() => makeRunsLong(true));
  suiteTeardown(() => makeRunsLong(false));
  setup(async () => {
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    document = await openFile('prices.ts');
    uri = document.uri.toString();
  });

  test('the user is told, the server is restarted, and the run goes on from its journal', async () => {
    const region = { uri, name };
    const crashed = run(region);
    await untilTrained(name, 5);
    const ended = await crash();
    assert.equal((await crashed)?.kind, 'failed');
    assert.match(await panelStatus(), /The DeepMaker server stopped\..*a run continues where it stopped/s);
    assert.match(await askDriver({ kind: 'snapshot', surface: 'panel' }), /button "Open log"/);
    await untilSaid('The DeepMaker server stopped. Try again');
    await untilEnded(ended);
    const before = await untilTrained(name);
    await goesOn(region, before);
  });

  test('a sandbox that the system kills is a reason, and the next run works', async () => {
    await makeRunsLong(false);
    const region = { uri, name: 'crawl' };
    const sampled = run(region);
    const sandbox = await until('the sandbox', () => serverProcesses()?.sandboxes[0]);
    process.kill(sandbox, 'SIGKILL');
    const outcome = await sampled;
    assert.ok(outcome?.kind === 'failed' && /killed the sandbox/.test(outcome.message), JSON.stringify(outcome));
    await untilSaid('The operating system killed the sandbox');
    assert.ok(serverProcesses(), 'the server runs on');
    assert.equal((await run({ uri, name: 'settle' }))?.kind, 'done');
  });

  test('a server that crashes again and again is left alone, until somebody restarts it', async () => {
    await vscode.commands.executeCommand(commandIds.showFront, { uri, name: 'settle' });
    for (const restart of [clickRestart, () => vscode.commands.executeCommand('deepmaker.restartServer')]) {
      await crashUntilLeft(document);
      // Nothing else starts it, and who asks for something is told what to do.
      const refused = await run({ uri, name });
      assert.ok(refused?.kind === 'failed', JSON.stringify(refused));
      assert.match(`${refused.message} ${refused.hint}`, /stopped \d times.*not started again.*Restart server/);
      assert.equal(serverProcesses(), undefined);
      await restart();
      await until('a server that answers', () => answers(document));
      await vscode.commands.executeCommand('notifications.clearAll');
    }
    // The panel has been open all along, and speaks to the new server.
    await askDriver({ kind: 'click', surface: 'panel', role: 'button', name: '^Preview changes' });
    await until('a preview', () =>
      vscode.workspace.textDocuments.find(({ uri: { scheme } }) => scheme === 'deepmaker-preview'),
    );
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
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

/** The window starts another one each time, and at last says that it does not. */
async function crashUntilLeft(document: vscode.TextDocument): Promise<void> {
  const left = /server stopped \d times in \d minutes, and is not started again/;
  for (let crashes = 1; crashes < 10; crashes++) {
    await crash();
    const next = await until('a server that answers, or words', async () => {
      if (serverProcesses()) return (await answers(document)) && 'running';
      // A toast may be gone again before it is looked for; the list keeps it.
      await vscode.commands.executeCommand('notifications.showList');
      return left.test(await askDriver({ kind: 'snapshot', surface: 'workbench' })) ? 'left' : undefined;
    });
    if (next === 'left') return;
  }
  assert.fail('it is started for ever');
}

/** A process that has just been made does not, and ends before it has started where it is killed. */
async function answers(document: vscode.TextDocument): Promise<true | undefined> {
  const actions = await approximateActions(document, positionOf(document, `${name}(`));
  return actions.length > 0 || undefined;
}

const clickRestart = async () => {
  // Toasts may be gone again on a slow machine; the list keeps them.
  await vscode.commands.executeCommand('notifications.showList');
  await askDriver({ kind: 'click', surface: 'workbench', role: 'button', name: '^Restart server$' });
};

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
