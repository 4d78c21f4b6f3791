/**
 * Attacks on the sandbox, each in a sandbox of its own, watched from outside: no file, no connection, no process is left, and
 * who asked gets an answer or a failure in words. What is not contained is listed in the README.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { bundleRegion } from '../../server/sampling/bundle.ts';
import { succeeded } from './outcomes.ts';
import { fixture, line, numberToNumber, withSandbox } from './samplingSupport.ts';

const attacks = [...readFileSync(fixture('attacks.ts'), 'utf8').matchAll(/^export function (\w+)/gmu)].map(
  ([, name]) => name!,
);
const folder = mkdtempSync(join(tmpdir(), 'deepmaker-attacks-'));
const marker = join(folder, 'marker');
let connections = 0;
let server: Server;

before(async () => {
  server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

for (const attack of attacks) {
  test(attack, async (t) => {
    const { port } = server.address() as { port: number };
    const overlay = readFileSync(fixture('attacks.ts'), 'utf8')
      .replace("'PORT'", String(port))
      .replace("'MARKER'", JSON.stringify(marker));
    const bundle = succeeded(await bundleRegion({ file: fixture('attacks.ts'), access: attack, overlay }));
    const outcomes = await withSandbox(
      async (sandbox) => {
        succeeded(await sandbox.load('attack', bundle.code));
        const ask = () => sandbox.evaluate('attack', numberToNumber, line(0, 1, 5), 5, { timeLimitMs: 2000 });
        const first = await ask();
        const second = await ask();
        // What was scheduled gets the time to happen.
        await setTimeout(50);
        return [first, second, await ask()];
      },
      { memoryMb: 128 },
    );
    for (const outcome of outcomes) {
      t.diagnostic(
        outcome.kind === 'failed' ? outcome.message : JSON.stringify(outcome.firstProblem ?? [...outcome.outputs]),
      );
      if (outcome.kind !== 'failed') assert.deepEqual([outcome.outputs.length, outcome.statuses.length], [5, 5]);
    }
    assert.ok(!existsSync(marker), 'wrote a file');
    assert.equal(connections, 0, 'opened a connection');
    assert.ok(!('kind' in {}), 'changed a prototype of this process');
  });
}
