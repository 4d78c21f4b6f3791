import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, test } from 'node:test';
import { type Bundle, type BundleRequest, bundleEmitted, bundleRegion } from '../../server/sampling/bundle.ts';
import { Sandbox } from '../../server/sampling/sandbox.ts';
import { succeeded } from './outcomes.ts';
import { fixture, numberToNumber } from './samplingSupport.ts';

const sandbox = succeeded(await Sandbox.start()).sandbox;
after(() => sandbox.dispose());

/** Loads a bundle and evaluates its function on 3. */
async function valueAt3({ code }: Bundle): Promise<number> {
  succeeded(await sandbox.load('it', code));
  const { outputs, firstProblem } = succeeded(await sandbox.evaluate('it', numberToNumber, Float64Array.of(3), 1));
  assert.equal(firstProblem, undefined);
  return outputs[0]!;
}

const requestOf = (file: string, access: string, overlay?: string): BundleRequest => ({
  file: fixture(file),
  access,
  ...(overlay === undefined ? {} : { overlay }),
});

const kinds: readonly [file: string, access: string, expected: number, overlay?: string][] = [
  ['good.ts', 'arrow', 1.5],
  ['good.ts', 'Pricer.twice', 6],
  ['good.ts', 'Pricer.prototype.half', 1.5],
  ['common.cjs', 'square', 12],
  ['decorated.tsx', 'Model.prototype.scale', 9],
  ['paths/uses.ts', 'uses', 103],
  [
    'good.ts',
    'unsaved',
    4,
    "import { discount } from './helper.ts';\nconst unsaved = (x: number) => discount(x) + 2.5;",
  ],
  ['new.mts', 'added', 4, 'const added = (x: number): number => x + 1;'],
  ['new.cts', 'added', 5, 'const added = (x: number): number => x + 2;\nexport = { other: 1 };'],
  ['new.js', 'added', 6, 'exports.added = added; function added(x) { return x + 3; } // last line'],
  ['new.mjs', 'added', 7, 'export { added as default }; const added = (x) => x + 4'],
  ['new.jsx', 'added', 8, 'const added = (x) => x + 5'],
  [
    'new.ts',
    'added',
    3,
    "import { basename } from 'node:path';\nconst added = (x: number) => basename(String(x)) === '3' ? x : 0;",
  ],
  [
    'new.ts',
    'added',
    3,
    "import * as vscode from 'vscode';\nexport class A extends vscode.Disposable {}\nconst added = (x: number) => x;",
  ],
];

for (const [file, access, expected, overlay] of kinds) {
  test(`bundles ${access} of ${overlay === undefined ? '' : 'an unsaved '}${file}`, async () => {
    assert.equal(await valueAt3(succeeded(await bundleRegion(requestOf(file, access, overlay)))), expected);
  });
}

test('names the files that went into a bundle', async () => {
  const { inputs } = succeeded(await bundleRegion({ file: fixture('good.ts'), access: 'arrow' }));
  assert.deepEqual(inputs.toSorted(), [fixture('good.ts'), fixture('helper.ts')]);
});

const failures: readonly [file: string, overlay: string | undefined, message: string][] = [
  ['syntax.ts', undefined, `${fixture('syntax.ts')}:2:13: Unexpected ";"`],
  [
    'syntax.ts',
    "import { a } from './missing.ts';\nconst x = a;",
    `${fixture('syntax.ts')}:1:19: Could not resolve "./missing.ts"`,
  ],
  ['syntax.ts', 'const x = 1;\nconst y = ;\nconst x = 2;', `${fixture('syntax.ts')}:2:11: Unexpected ";"`],
  [
    'missing.ts',
    undefined,
    `${fixture('missing.ts')} could not be read: ENOENT: no such file or directory, open '${fixture('missing.ts')}'`,
  ],
  ['style.css', undefined, 'style.css is not a TypeScript or JavaScript file.'],
];

for (const [file, overlay, message] of failures) {
  test(`says where ${file} does not bundle: ${basename(message)}`, async () => {
    const outcome = await bundleRegion(requestOf(file, 'x', overlay));
    assert.equal(outcome.kind === 'failed' && outcome.message, message);
  });
}

test('bundles emitted code', async () => {
  const text = 'type X = number;\nexport function doubleApprox(x: X): number {\n  return 2 * x;\n}\n';
  const bundle = succeeded(await bundleEmitted(text, 'doubleApprox'));
  assert.deepEqual(bundle.inputs, []);
  assert.equal(await valueAt3(bundle), 6);
  const broken = await bundleEmitted('export const a = ;', 'a');
  assert.equal(broken.kind === 'failed' && broken.message, 'approx.ts:1:18: Unexpected ";"');
});
