/** The language of the editor: `initialize` names it, and the package carries its texts. */
import { existsSync, readFileSync } from 'node:fs';
import { english, type Locale } from '../engine/texts.ts';
import { packagePath } from './assets.ts';

/** `de-AT` asks for `de-at`, then for `de`; whatever there are no texts for is English. Takes POSIX's `de_AT.UTF-8` too. */
export function readLocale(asked: string | undefined): Locale {
  const [tag = ''] = (asked ?? '').toLowerCase().replaceAll('_', '-').split(/[.@]/);
  if (!/^[a-z]{2,3}(-[a-z0-9]+)*$/.test(tag)) return english;
  const parts = tag.split('-');
  for (let count = parts.length; count > 0; count--) {
    const name = parts.slice(0, count).join('-');
    const path = packagePath('l10n', `bundle.l10n.${name}.json`);
    if (existsSync(path)) return { name, texts: JSON.parse(readFileSync(path, 'utf8')) as Locale['texts'] };
  }
  return english;
}
