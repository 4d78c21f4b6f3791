/** Where a network is wrong: errors over each input, errors by size, predicted against exact. */
import { formatAmount, formatCount, formatPercent, significant } from '../format.ts';
import { t } from '../texts.ts';
import type { Explanation, PartialErrors } from '../trust/explain.ts';
import { binText, whereText } from '../trust/explain.ts';
import { type Figure, still } from './figure.ts';
import { createFrame, drawAxes, type FrameOptions } from './frame.ts';
import { drawLines } from './lines.ts';
import { pointList, svg } from './svg.ts';

const height = 260;

/** One figure for each input, the histogram, and the results where they are numbers. `name` is the network's. */
export function explanationFigures(
  explanation: Explanation,
  { name, width }: { name: string; width: number },
): Figure[] {
  return [
    ...explanation.inputs.map((input, index) => partialFigure(input, index, { explanation, name, width })),
    histogramFigure(explanation, { name, width }),
    ...(explanation.pairs ? [pairsFigure(explanation.pairs, { name, width })] : []),
  ];
}

function partialFigure(
  { path, bins }: PartialErrors,
  index: number,
  { explanation, name, width }: { explanation: Explanation; name: string; width: number },
): Figure {
  const where = index === 0 ? whereText(explanation) : undefined;
  const line = (of: 'mean' | 'p95') => bins.map((bin) => ({ x: bin.at, y: bin[of] * 100 }));
  const lines = [
    { name: t('95th pct.'), points: line('p95') },
    { name: t('mean'), points: line('mean') },
  ];
  return {
    id: `error-over-${index}`,
    title: t('Error over {0}', path),
    caption: [t('Of {0}, on held-out data, whatever the other inputs are.', name), where ?? ''].join(' ').trim(),
    picture: still(
      { width, height },
      `${t('Error over {0}', path)}: ${bins.map((bin) => `${binText(bin)}: ${formatPercent(bin.mean)}`).join('; ')}`,
      drawLines({
        x: { label: path, kind: 'linear' },
        y: { label: t("Error (% of the output's range)"), kind: 'linear' },
        area: { left: 0, top: 0, width, height },
        lines,
        marks: true,
      }),
    ),
    table: {
      columns: [path, t('Mean error'), t('95th percentile')],
      rows: bins.map((bin) => [binText(bin), formatPercent(bin.mean), formatPercent(bin.p95)]),
    },
  };
}

function histogramFigure({ histogram }: Explanation, { name, width }: { name: string; width: number }): Figure {
  const { edges, counts } = histogram;
  const bars = counts.slice(0, -1);
  const options: FrameOptions = {
    x: {
      label: t("Error (% of the output's range)"),
      values: edges.slice(0, -1).map((edge) => edge * 100),
      kind: 'linear',
    },
    y: { label: t('Samples'), values: [0, ...counts], kind: 'linear' },
    area: { left: 0, top: 0, width, height },
  };
  const frame = createFrame(options);
  const rest = counts.at(-1)!;
  const beyond = t(
    'Beyond {0}, up to {1}: {2}.',
    ...[formatPercent(edges.at(-2)!), formatPercent(edges.at(-1)!), formatAmount(rest, 'sample')],
  );
  return {
    id: 'error-histogram',
    title: t('Errors by size'),
    caption: `${t('Of {0}, on held-out data.', name)} ${beyond}`,
    picture: still(
      { width, height },
      `${t('Errors by size')}. ${beyond}`,
      drawAxes(frame, options),
      svg(
        'g',
        { class: 'bars' },
        ...bars.map((count, bin) => {
          const [x1, top] = frame.place(edges[bin]! * 100, count);
          const [x2, bottom] = frame.place(edges[bin + 1]! * 100, 0);
          return svg('rect', { x: x1, y: top, width: Math.max(0, x2 - x1 - 1), height: Math.max(0, bottom - top) });
        }),
      ),
    ),
    table: {
      columns: [t('Error'), t('Samples')],
      rows: counts.map((count, bin) => [
        t('{0} to {1}', formatPercent(edges[bin]!), formatPercent(edges[bin + 1]!)),
        formatCount(count),
      ]),
    },
  };
}

const listedPairs = 50;

function pairsFigure(
  pairs: NonNullable<Explanation['pairs']>,
  { name, width }: { name: string; width: number },
): Figure {
  const all = pairs.flat();
  const options: FrameOptions = {
    x: { label: t('Exact'), values: all, kind: 'linear' },
    y: { label: t('Network'), values: all, kind: 'linear' },
    area: { left: 0, top: 0, width, height: height + 60 },
  };
  const frame = createFrame(options);
  const ends = [Math.min(...all), Math.max(...all)].map((value) => frame.place(value, value));
  return {
    id: 'predicted-exact',
    title: t('Network against exact function'),
    caption: t('Of {0}, on held-out data: {1}. On the line both agree.', name, formatAmount(pairs.length, 'sample')),
    picture: still(
      { width, height: height + 60 },
      t('Results of the network against those of the exact function'),
      drawAxes(frame, options),
      svg('polyline', { class: 'fit', points: pointList(ends) }),
      svg(
        'g',
        { class: 'scatter' },
        ...pairs.map(([exact, approx]) => {
          const [cx, cy] = frame.place(exact, approx);
          return svg('circle', { cx, cy, r: 3 });
        }),
      ),
    ),
    table: {
      columns: [t('Exact'), t('Network')],
      rows: pairs.slice(0, listedPairs).map(([exact, approx]) => [significant(exact), significant(approx)]),
    },
  };
}
