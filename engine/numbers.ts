/** Numbers as the reader's language writes them: the one place where they become text for people. */
import { currentLocale } from './texts.ts';

/** Thousands are separated in all of them. */
const shapes = {
  /** At most three decimals. */
  count: {},
  sixDecimals: { maximumFractionDigits: 6 },
  threeDecimals: { minimumFractionDigits: 3, maximumFractionDigits: 3 },
  /** Trailing zeros stay. */
  threeDigits: { minimumSignificantDigits: 3, maximumSignificantDigits: 3 },
  /** Trailing zeros go. */
  fourDigits: { maximumSignificantDigits: 4 },
} as const satisfies Readonly<Record<string, Intl.NumberFormatOptions>>;

export type NumberShape = keyof typeof shapes;

/** Kept: making a format takes far longer than using it. */
const formats = new Map<string, Intl.NumberFormat>();

function formatOf(shape: NumberShape): Intl.NumberFormat {
  const { name } = currentLocale();
  const key = `${name} ${shape}`;
  const known = formats.get(key);
  if (known) return known;
  const format = new Intl.NumberFormat(name, shapes[shape]);
  formats.set(key, format);
  return format;
}

export const writeNumber = (value: number, shape: NumberShape): string => formatOf(shape).format(value);

/**
 * Reads what `writeNumber` writes, and decimal points and commas alike where they cannot separate thousands: in English
 * `1,960` is 1960 and `1,96` is 1.96. NaN for anything else, negative numbers among it.
 */
export function readNumber(text: string): number {
  const group = formatOf('count').format(1111).charAt(1);
  const [thousands, decimal] = group === '.' ? ['\\.', ','] : [',', '\\.'];
  const grouped = new RegExp(`^[1-9]\\d{0,2}(${thousands}\\d{3})+(${decimal}\\d+)?$`).test(text);
  const digits = (grouped ? text.replaceAll(group, '') : text).replace(',', '.');
  return /^(\d+\.?\d*|\.\d+)$/.test(digits) ? Number(digits) : Number.NaN;
}
