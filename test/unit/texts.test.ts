import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAmount } from '../../engine/format.ts';
import { currentLocale, english, inEnglish, t, useLocale } from '../../engine/texts.ts';
import { readLocale } from '../../server/locale.ts';
import { loadSource } from '../../server/source/lazy.ts';

test('texts are looked up in the bundle, and English where it has none', (context) => {
  context.after(() => useLocale(english));
  useLocale({ name: 'de', texts: { '{0} of {1}': '{1} davon {0}' } });
  assert.equal(t('{0} of {1}', '1', '2'), '2 davon 1');
  assert.equal(t('Networks'), 'Networks');
  assert.equal(
    inEnglish(() => t('{0} of {1}', '1', '2')),
    '1 of 2',
  );
  assert.throws(() => inEnglish(() => assert.fail('in the middle')));
  assert.equal(t('{0} of {1}', '1', '2'), '2 davon 1', 'English ends, however its function ends');
  useLocale(english);
  assert.equal(t('{0} of {1}', '1', '$&'), '1 of $&');
});

test("an editor's language is found by whatever name it has for it, and is English where there are no texts", () => {
  for (const [asked, found] of [
    ['de', 'de'],
    ['DE', 'de'],
    ['de-AT', 'de'],
    ['de_AT.UTF-8', 'de'],
    ['en', 'en-US'],
    ['fr', 'en-US'],
    ['C', 'en-US'],
    ['', 'en-US'],
    [undefined, 'en-US'],
    ['../../package', 'en-US'],
  ] as const) {
    assert.equal(readLocale(asked).name, found, asked);
  }
  assert.equal(readLocale('de').texts.Networks, 'Netze');
});

test('an amount is in the language, in one and in many', (context) => {
  context.after(() => useLocale(english));
  useLocale(readLocale('de'));
  assert.equal(formatAmount(1, 'network'), '1 Netz');
  assert.equal(formatAmount(2, 'network'), '2 Netze');
});

test('what knows source code speaks the same language', async (context) => {
  context.after(() => useLocale(english));
  useLocale(readLocale('de'));
  await loadSource();
  assert.equal(currentLocale().name, 'de');
});
