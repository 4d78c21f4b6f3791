/** Every figure of a network, in groups: for its details, and for the comparison with another. */
import { formatBytes, formatCount, formatDuration, formatPercent, significant } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { isOffered } from './front.ts';

/** A term and its value; the third text, where there is one, says what the figure rests on. */
export type Row = readonly [term: string, value: string, basis?: string | undefined];

export interface FigureGroup {
  readonly title: string;
  readonly rows: readonly Row[];
}

export const allFigures = (view: FrontView, point: FrontPoint): readonly FigureGroup[] =>
  [
    { title: errorTitle(view, point), rows: errorRows(view, point) },
    {
      title: t('Size'),
      rows: [
        [t('Parameters'), formatCount(point.params)],
        [t('Constants'), formatBytes(point.bytes)],
        [t('Multiply-accumulates'), formatCount(point.macs)],
        [t('Found in generation'), formatCount(point.generation)],
      ] as const,
    },
    { title: t('Time per call'), rows: timeRows(view, point) },
    {
      title: t('Guard'),
      rows:
        point.fallbacks === undefined
          ? []
          : [[t('Left to the exact function'), t('{0} of inputs', formatPercent(point.fallbacks))] as const],
    },
  ].filter(({ rows }) => rows.length > 0);

export function errorTitle({ stage, subject }: FrontView, point: FrontPoint): string {
  if (stage !== 'done' || !isOffered(point, { subject })) return t('Error on validation data');
  return subject.kind === 'function' ? t('Error of the generated code, on held-out data') : t('Error on test data');
}

function errorRows({ measure }: FrontView, { error }: FrontPoint): readonly Row[] {
  if (measure === 'classes') return [[t('Wrong classes'), formatPercent(error.nrmse)]];
  return [
    ['NRMSE', formatPercent(error.nrmse)],
    [t('Mean relative'), formatPercent(error.meanRelative)],
    [t('99th percentile'), formatPercent(error.p99)],
    [t('Maximum'), formatPercent(error.max)],
    ...(error.missRate > 0 ? [[t('Wrong categories'), formatPercent(error.missRate)] as const] : []),
  ];
}

/** Nothing is timed, and there is nothing to compare with, where networks are for a data set. */
function timeRows({ subject, exactNs }: FrontView, point: FrontPoint): readonly Row[] {
  const { latencyNs, speedupInterval, batch } = point;
  const own: Row = [t('This network'), latencyNs === undefined ? t('not measured') : formatDuration(latencyNs)];
  if (subject.kind === 'dataset') return latencyNs === undefined ? [] : [own];
  return [
    own,
    [t('Exact function'), exactNs === undefined ? t('not measured') : formatDuration(exactNs)],
    ...(speedupInterval ? [[t('Speedup, 95 % interval'), intervalText(speedupInterval)] as const] : []),
    ...(batch
      ? [
          [t('In batches, per row'), formatDuration(batch.latencyNs)] as const,
          [t('Batch speedup, 95 % interval'), intervalText(batch.speedupInterval)] as const,
        ]
      : []),
  ];
}

const intervalText = ([low, high]: readonly [number, number]): string =>
  t('{0}x to {1}x', significant(low), significant(high));
