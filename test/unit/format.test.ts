import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatAmount,
  formatBound,
  formatBytes,
  formatCertificate,
  formatComparison,
  formatCount,
  formatDuration,
  formatPercent,
  formatSpeedup,
  formatTimeLeft,
  formatVariant,
  significant,
} from '../../engine/format.ts';
import { readNumber } from '../../engine/numbers.ts';
import { english, inEnglish, useLocale } from '../../engine/texts.ts';
import { readLocale } from '../../server/locale.ts';
import './clientVscode.ts';

const { parseRange } = await import('../../client/ranges.ts');

function check<T>(format: (value: T) => string, rows: readonly (readonly [T, string])[]): void {
  for (const [value, text] of rows) assert.equal(format(value), text, `for ${value}`);
}

test('fractions read as percentages with three significant digits', () => {
  check(formatPercent, [
    [0, '0 %'],
    [0.003812, '0.381 %'],
    [0.0038, '0.380 %'],
    [0.01, '1.00 %'],
    [0.31, '31.0 %'],
    [1, '100 %'],
    [12.3456, '1,230 %'],
    [0.0000123, '0.00123 %'],
    [1e-9, 'below 0.0001 %'],
    [Number.POSITIVE_INFINITY, 'no finite result'],
    [Number.NaN, 'no finite result'],
  ]);
  check(formatBound, [
    [0.02, '2 %'],
    [0.0125, '1.25 %'],
  ]);
});

test('durations use the unit that keeps them short', () => {
  check(formatDuration, [
    [0.25, '0.25 ns'],
    [12.34, '12.3 ns'],
    [999.4, '999 ns'],
    [999.9, '1 µs'],
    [4100, '4.1 µs'],
    [2_500_000, '2.5 ms'],
    [1.2e9, '1.2 s'],
    [Number.NaN, 'no finite result'],
  ]);
});

test('speed is said in words, in both directions, and noise is not called a gain', () => {
  check(formatSpeedup, [
    [3.21, '3.2 times faster'],
    [1 / 2.1, '2.1 times slower'],
    [1.08, '1.08 times faster'],
    [1.01, 'as fast'],
    [0.98, 'as fast'],
    [1234, '1,230 times faster'],
    [0, 'of unknown speed'],
    [Number.NaN, 'of unknown speed'],
  ]);
  check(formatComparison, [
    [3.2, '3.2 times faster than the exact function'],
    [0.5, '2 times slower than the exact function'],
    [1, 'as fast as the exact function'],
    [0, 'of unknown speed'],
  ]);
});

test('counts separate thousands and agree with their noun', () => {
  check(formatCount, [[1234567, '1,234,567']]);
  check(
    (count: number) => formatAmount(count, 'network'),
    [
      [0, '0 networks'],
      [1, '1 network'],
      [1500, '1,500 networks'],
    ],
  );
});

test('numbers are written as the language does, and read back', (context) => {
  context.after(() => useLocale(english));
  const typed = ['1960', '0.125', '12.5', '1,5', '0,125', '1234.5'];
  assert.deepEqual(typed.map(readNumber), [1960, 0.125, 12.5, 1.5, 0.125, 1234.5]);
  assert.deepEqual(['1,960', '1.960', '1,234,567.5', '1,2,3', '1e3', '', '.', '-1'].map(readNumber).map(String), [
    ...['1960', '1.96', '1234567.5', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN'],
  ]);
  useLocale(readLocale('de'));
  assert.deepEqual(typed.map(readNumber), [1960, 0.125, 12.5, 1.5, 0.125, 1234.5]);
  assert.deepEqual(['1.960', '1,960', '1.234.567,5'].map(readNumber), [1960, 1.96, 1234567.5]);
  for (const [shown, text] of [
    [formatCount(1960), '1.960'],
    [formatPercent(0.00381), '0,381 %'],
    [formatPercent(1e-9), 'unter 0,0001 %'],
    [formatPercent(Number.NaN), 'kein endliches Ergebnis'],
    [formatBound(0.0125), '1,25 %'],
    [formatDuration(4100), '4,1 µs'],
    [formatTimeLeft(6000), 'etwa 1,7 h'],
    [formatBytes(16_712), '16,7 kB'],
    [formatVariant('pruned', 0.3), 'um 30 % beschnitten'],
    [formatSpeedup(1.08), '1,08-mal so schnell'],
    [formatComparison(0.5), '2-mal so langsam wie die exakte Funktion'],
    [formatAmount(1500, 'training row'), '1.500 Trainingszeilen'],
    [
      formatCertificate({ error: 0.012, share: 0.9999, confidence: 0.95 }),
      'Fehler höchstens 1,20 % für mindestens 99,9 % der Eingaben (Konfidenz 95 %)',
    ],
  ] as const) {
    assert.equal(shown, text);
  }
  assert.equal(
    inEnglish(() => formatCount(1960.5)),
    '1,960.5',
  );
});

test('whatever is written in a language is read back in it', (context) => {
  context.after(() => useLocale(english));
  for (const language of ['en', 'de']) {
    useLocale(readLocale(language));
    fc.assert(
      fc.property(fc.double({ min: 1e-5, max: 1e12, noNaN: true }), (value) => {
        const text = significant(value);
        assert.equal(significant(readNumber(text)), text);
      }),
    );
  }
});

test('ranges are read as people type them', () => {
  for (const text of ['10, 160', '10,160', ' [10, 160] ', '10; 160', '1e1,1.6e2']) {
    assert.deepEqual(parseRange(text), { kind: 'range', range: [10, 160] }, text);
  }
});

test('what is not a range is answered with what to type', () => {
  const rows = [
    ['', 'Enter the smallest and the largest value with a comma between them, for example 10, 160.'],
    ['10', 'Enter the smallest and the largest value with a comma between them, for example 10, 160.'],
    ['10,', 'Enter the smallest and the largest value with a comma between them, for example 10, 160.'],
    ['1,2,3', 'Enter the smallest and the largest value with a comma between them, for example 10, 160.'],
    ['a, b', 'Both values must be finite numbers, for example 10, 160.'],
    ['0, Infinity', 'Both values must be finite numbers, for example 10, 160.'],
    ['5, 5', 'The first value must be smaller than the second.'],
    ['160, 10', 'The first value must be smaller than the second.'],
  ] as const;
  for (const [text, message] of rows) assert.deepEqual(parseRange(text), { kind: 'invalid', message }, text);
});

test('every range that can be typed is read back exactly', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(finite, finite, (a, b) => {
      fc.pre(a !== b);
      const range = a < b ? [a, b] : [b, a];
      assert.deepEqual(parseRange(`${range[0]}, ${range[1]}`), { kind: 'range', range: range.map((end) => end + 0) });
    }),
  );
});

test('the time that is left reads no more precise than it is', () => {
  check(formatTimeLeft, [
    [0, 'about 1 s'],
    [42.4, 'about 42 s'],
    [59.6, 'about 1 min'],
    [754, 'about 13 min'],
    [5400, 'about 90 min'],
    [6000, 'about 1.7 h'],
    [123_456, 'about 34 h'],
  ]);
});
