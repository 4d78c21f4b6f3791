/** What networks are measured by: one entry serves the axes, the budget, the table and the comparison. */
import {
  formatAmount,
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

type ErrorId = Extract<MetricId, keyof FrontPoint['error']>;

const errorIds: readonly MetricId[] = ['nrmse', 'meanRelative', 'p99', 'max', 'missRate'] satisfies ErrorId[];

export const isError = (id: MetricId): boolean => errorIds.includes(id);

/** Those of a target, by what it calls them. */
const costLabels = {
  lut: 'LUT',
  dsp: 'DSP',
  blockRam: 'Block RAM',
  clocks: 'Latency',
  flash: 'Flash on a Cortex-M4',
  ram: 'RAM on a Cortex-M',
  leastNs: 'Call at least',
} as const satisfies Partial<Record<MetricId, string>>;

export const isTargetCost = (id: MetricId): id is keyof typeof costLabels => id in costLabels;

const cost = (id: keyof typeof costLabels, name: string, unit: string, format = formatCount): Metric => ({
  ...{ id, name, axis: unit === '' ? name : `${name} (${unit})`, better: 'less', factor: 1, format },
  value: (point) => point.cost?.find(({ label }) => label === costLabels[id])?.value,
});

const error = (id: ErrorId, name: string, axis = t('{0} (%)', name)): Metric => ({
  ...{ id, name, axis, better: 'less', factor: 100, format: formatPercent },
  value: (point) => point.error[id],
});

/** Built when it is asked for, because texts arrive after this file is loaded. */
export function metricOf(id: MetricId, { measure }: Pick<FrontView, 'measure'>): Metric {
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
    case 'lut':
      return cost(id, 'LUT', '');
    case 'dsp':
      return cost(id, 'DSP', '');
    case 'blockRam':
      return cost(id, t('Block RAM'), '');
    case 'clocks':
      return cost(id, t('Latency'), t('clocks'), (clocks) => formatAmount(clocks, 'clock'));
    case 'flash':
      return cost(id, t('Flash, Cortex-M4'), t('bytes'), formatBytes);
    case 'ram':
      return cost(id, t('RAM, Cortex-M'), t('bytes'), formatBytes);
    case 'leastNs':
      return cost(id, t('Least time on the device'), 'ns', formatDuration);
  }
}

/** Those that this run knows of at least one network. Where outputs are classes, one share of wrong ones says it all. */
export function metricsOf(view: Pick<FrontView, 'measure' | 'points'>): readonly Metric[] {
  const { measure, points } = view;
  return metricIds
    .filter((id) => measure === 'nrmse' || !['meanRelative', 'p99', 'max', 'missRate'].includes(id))
    .filter((id) => id !== 'missRate' || points.some(({ error: { missRate } }) => missRate > 0))
    .map((id) => metricOf(id, view))
    .filter(
      ({ id, value }) =>
        isError(id) || id === 'params' || id === 'bytes' || points.some((point) => value(point) !== undefined),
    );
}

/** A limit as somebody would type it: `2 %`, `32 kB`, `1 µs`, `500`, `3`. */
export function limitText({ id, factor, format }: Metric, limit: number): string {
  if (isError(id)) return `${significant(limit * factor)} %`;
  return id === 'speedup' ? significant(limit) : format(Math.max(0, limit));
}

const sizes = { '': 1, b: 1, k: 1e3, kb: 1e3, kib: 1024, m: 1e6, mb: 1e6, mib: 1024 ** 2 };
const times = { '': 1, ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9 };
const units: Partial<Record<MetricId, Readonly<Record<string, number>>>> = {
  ...{ bytes: sizes, flash: sizes, ram: sizes },
  ...{ latencyNs: times, leastNs: times },
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
  const own = units[id];
  const word = unit.trim().toLowerCase();
  const scale = own ? own[word] : id === 'clocks' || /^[%x]?$/.test(word) ? 1 / factor : undefined;
  const value = amount * (scale ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? { kind: 'limit', value } : { kind: 'invalid' };
}
