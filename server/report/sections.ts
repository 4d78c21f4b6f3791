/** The parts of a report, from the view of a run that panels show too: figures, or what to do to get them. */
import {
  formatAmount,
  formatBound,
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatSpeedup,
} from '../../engine/format.ts';
import { type Figure, measureName, type Table } from '../../engine/plot/figure.ts';
import { type ChartPoint, frontChart } from '../../engine/plot/frontChart.ts';
import { figureIds, networkLabel, runFigures } from '../../engine/plot/runFigures.ts';
import { isInteger } from '../pipeline/finalists.ts';
import type { FrontPoint, FrontView } from '../protocol.ts';
import { paperNetworks } from './paper.ts';

export type Section =
  | { readonly kind: 'figure'; readonly figure: Figure }
  | {
      readonly kind: 'table';
      readonly id: string;
      readonly title: string;
      readonly caption: string;
      readonly table: Table;
    }
  /** `text` says in one sentence how to get what is missing. */
  | { readonly kind: 'missing'; readonly id: string; readonly title: string; readonly text: string };

const width = 860;

export function sectionsOf(view: FrontView): readonly Section[] {
  const { plots = { fronts: [], curves: [] }, points, hypervolume, measure } = view;
  const figures = runFigures({ points, plots, hypervolume, measure, target: view.target.toUpperCase(), width });
  const missing = missingTexts(view);
  return [
    { kind: 'figure', figure: frontFigure(view) },
    ...figureIds.map((id): Section => {
      const figure = figures[id];
      return figure ? { kind: 'figure', figure } : { kind: 'missing', id, ...missing[id] };
    }),
    comparison(view),
  ];
}

/** The final front, with every network of it in the table. */
function frontFigure(view: FrontView): Figure {
  const { points, measure, chosen, maxError } = view;
  const drawn = points.filter(({ error }) => Number.isFinite(error.nrmse));
  const chartPoints = drawn.map((point): ChartPoint => {
    const { id, params, error, onFront, variant, variantOf } = point;
    const own = id === chosen ? ({ roles: ['chosen'], label: 'Chosen' } as const) : {};
    const place = { x: params, y: error.nrmse * 100, text: pointText(point) };
    const offered = onFront || variant === 'int8' || variant === 'fixed16';
    return { id, variant, variantOf, ...place, offered, onLine: onFront, ...own };
  });
  const final =
    view.subject.kind === 'function'
      ? 'the error of their generated code on samples that training never saw'
      : 'their error on test rows';
  const variants = points.some(({ variantOf }) => variantOf !== undefined)
    ? ' Half discs: pruned networks; crosses: networks in integers; thin lines lead from each network to what was made from it.'
    : '';
  return {
    id: 'front',
    title: 'Front',
    caption: `Error (${measureName(measure)}) against size. Joined by a line: the networks of the front, trained in full, with ${final}. Dots: dominated networks, those that were only trained briefly by the search with their error on validation data.${variants}`,
    picture: frontChart(chartPoints, {
      width,
      height: 400,
      x: { label: 'Parameters', kind: 'log' },
      y: {
        label: `Error (${measureName(measure)}, %)`,
        ...(maxError === undefined ? {} : { limit: { at: maxError * 100, text: `at most ${formatBound(maxError)}` } }),
      },
      description: describeFront(drawn),
      still: true,
    }),
    table: frontTable(view),
  };
}

const pointText = (point: FrontPoint): string =>
  `${networkLabel(point)}: ${formatAmount(point.params, 'parameter')}, error ${formatPercent(point.error.nrmse)}`;

function describeFront(points: readonly FrontPoint[]): string {
  const front = points.filter(({ onFront }) => onFront).sort((a, b) => a.params - b.params);
  const [first, last] = [front[0], front.at(-1)];
  if (!first || !last) return 'Error against parameters. No network.';
  return `Error against parameters. ${formatAmount(points.length, 'network')}, ${formatCount(front.length)} of them on the front, from ${pointText(first)}, to ${pointText(last)}.`;
}

function frontTable({ points, measure, chosen, subject }: FrontView): Table {
  const front = points.filter(({ onFront }) => onFront).sort((a, b) => a.params - b.params);
  // As on the command line: code of functions' networks that was measured, and all that a data set's run holds.
  const integers = points
    .filter((point) => isInteger(point) && (subject.kind === 'dataset' || point.latencyNs !== undefined))
    .sort((a, b) => a.bytes - b.bytes || a.error.nrmse - b.error.nrmse);
  const listed = [...front, ...integers];
  const error = (name: string, of: (point: FrontPoint) => number) =>
    [name, (point: FrontPoint) => formatPercent(of(point))] as const;
  const columns: readonly (readonly [string, (point: FrontPoint) => string])[] = [
    ['Network', (point) => networkLabel(point) + (point.id === chosen ? ' (chosen)' : '')],
    ['Parameters', ({ params }) => formatCount(params)],
    ['Size', ({ bytes }) => formatBytes(bytes)],
    ['Multiply-accumulates', ({ macs }) => formatCount(macs)],
    ...(measure === 'classes'
      ? [error(subject.kind === 'dataset' ? 'Test error' : 'Wrong classes', (point) => point.error.nrmse)]
      : [
          error('NRMSE', (point) => point.error.nrmse),
          error('99th percentile', (point) => point.error.p99),
          error('Maximum', (point) => point.error.max),
        ]),
    ...(listed.some(({ latencyNs }) => latencyNs !== undefined)
      ? [
          [
            'Time per call',
            ({ latencyNs }: FrontPoint) => (latencyNs === undefined ? '–' : formatDuration(latencyNs)),
          ] as const,
        ]
      : []),
    ...(listed.some(({ speedup }) => speedup !== undefined)
      ? [['Speed', ({ speedup }: FrontPoint) => (speedup === undefined ? '–' : formatSpeedup(speedup))] as const]
      : []),
  ];
  return {
    columns: columns.map(([title]) => title),
    rows: listed.map((point) => columns.map(([, text]) => text(point))),
  };
}

/** Titles and next steps of the figures that a run may have no data for. */
function missingTexts({ runId }: FrontView) {
  return {
    fronts: {
      title: 'Front after each generation',
      text: 'It takes at least two generations: run the same command again with --generations 5.',
    },
    hypervolume: {
      title: 'Hypervolume after each generation',
      text: 'It takes at least two generations: run the same command again with --generations 5.',
    },
    curves: {
      title: 'Validation accuracy against epochs',
      text: 'Learning curves are not stored with this run: run the same command again, which keeps what the search has found.',
    },
    latency: {
      title: 'Time per call against parameters',
      text: 'It takes at least two networks on the front: run the same command again with more --generations.',
    },
    pruning: {
      title: 'Accuracy against pruning rate',
      text: `Run deepmaker prune ${runId} --alpha 10,20,30,40,50,60,70, then make the report again.`,
    },
  } as const;
}

/** Table 2 of the paper: its own figures and, under another name, this run's. */
function comparison({ subject, points }: FrontView): Section {
  const own = { id: 'comparison', title: 'Comparison with the paper' } as const;
  const paper = subject.kind === 'dataset' ? paperNetworks(subject.name) : [];
  if (paper.length === 0) {
    const text =
      'Table 2 of the paper is about MNIST, CIFAR-10 and CIFAR-100: run deepmaker search mnist, cifar10 or cifar100 to be compared with it.';
    return { kind: 'missing', ...own, text };
  }
  const front = points.filter(({ onFront }) => onFront).sort((a, b) => a.params - b.params);
  return {
    kind: 'table',
    ...own,
    caption:
      'Rows marked “paper” are copied from Table 2 of Loni et al. (2020), with sizes as rounded there. Rows marked “this run” are the front of this report. Both errors are on the test set; the paper trained for 300 epochs on the whole training set.',
    table: {
      columns: ['Network', 'From', 'Parameters', 'Test error'],
      rows: [
        ...paper.map(({ name, millionParams, error }) => [
          name,
          'paper',
          `${millionParams} million`,
          formatPercent(error),
        ]),
        ...front.map((point) => [
          networkLabel(point),
          'this run',
          formatCount(point.params),
          formatPercent(point.error.nrmse),
        ]),
      ],
    },
  };
}
