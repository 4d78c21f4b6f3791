/** Figures as people read them: three significant digits, with a unit. */

/** 0.00421 -> '0.421 %'. */
export const formatPercent = (fraction: number): string => `${significant(fraction * 100)} %`;

/** 1234.5 -> '1.23 us'. */
export function formatNanoseconds(nanoseconds: number): string {
  const units = ['ns', 'us', 'ms', 's'];
  let value = nanoseconds;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${significant(value)} ${units[unit]}`;
}

/** 35.2 -> '35.2x'; 0.43 -> '0.430x'. */
export const formatSpeedup = (speedup: number): string => `${significant(speedup)}x`;

/** 'is 3.2 times faster', 'is 2.3 times slower'. */
export const compareSpeed = (speedup: number): string =>
  speedup >= 1 ? `${significant(speedup)} times faster` : `${significant(1 / speedup)} times slower`;

/** Three significant digits without an exponent. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value === 0 ? '0' : Math.abs(value) < 0.001 ? value.toExponential(1) : value.toPrecision(3);
}
