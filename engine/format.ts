/** Numbers as people read them, each with its unit. Panel, notifications, lenses and reports all use it, and so agree. */
import { type Noun, nounTexts } from './nouns.ts';
import type { VariantKind } from './types.ts';

export type { VariantKind };

const noResult = 'no finite result';

/** 12345 -> `12,345`. */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** 1 -> `1 network`, 12345 -> `12,345 networks`. */
export const formatAmount = (count: number, noun: Noun): string => {
  const [one, many] = nounTexts[noun]();
  return (count === 1 ? one : many).replace('{0}', formatCount(count));
};

/** A measured fraction as a percentage, always with three significant digits: 0.0038 -> `0.380 %`. */
export function formatPercent(fraction: number): string {
  if (!Number.isFinite(fraction)) return noResult;
  const percent = fraction * 100;
  if (percent > 0 && percent < 0.0001) return 'below 0.0001 %';
  if (percent === 0) return '0 %';
  return `${percent < 999.5 ? percent.toPrecision(3) : significant(percent)} %`;
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
  if (!Number.isFinite(nanoseconds)) return noResult;
  // Compared after rounding, so that 999.9 ns reads `1 µs` and not `1,000 ns`.
  const rounded = Number(nanoseconds.toPrecision(3));
  const [unit, size] = timeUnits.find(([, unitSize]) => rounded >= unitSize) ?? ['ns', 1];
  return `${significant(rounded / size)} ${unit}`;
}

/** An estimate of what is left, no more precise than it is: 40 -> `about 40 s`, 6000 -> `about 1.7 h`. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 59.5) return `about ${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 99.5 * 60) return `about ${Math.round(seconds / 60)} min`;
  return `about ${significant(Number((seconds / 3600).toPrecision(2)))} h`;
}

/** 96 -> `96 B`, 16712 -> `16.7 kB`: thousands, as sizes of storage are given. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 999_500 ? `${significant(bytes / 1e3)} kB` : `${significant(bytes / 1e6)} MB`;
}

/** How a network was made from another: `pruned by 30 %`, `8-bit integers`, `16-bit fixed point`; empty where it was not. */
export function formatVariant(variant: VariantKind | undefined, alpha?: number): string {
  switch (variant) {
    case undefined:
      return '';
    case 'pruned':
      return alpha === undefined ? 'pruned' : `pruned by ${formatBound(alpha)}`;
    case 'int8':
      return '8-bit integers';
    case 'fixed16':
      return '16-bit fixed point';
  }
}

/** Differences of a few percent are within what a timing can tell apart from noise. */
const noticeable = 1.05;

/** Exact time / approximate time, in words: 3.2 -> `3.2 times faster`, 0.5 -> `2 times slower`. */
export function formatSpeedup(speedup: number): string {
  if (!Number.isFinite(speedup) || speedup <= 0) return 'of unknown speed';
  if (speedup >= noticeable) return `${formatRatio(speedup)} times faster`;
  if (speedup <= 1 / noticeable) return `${formatRatio(1 / speedup)} times slower`;
  return 'as fast';
}

/** The same as a sentence about a network: `3.2 times faster than the exact function`. */
export function formatComparison(speedup: number): string {
  const words = formatSpeedup(speedup);
  if (words === 'as fast') return 'as fast as the exact function';
  return words.startsWith('of') ? words : `${words} than the exact function`;
}

/** Ratios close to 1 need the second decimal: 1.08 must not read `1.1`. */
const formatRatio = (ratio: number): string =>
  ratio < 1.2
    ? String(Number(ratio.toFixed(2)))
    : ratio < 100
      ? String(Number(ratio.toPrecision(2)))
      : significant(ratio);

/** What a certificate promises: `error at most 1.2 % for at least 90 % of inputs (95 % confidence)`. */
export function formatCertificate(certificate: {
  readonly error: number;
  readonly share: number;
  readonly confidence: number;
  readonly recorded?: true;
}): string {
  const { error, share, confidence, recorded } = certificate;
  const what = error === 0 ? 'right' : `error at most ${formatPercent(error)}`;
  // Rounded down: rounding up would promise more than was shown.
  const shown = Math.floor(share * 1000) / 10;
  return `${what} for at least ${shown} % of ${recorded ? 'recorded inputs' : 'inputs'} (${formatBound(confidence)} confidence)`;
}

/** Three significant digits without trailing zeros or exponents, and with thousands separated. */
export const significant = (value: number): string => sixDecimals.format(Number(value.toPrecision(3)));

/** Kept: making a format takes far longer than using it. */
const sixDecimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 });
