/** What other extensions and language models get to see of a run. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import './clientVscode.ts';
import type { ApproximateOutcome } from '../../client/api.ts';

const { inWords, toolName } = await import('../../client/languageModelTool.ts');
const root = join(import.meta.dirname, '..', '..');

const network = { id: 'c1', topology: '2-8-1', params: 33, bytes: 132, speedup: 12 };
const error = { nrmse: 0.0123, meanRelative: 0.02, p99: 0.05, max: 0.2 };

const outcomes: readonly [ApproximateOutcome, RegExp][] = [
  [
    {
      kind: 'done',
      runId: 'r',
      front: [{ ...network, error }],
      verdict: 'It is 12 times faster.',
      applied: true,
    },
    /^It is 12 times faster\.\n- 2-8-1: 33 parameters, error 1\.23 % \(NRMSE\), largest 20\.0 %, 12 times faster.*\nprice calls the recommended network now/u,
  ],
  [
    { kind: 'done', runId: 'r', front: [], verdict: 'None is good.', applied: false, objection: 'It is slower.' },
    /^None is good\.\nNothing was changed\. It is slower\.$/u,
  ],
  [
    { kind: 'refused', reasons: [{ message: 'It reads the clock.', line: 3 }] },
    /cannot be approximated:\n- line 3: It reads/u,
  ],
  [{ kind: 'failed', message: 'No.', hint: 'Try again.' }, /^No\. Try again\.$/u],
  [{ kind: 'cancelled' }, /cancelled/u],
];

for (const [outcome, words] of outcomes) {
  test(`a language model reads about an outcome: ${outcome.kind}, ${words.source.slice(0, 20)}`, () => {
    assert.match(inWords('price', outcome), words);
  });
}

test('the tool of the manifest is the one that is registered', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    contributes: { languageModelTools: { name: string }[] };
  };
  assert.deepEqual(
    manifest.contributes.languageModelTools.map(({ name }) => name),
    [toolName],
  );
});

test('the documented interface is the one of the code', () => {
  const code = readFileSync(join(root, 'client', 'api.ts'), 'utf8');
  const documented = /```ts\n([\s\S]*?)```/u.exec(readFileSync(join(root, 'docs', 'api.md'), 'utf8'))?.[1] ?? '';
  const interfaces = documented.split(/\n(?=\/\*\*|export )/u).map((part) => part.trim());
  assert.ok(interfaces.length >= 5);
  for (const part of interfaces) assert.ok(code.includes(part), part);
});
