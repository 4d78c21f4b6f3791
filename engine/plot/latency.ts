/** Time per call against size, both logarithmic, with the straight line through it (Fig. 6 of the paper). */
import { type Correlation, correlate } from '../data/correlation.ts';
import { formatAmount, formatBytes, formatCount, formatDuration, significant } from '../format.ts';
import { writeNumber } from '../numbers.ts';
import { t } from '../texts.ts';
import { type Figure, still } from './figure.ts';
import { createFrame, drawAxes, type FrameOptions } from './frame.ts';
import { pointList, svg } from './svg.ts';

export interface TimedNetwork {
  /** For example `4-8-1 tanh`. */
  readonly name: string;
  readonly params: number;
  readonly bytes: number;
  /** Multiply-accumulates of one call. */
  readonly macs: number;
  readonly latencyNs: number;
}

export interface LatencyOptions {
  /** What was timed, for example `CPU`. */
  readonly target: string;
  /** Pixels. */
  readonly width: number;
}

const units = [
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
] as const;

/** Undefined without two timed networks. Those that took no time that a clock could see have no place on the axis. */
export function latencyFigure(timed: readonly TimedNetwork[], { target, width }: LatencyOptions): Figure | undefined {
  const networks = timed.filter(({ latencyNs }) => latencyNs > 0);
  if (networks.length < 2) return undefined;
  const sorted = [...networks].sort((a, b) => a.params - b.params);
  const longest = Math.max(...networks.map(({ latencyNs }) => latencyNs));
  const [unit, nanoseconds] = units.find(([, size]) => longest >= size) ?? ['ns', 1];
  const height = 340;
  const fit = correlate(sorted.map(({ params, latencyNs }) => [Math.log10(params), Math.log10(latencyNs)]));
  const line = fit
    ? [sorted[0]!, sorted.at(-1)!].map(({ params }) => ({ params, latencyNs: fitted(fit, params) }))
    : [];
  const options: FrameOptions = {
    x: { label: t('Parameters'), values: sorted.map(({ params }) => params), kind: 'log' },
    y: {
      label: t('Time per call on {0} ({1})', target, unit),
      values: [...sorted, ...line].map(({ latencyNs }) => latencyNs / nanoseconds),
      kind: 'log',
    },
    area: { left: 0, top: 0, width, height },
  };
  const frame = createFrame(options);
  const place = ({ params, latencyNs }: Pick<TimedNetwork, 'params' | 'latencyNs'>) =>
    frame.place(params, latencyNs / nanoseconds);
  const text = fit ? describe(fit) : t('Too few different networks for a correlation.');
  const marks = sorted.map((network) => {
    const { name, params, latencyNs } = network;
    const [cx, cy] = place(network);
    return svg(
      'circle',
      { cx, cy, r: 4.5 },
      svg('title', {}, `${name}: ${formatAmount(params, 'parameter')}, ${formatDuration(latencyNs)}`),
    );
  });
  return {
    id: 'latency',
    title: t('Time per call against parameters'),
    caption: t(
      'Both axes are logarithmic. {0} r is the correlation of the logarithms after Pearson, p is two-sided.',
      text,
    ),
    picture: still(
      { width, height },
      `${t('Time per call on {0} against parameters.', target)} ${text}`,
      drawAxes(frame, options),
      svg('polyline', { class: 'fit', points: pointList(line.map(place)) }),
      svg('text', { class: 'note', x: frame.left + 12, y: frame.top + 16 }, text),
      svg('g', { class: 'scatter' }, ...marks),
    ),
    table: {
      columns: [t('Network'), t('Parameters'), t('Size'), t('Multiply-accumulates'), t('Time per call')],
      rows: sorted.map(({ name, params, bytes, macs, latencyNs }) => [
        ...[name, formatCount(params), formatBytes(bytes), formatCount(macs), formatDuration(latencyNs)],
      ]),
    },
  };
}

const fitted = ({ slope, intercept }: Correlation, params: number): number =>
  10 ** (intercept + slope * Math.log10(params));

/** `r = 0.902, R² = 0.814, p = 0.00087, n = 9.` */
const describe = ({ r, r2, p, n }: Correlation): string =>
  `r = ${writeNumber(r, 'threeDecimals')}, R² = ${writeNumber(r2, 'threeDecimals')}, p ${probability(p)}, n = ${formatCount(n)}.`;

const probability = (p: number): string =>
  p < 1e-4 ? `< ${writeNumber(0.0001, 'sixDecimals')}` : `= ${significant(Number(p.toPrecision(2)))}`;
