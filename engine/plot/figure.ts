/** What every figure has: a picture, what it shows in words, and the same figures as a table. */
import { formatAmount, formatCount } from '../format.ts';
import { t } from '../texts.ts';
import type { Size } from './frame.ts';
import { type SvgElement, svg } from './svg.ts';

export interface Figure {
  /** Names the figure in links and files. */
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly picture: SvgElement;
  readonly table: Table;
}

export interface Table {
  readonly columns: readonly string[];
  /** Text of each cell; all but the first column hold figures. */
  readonly rows: readonly (readonly string[])[];
}

/** A network as figures name it. */
export interface PlottedNetwork {
  readonly id: string;
  /** For example `4-8-1 tanh`. */
  readonly name: string;
  readonly params: number;
  /** A fraction. */
  readonly error: number;
}

/** Whether errors are NRMSE or shares of wrong classes. */
export type Measure = 'nrmse' | 'classes';

export const measureName = (measure: Measure): string => (measure === 'nrmse' ? 'NRMSE' : t('wrong classes'));

/** One picture that a screen reader hears as its label. */
export const still = ({ width, height }: Size, label: string, ...children: readonly SvgElement[]): SvgElement =>
  svg(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label },
    ...children,
  );

/** At most `count` of the items, evenly over the whole, the first and the last among them. */
export function sample<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, index) => items[Math.round((index * (items.length - 1)) / (count - 1))]!);
}

/** `12 networks, 6 of them drawn`, or `12 networks` where all are. */
export const someOf = (shown: number, all: number): string =>
  shown < all
    ? t('{0}, {1} of them drawn', formatAmount(all, 'network'), formatCount(shown))
    : formatAmount(all, 'network');
