/** Every text that the extension shows can be translated, and the manifest and the code name the same things. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandIds } from '../../server/protocol.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readStrings = (path: string) => JSON.parse(read(path)) as Record<string, string>;

test('the bundle for translators holds exactly the texts of the code', () => {
  // The panel's script has a function of its own for it, which reads the same bundle.
  const used = ['client/*.ts', 'client/webview/*.ts'].flatMap((files) => {
    const call = files === 'client/*.ts' ? 'l10n\\.t\\(' : '(?<![\\w.])t\\(';
    return globSync(files, { cwd: root }).flatMap((file) => {
      const text = read(file).replace(/export function t\(.*/, '');
      const literals = [...text.matchAll(new RegExp(`${call}\\s*'((?:[^'\\\\]|\\\\.)*)'`, 'g'))];
      const calls = [...text.matchAll(new RegExp(call, 'g'))];
      assert.equal(literals.length, calls.length, `${file}: a text that is not a plain literal cannot be extracted`);
      return literals.map(([, literal]) => literal!);
    });
  });
  const bundle = readStrings('l10n/bundle.l10n.json');
  assert.deepEqual(Object.keys(bundle).sort(), [...new Set(used)].sort());
  for (const [key, text] of Object.entries(bundle)) assert.equal(text, key);
});

test('the manifest and its texts name the same keys', () => {
  const used = [...read('package.json').matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key!);
  assert.deepEqual([...new Set(used)].sort(), Object.keys(readStrings('package.nls.json')).sort());
});

test('every command is in the manifest, and nothing else is', () => {
  const manifest = JSON.parse(read('package.json')) as { contributes: { commands: { command: string }[] } };
  assert.deepEqual(
    manifest.contributes.commands.map(({ command }) => command).sort(),
    [
      ...Object.values(commandIds),
      'deepmaker.hideHotspots',
      'deepmaker.openLog',
      'deepmaker.openRun',
      'deepmaker.refreshApproximations',
      'deepmaker.restartServer',
      'deepmaker.revealRegion',
      'deepmaker.showHotspots',
    ].sort(),
  );
});

test('the panel styles use theme colours only', () => {
  const css = (read('media/panel.css') + read('media/plot.css')).replaceAll(/\/\*[\s\S]*?\*\//g, '');
  assert.doesNotMatch(css, /#[0-9a-f]{3,8}\b(?=[^{]*[;}])|\brgba?\(|\bhsla?\(|url\(|@import/i);
});
