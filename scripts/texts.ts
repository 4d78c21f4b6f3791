/** Writes l10n/bundle.l10n.json, the texts that can be translated, from the code: `npm run texts`. A test compares. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The extension asks VS Code; everything else asks engine/texts.ts. */
const sources = [
  { files: globSync('client/*.ts', { cwd: root }), call: 'l10n\\.t\\(' },
  { files: globSync(['client/webview/**/*.ts', '{engine,server}/**/*.ts'], { cwd: root }), call: '(?<![\\w.])t\\(' },
];

/** Each text once, sorted. Throws where one is no plain literal, because what it says could not be known. */
export function extractTexts(): readonly string[] {
  const texts = sources.flatMap(({ files, call }) =>
    files.flatMap((file) => {
      const code = readFileSync(join(root, file), 'utf8').replace('export function t(', '');
      const calls = [...code.matchAll(new RegExp(call, 'g'))].length;
      const literals = [...code.matchAll(new RegExp(`${call}\\s*(?:'([^'\\\\\\n]+)'|"([^"\\\\\\n]+)")\\s*[,)]`, 'g'))];
      if (literals.length !== calls) throw new Error(`${file}: a text that is not one plain literal`);
      return literals.map(([, single, double]) => (single ?? double)!);
    }),
  );
  return [...new Set(texts)].sort();
}

if (process.argv[1] === import.meta.filename) {
  const bundle = Object.fromEntries(extractTexts().map((text) => [text, text]));
  writeFileSync(join(root, 'l10n', 'bundle.l10n.json'), `${JSON.stringify(bundle, null, 2)}\n`);
}
