/** The listed networks as text for other programs: raw numbers, errors as fractions, times in nanoseconds. */
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { metricIds } from '../messages.ts';
import { isTargetCost, metricOf, metricsOf } from './metrics.ts';

function record(point: FrontPoint, view: FrontView): Readonly<Record<string, string | number | undefined>> {
  const { id, topology, activation, variant, variantOf, alpha, generation, macs, onFront } = point;
  const known = new Set(metricsOf(view).map((metric) => metric.id));
  const listed = metricIds.filter((metric) => !isTargetCost(metric) || known.has(metric));
  const figures = listed.map((metric) => {
    const value = metricOf(metric, view).value(point);
    return [metric, Number.isFinite(value) ? value : undefined] as const;
  });
  return {
    ...{ id, topology, activation, variant, variantOf, alpha, generation, onFront: String(onFront), macs },
    ...Object.fromEntries(figures),
  };
}

export const toJson = (points: readonly FrontPoint[], view: FrontView): string =>
  JSON.stringify(
    points.map((point) => ({ ...record(point, view), onFront: point.onFront })),
    undefined,
    2,
  );

/** As RFC 4180 has it, with a header; what is not known is empty. */
export function toCsv(points: readonly FrontPoint[], view: FrontView): string {
  const rows = points.map((point) => record(point, view));
  const columns = Object.keys(rows[0] ?? {});
  const cell = (value: string | number | undefined) => {
    const text = value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows.map((row) => columns.map((column) => row[column]))]
    .map((row) => row.map(cell).join(','))
    .join('\r\n');
}
