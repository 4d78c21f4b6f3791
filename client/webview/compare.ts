/** What two networks differ by, figure by figure. */
import { significant } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { isError, type Metric, metricsOf } from './metrics.ts';

export interface ComparedRow {
  readonly name: string;
  readonly first: string;
  readonly second: string;
  /** Empty where one of them is not known. */
  readonly difference: string;
  readonly verdict?: 'better' | 'worse';
}

/** One row per metric that is known of either; differences are the second's, against the first. */
export function compareNetworks(view: FrontView, first: FrontPoint, second: FrontPoint): readonly ComparedRow[] {
  return metricsOf(view).flatMap((metric) => {
    const [a, b] = [metric.value(first), metric.value(second)];
    if (a === undefined && b === undefined) return [];
    const text = (value: number | undefined) => (value === undefined ? t('not measured') : metric.format(value));
    const row = { name: metric.name, first: text(a), second: text(b) };
    if (a === undefined || b === undefined || !Number.isFinite(a - b)) return [{ ...row, difference: '' }];
    if (a === b) return [{ ...row, difference: t('the same') }];
    const isBetter = metric.better === 'less' ? b < a : b > a;
    return [{ ...row, difference: differenceText(metric, a, b), verdict: isBetter ? 'better' : 'worse' } as const];
  });
}

/** In the metric's unit, with a sign, and how many times as much. */
function differenceText(metric: Metric, a: number, b: number): string {
  const sign = b > a ? '+' : '−';
  const amount = Math.abs(b - a);
  const factor = a > 0 && b > 0 ? t('{0} times', significant(b / a)) : '';
  return [`${sign}${amountText(metric, amount)}`, factor].filter((text) => text !== '').join(', ');
}

function amountText({ id, format }: Metric, amount: number): string {
  if (isError(id)) return t('{0} points', significant(amount * 100));
  // A speedup is written as a comparison, and a difference of two is none.
  return id === 'speedup' ? significant(amount) : format(amount);
}
