/** Which branches samples take, at their lines, in the function and in what it calls. */
import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { measureCoverage } from '../../server/pipeline/coverage.ts';
import { analyse, createSourceProject, instrument } from '../../server/source/index.ts';
import { line, withSandbox } from './samplingSupport.ts';

const helper = `export function helper(x: number): number {
  return x > 100 ? x * 2 : x;
}
`;
/** Sampled on [0, 1]; what is marked is never taken. */
const source = `import { helper } from './helper.ts';
type Way = 'a' | 'b';

/** @range x [0, 1] */
export function price(x: number): number {
  const ways: Way[] = x > 0.5 ? ['a'] : [];
  let sum = 0;
  if (x > 2) sum += 1;
  if (x < 3) sum += x;
  else if (x < 4) { sum -= 1; }
  for (let i = 0; i < 3; i++) sum += (i > 5 && sum) || helper(x);
  while (sum > 1000) sum /= 2;
  switch (ways[0]) {
    case 'a':
      sum += 1;
      break;
    case 'b':
      sum += 2;
  }
  return ((way) => (way ? sum : -sum))(ways[0] ?? null);
}
`;

test('uncovered branches are named at their lines, and counting changes no result', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-coverage-')));
  try {
    writeFileSync(join(folder, 'helper.ts'), helper);
    const file = join(folder, 'price.ts');
    writeFileSync(file, source);
    const project = createSourceProject();
    const analysis = analyse(project, { file, name: 'price' });
    assert.ok(analysis.kind === 'region', JSON.stringify(analysis));
    const { region } = analysis;
    const samples = { count: 300, inputs: line(0, 1, 300), outputs: new Float64Array(300) };
    const { coverage, counted } = await withSandbox(async (sandbox) => {
      const measured = await measureCoverage(sandbox, { region, samples });
      const rows = await sandbox.evaluate('covered', region.signature, samples.inputs, 300);
      return { coverage: measured, counted: rows.kind === 'evaluated' ? rows.outputs : undefined };
    });
    assert.ok(coverage);
    assert.deepEqual(
      coverage.uncovered.map((branch) => `${branch.file}:${branch.line}: ${branch.text}`),
      [
        'price.ts:8: x > 2 is never true',
        'price.ts:9: x < 3 is never false',
        'price.ts:10: x < 4 is never true',
        'price.ts:10: x < 4 is never false',
        'price.ts:11: the right side of i > 5 && sum is never computed',
        'price.ts:12: while (sum > 1000) sum /= 2; is never entered',
        "price.ts:17: case 'b': is never reached",
        'helper.ts:2: x > 100 is never true',
      ],
    );
    assert.equal(coverage.samples, 300);
    assert.equal(coverage.branches - coverage.covered, coverage.uncovered.length);
    const { price } = await import(file);
    assert.deepEqual(counted, samples.inputs.map(price));
    assert.equal(instrument(project, file, 'nothing'), undefined);
    const { texts } = instrument(project, file, 'price')!;
    assert.equal(texts.get(file)!.split('\n').length, source.split('\n').length, 'lines stay where they are');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
