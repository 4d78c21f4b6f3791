/** What networks are measured by: one entry serves the axes, the budget, the table and the comparison. */
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatSpeedup,
  significant,
} from '../../engine/format.ts';
import { readNumber } from '../../engine/numbers.ts';
import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { type MetricId, metricIds } from '../messages.ts';

export interface Metric {
  readonly id: MetricId;
  /** In lists and tables. */
  readonly name: string;
  /** With its unit, along an axis. */
  readonly axis: string;
  readonly better: 'less' | 'more';
  /** What a value is multiplied by on an axis and in a field. */
  readonly factor: number;
  /** Undefined where it is not known, as times are before the code is measured. */
  value(point: FrontPoint): number | undefined;
  format(value: number): string;
}

export const isError = (id: MetricId): boolean => !['params', 'bytes', 'latencyNs', 'speedup'].includes(id);

const error = (id: Extract<MetricId, keyof FrontPoint['error']>, name: string, axis = t('{0} (%)', name)): Metric => ({
  ...{ id, name, axis, better: 'less', factor: 100, format: formatPercent },
  value: (point) => point.error[id],
});

/** Built when it is asked for, because texts arrive after this file is loaded. */
function definition(id: MetricId, { measure }: Pick<FrontView, 'measure'>): Metric {
  switch (id) {
    case 'nrmse':
      return measure === 'classes'
        ? error(id, t('Wrong classes'), t('Error (wrong classes, %)'))
        : error(id, 'NRMSE', t('Error (NRMSE, %)'));
    case 'meanRelative':
      return error(id, t('Mean relative error'));
    case 'p99':
      return error(id, t('99th percentile'), t('99th percentile of errors (%)'));
    case 'max':
      return error(id, t('Largest error'));
    case 'missRate':
      return error(id, t('Miss rate'));
    case 'params':
      return {
        ...{ id, name: t('Parameters'), axis: t('Parameters'), better: 'less', factor: 1 },
        ...{ value: ({ params }) => params, format: formatCount },
      };
    case 'bytes':
      return {
        ...{ id, name: t('Size'), axis: t('Size (bytes)'), better: 'less', factor: 1 },
        ...{ value: ({ bytes }) => bytes, format: formatBytes },
      };
    case 'latencyNs':
      return {
        ...{ id, name: t('Time per call'), axis: t('Time per call (ns)'), better: 'less', factor: 1 },
        ...{ value: ({ latencyNs }) => latencyNs, format: formatDuration },
      };
    case 'speedup':
      return {
        ...{ id, name: t('Speedup'), axis: t('Speedup (times)'), better: 'more', factor: 1 },
        ...{ value: ({ speedup }) => speedup, format: formatSpeedup },
      };
  }
}

export const metricOf = (id: MetricId, view: Pick<FrontView, 'measure'>): Metric => definition(id, view);

/** Those that this run knows of at least one network. Where outputs are classes, one share of wrong ones says it all. */
export function metricsOf(view: Pick<FrontView, 'measure' | 'points'>): readonly Metric[] {
  const { measure, points } = view;
  return metricIds
    .filter((id) => measure === 'nrmse' || !['meanRelative', 'p99', 'max', 'missRate'].includes(id))
    .filter((id) => id !== 'missRate' || points.some(({ error: { missRate } }) => missRate > 0))
    .map((id) => definition(id, view))
    .filter(
      ({ id, value }) => isError(id) || id === 'params' || id === 'bytes' || points.some((point) => value(point)),
    );
}

/** A limit as somebody would type it: `2 %`, `32 kB`, `1 µs`, `500`, `3`. */
export function limitText({ id, factor, format }: Metric, limit: number): string {
  if (isError(id)) return `${significant(limit * factor)} %`;
  return id === 'speedup' ? significant(limit) : format(limit);
}

const units: Readonly<Record<'bytes' | 'latencyNs', Readonly<Record<string, number>>>> = {
  bytes: { '': 1, b: 1, k: 1e3, kb: 1e3, kib: 1024, m: 1e6, mb: 1e6, mib: 1024 ** 2 },
  latencyNs: { '': 1, ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9 },
};

export type Limit =
  | { readonly kind: 'none' }
  | { readonly kind: 'limit'; readonly value: number }
  | { readonly kind: 'invalid' };

/** Reads what was typed, with its unit or without; empty means none, and nonsense is told apart from both. */
export function parseLimit({ id, factor }: Pick<Metric, 'id' | 'factor'>, text: string): Limit {
  const [, digits, unit] = /^([\d.,]+)\s*(\D*)$/.exec(text.trim()) ?? [];
  if (text.trim() === '') return { kind: 'none' };
  if (digits === undefined || unit === undefined) return { kind: 'invalid' };
  const amount = readNumber(digits);
  const scale =
    id === 'bytes' || id === 'latencyNs'
      ? units[id][unit.trim().toLowerCase()]
      : /^[%x]?$/.test(unit.trim())
        ? 1 / factor
        : undefined;
  const value = amount * (scale ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? { kind: 'limit', value } : { kind: 'invalid' };
}
