/** Where a network is wrong: errors over each input, errors by size, predicted against exact. */
import { formatCount, formatPercent, significant } from '../format.ts';
import type { Explanation, PartialErrors } from '../trust/explain.ts';
import { whereText } from '../trust/explain.ts';
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
  const where = index === 0 ? whereText(explanation, formatPercent) : undefined;
  const line = (of: 'mean' | 'p95') => bins.map((bin) => ({ x: bin.at, y: bin[of] * 100 }));
  const lines = [
    { name: '95th pct.', points: line('p95') },
    { name: 'mean', points: line('mean') },
  ];
  return {
    id: `error-over-${index}`,
    title: `Error over ${path}`,
    caption: `Of ${name}, on held-out data, whatever the other inputs are.${where === undefined ? '' : ` ${where}`}`,
    picture: still(
      { width, height },
      `Error over ${path}: ${bins.map(({ label, mean }) => `${label}: ${formatPercent(mean)}`).join('; ')}`,
      drawLines({
        x: { label: path, kind: 'linear' },
        y: { label: "Error (% of the output's range)", kind: 'linear' },
        area: { left: 0, top: 0, width, height },
        lines,
        marks: true,
      }),
    ),
    table: {
      columns: [path, 'Mean error', '95th percentile'],
      rows: bins.map(({ label, mean, p95 }) => [label, formatPercent(mean), formatPercent(p95)]),
    },
  };
}

function histogramFigure({ histogram }: Explanation, { name, width }: { name: string; width: number }): Figure {
  const { edges, counts } = histogram;
  const bars = counts.slice(0, -1);
  const options: FrameOptions = {
    x: {
      label: "Error (% of the output's range)",
      values: edges.slice(0, -1).map((edge) => edge * 100),
      kind: 'linear',
    },
    y: { label: 'Samples', values: [0, ...counts], kind: 'linear' },
    area: { left: 0, top: 0, width, height },
  };
  const frame = createFrame(options);
  const rest = counts.at(-1)!;
  const beyond = `${formatCount(rest)} samples lie beyond ${formatPercent(edges.at(-2)!)}, up to ${formatPercent(edges.at(-1)!)}.`;
  return {
    id: 'error-histogram',
    title: 'Errors by size',
    caption: `Of ${name}, on held-out data. ${beyond}`,
    picture: still(
      { width, height },
      `Errors by size. ${beyond}`,
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
      columns: ['Error', 'Samples'],
      rows: counts.map((count, bin) => [
        `${formatPercent(edges[bin]!)} to ${formatPercent(edges[bin + 1]!)}`,
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
    x: { label: 'Exact', values: all, kind: 'linear' },
    y: { label: 'Network', values: all, kind: 'linear' },
    area: { left: 0, top: 0, width, height: height + 60 },
  };
  const frame = createFrame(options);
  const ends = [Math.min(...all), Math.max(...all)].map((value) => frame.place(value, value));
  return {
    id: 'predicted-exact',
    title: 'Network against exact function',
    caption: `${formatCount(pairs.length)} held-out samples of ${name}; on the line both agree.`,
    picture: still(
      { width, height: height + 60 },
      'Results of the network against those of the exact function',
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
      columns: ['Exact', 'Network'],
      rows: pairs.slice(0, listedPairs).map(([exact, approx]) => [significant(exact), significant(approx)]),
    },
  };
}
