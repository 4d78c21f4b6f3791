/** Every text that the extension shows can be translated, and the manifest and the code name the same things. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { extractTexts } from '../../scripts/texts.ts';
import { commandIds } from '../../server/protocol.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readStrings = (path: string) => JSON.parse(read(path)) as Record<string, string>;

test('the bundle for translators holds exactly the texts of the code', () => {
  const bundle = readStrings('l10n/bundle.l10n.json');
  assert.deepEqual(Object.keys(bundle), extractTexts(), '`npm run texts` writes it anew');
  for (const [key, text] of Object.entries(bundle)) assert.equal(text, key);
});

test('the manifest and its texts name the same keys', () => {
  const used = [...read('package.json').matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key!);
  assert.deepEqual([...new Set(used)].sort(), Object.keys(readStrings('package.nls.json')).sort());
});

/** Texts that are the same in a language; every other one that equals the English one was forgotten. */
const same: Readonly<Record<string, readonly string[]>> = {
  de: ['{0} (%)', 'Generation', 'Generation {0}', 'Maximum', 'log', 'optional'],
};
const languages = globSync('package.nls.*.json', { cwd: root }).map((file) => file.split('.').at(-2)!);
const filesOfLanguage = (english: string, extension: string) =>
  globSync(`${english}.*.${extension}`, { cwd: root }).map((file) => file.split('.').at(-2)!);

/** What a translation must keep as it is: places of values, code, and where links lead. */
const keptParts = (text: string) => text.match(/\{\d+\}|```.*?```|`[^`]*`|\]\([^)]*\)/gs)?.sort() ?? [];
/** Words that a translation must not hold, code apart. */
const leftInEnglish = /\b(?:the|with|which|networks?)\b/i;
const ownWords = (text: string) => text.replaceAll(/```.*?```|`[^`]*`|\]\([^)]*\)/gs, '');

test('there is German, and every language has texts of the manifest, of the code and of the walkthrough', () => {
  assert.ok(languages.includes('de'));
  assert.deepEqual(Object.keys(same).sort(), [...languages].sort());
  const walkthrough = globSync('media/walkthrough/*.md', { cwd: root }).filter((file) => !file.includes('.nls.'));
  assert.ok(walkthrough.length > 0);
  for (const [english, extension] of [
    ['l10n/bundle.l10n', 'json'],
    ...walkthrough.map((file) => [`${file.slice(0, -'.md'.length)}.nls`, 'md'] as const),
  ] as const) {
    assert.deepEqual(filesOfLanguage(english, extension).sort(), [...languages].sort(), english);
  }
});

for (const language of languages) {
  for (const english of ['package.nls', 'l10n/bundle.l10n']) {
    test(`${english}.${language}.json says everything that the English one says`, () => {
      const texts = readStrings(`${english}.json`);
      const translated = readStrings(`${english}.${language}.json`);
      assert.deepEqual(Object.keys(translated).sort(), Object.keys(texts).sort());
      for (const [key, text] of Object.entries(translated)) {
        assert.notEqual(text.trim(), '', key);
        assert.deepEqual(keptParts(text), keptParts(texts[key]!), key);
        assert.doesNotMatch(ownWords(text), leftInEnglish, key);
      }
      const equal = Object.keys(texts).filter((key) => translated[key] === texts[key]);
      // The keys of the code's bundle are its texts, those of the manifest's are names.
      const expected = (same[language] ?? []).filter((key) => key in texts);
      assert.deepEqual(equal.sort(), [...expected].sort());
    });
  }

  test(`the walkthrough in ${language} keeps the code and the pictures`, () => {
    for (const file of globSync(`media/walkthrough/*.nls.${language}.md`, { cwd: root })) {
      const text = read(file);
      assert.deepEqual(keptParts(text), keptParts(read(file.replace(`.nls.${language}`, ''))), file);
      assert.doesNotMatch(ownWords(text), leftInEnglish, file);
    }
  });
}

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
      'deepmaker.usePreview',
    ].sort(),
  );
});

test('the panel styles use theme colours only', () => {
  const css = (read('media/panel.css') + read('media/plot.css')).replaceAll(/\/\*[\s\S]*?\*\//g, '');
  assert.doesNotMatch(css, /#[0-9a-f]{3,8}\b(?=[^{]*[;}])|\brgba?\(|\bhsla?\(|url\(|@import/i);
});
