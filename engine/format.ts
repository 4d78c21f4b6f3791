/**
 * Numbers as people read them, each with its unit, in the reader's language. Panel, notifications, lenses and reports all
 * use it, and so agree. The examples are English.
 */
import { type Noun, nounTexts } from './nouns.ts';
import { writeNumber } from './numbers.ts';
import { t } from './texts.ts';
import type { VariantKind } from './types.ts';

export type { VariantKind };

const noResult = () => t('no finite result');

/** 12345 -> `12,345`. */
export const formatCount = (count: number): string => writeNumber(count, 'count');

/** 1 -> `1 network`, 12345 -> `12,345 networks`. */
export const formatAmount = (count: number, noun: Noun): string => {
  const [one, many] = nounTexts[noun]();
  return (count === 1 ? one : many).replace('{0}', formatCount(count));
};

/** A measured fraction as a percentage, always with three significant digits: 0.0038 -> `0.380 %`. */
export function formatPercent(fraction: number): string {
  if (!Number.isFinite(fraction)) return noResult();
  const percent = fraction * 100;
  if (percent > 0 && percent < 0.0001) return t('below {0}', `${writeNumber(0.0001, 'sixDecimals')} %`);
  if (percent === 0) return '0 %';
  return `${percent < 999.5 ? writeNumber(percent, 'threeDigits') : significant(percent)} %`;
}

/** A bound that somebody chose, as they would write it: 0.02 -> `2 %`. */
export const formatBound = (fraction: number): string => `${significant(fraction * 100)} %`;

const timeUnits = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
] as const;

/** Nanoseconds in the unit that keeps one to three digits before the point: 4100 -> `4.1 µs`. */
export function formatDuration(nanoseconds: number): string {
  if (!Number.isFinite(nanoseconds)) return noResult();
  // Compared after rounding, so that 999.9 ns reads `1 µs` and not `1,000 ns`.
  const rounded = Number(nanoseconds.toPrecision(3));
  const [unit, size] = timeUnits.find(([, unitSize]) => rounded >= unitSize) ?? ['ns', 1];
  return `${significant(rounded / size)} ${unit}`;
}

/** An estimate of what is left, no more precise than it is: 40 -> `about 40 s`, 6000 -> `about 1.7 h`. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 59.5) return t('about {0} s', formatCount(Math.max(1, Math.round(seconds))));
  if (seconds < 99.5 * 60) return t('about {0} min', formatCount(Math.round(seconds / 60)));
  return t('about {0} h', significant(Number((seconds / 3600).toPrecision(2))));
}

/** 96 -> `96 B`, 16712 -> `16.7 kB`: thousands, as sizes of storage are given. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${formatCount(bytes)} B`;
  return bytes < 999_500 ? `${significant(bytes / 1e3)} kB` : `${significant(bytes / 1e6)} MB`;
}

/** How a network was made from another: `pruned by 30 %`, `8-bit integers`, `16-bit fixed point`; empty where it was not. */
export function formatVariant(variant: VariantKind | undefined, alpha?: number): string {
  switch (variant) {
    case undefined:
      return '';
    case 'pruned':
      return alpha === undefined ? t('pruned') : t('pruned by {0}', formatBound(alpha));
    case 'int8':
      return t('8-bit integers');
    case 'fixed16':
      return t('16-bit fixed point');
  }
}

/** Differences of a few percent are within what a timing can tell apart from noise. */
const noticeable = 1.05;

/** Exact time / approximate time, in words: 3.2 -> `3.2 times faster`, 0.5 -> `2 times slower`. */
export function formatSpeedup(speedup: number): string {
  switch (verdictOf(speedup)) {
    case 'unknown':
      return t('of unknown speed');
    case 'faster':
      return t('{0} times faster', formatRatio(speedup));
    case 'slower':
      return t('{0} times slower', formatRatio(1 / speedup));
    case 'same':
      return t('as fast');
  }
}

/** The same as a sentence about a network: `3.2 times faster than the exact function`. */
export function formatComparison(speedup: number): string {
  switch (verdictOf(speedup)) {
    case 'unknown':
      return t('of unknown speed');
    case 'faster':
      return t('{0} times faster than the exact function', formatRatio(speedup));
    case 'slower':
      return t('{0} times slower than the exact function', formatRatio(1 / speedup));
    case 'same':
      return t('as fast as the exact function');
  }
}

function verdictOf(speedup: number): 'unknown' | 'faster' | 'slower' | 'same' {
  if (!Number.isFinite(speedup) || speedup <= 0) return 'unknown';
  if (speedup >= noticeable) return 'faster';
  return speedup <= 1 / noticeable ? 'slower' : 'same';
}

/** Ratios close to 1 need the second decimal: 1.08 must not read `1.1`. */
const formatRatio = (ratio: number): string => significantTo(ratio, ratio < 1.2 || ratio >= 100 ? 3 : 2);

/** What a certificate promises: `error at most 1.2 % for at least 90 % of inputs (95 % confidence)`. */
export function formatCertificate(certificate: {
  readonly error: number;
  readonly share: number;
  readonly confidence: number;
  readonly recorded?: true;
}): string {
  const { error, share, confidence, recorded } = certificate;
  // Rounded down: rounding up would promise more than was shown.
  const values = [`${formatCount(Math.floor(share * 1000) / 10)} %`, formatBound(confidence)];
  if (error === 0) {
    return recorded
      ? t('right for at least {0} of recorded inputs ({1} confidence)', ...values)
      : t('right for at least {0} of inputs ({1} confidence)', ...values);
  }
  return recorded
    ? t('error at most {2} for at least {0} of recorded inputs ({1} confidence)', ...values, formatPercent(error))
    : t('error at most {2} for at least {0} of inputs ({1} confidence)', ...values, formatPercent(error));
}

/** Three significant digits without trailing zeros or exponents, and with thousands separated. */
export const significant = (value: number): string => significantTo(value, 3);

const significantTo = (value: number, digits: number): string =>
  writeNumber(Number(value.toPrecision(digits)), 'sixDecimals');
