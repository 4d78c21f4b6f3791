/** The front after each generation (Figs. 7 to 9 of the paper): one small plot each, all on the same axes. */
import { formatAmount, formatCount, formatPercent } from '../format.ts';
import { t } from '../texts.ts';
import { type Figure, type Measure, measureName, sample, still } from './figure.ts';
import { createFrame, drawAxes, type Frame, type FrameOptions, margin } from './frame.ts';
import { stepsOf } from './steps.ts';
import { pointList, type SvgElement, svg } from './svg.ts';

export interface FrontPlace {
  /** The network's; absent in runs of earlier builds. */
  readonly id?: string;
  readonly params: number;
  /** A fraction. */
  readonly error: number;
}

export interface GenerationFront {
  /** From 1. */
  readonly generation: number;
  readonly places: readonly FrontPlace[];
}

export interface GenerationsOptions {
  readonly measure: Measure;
  /** Pixels. */
  readonly width: number;
}

const mostPlots = 6;

/** Pixels. */
const titleHeight = 22;
const narrowest = 165;

/** Undefined without two fronts: one is no course. */
export function generationsFigure(
  fronts: readonly GenerationFront[],
  { measure, width }: GenerationsOptions,
): Figure | undefined {
  const known = fronts.flatMap(({ generation, places: all }) => {
    const places = all.filter(({ error }) => Number.isFinite(error)).sort((a, b) => a.params - b.params);
    return places.length > 0 ? [{ generation, places }] : [];
  });
  if (known.length < 2) return undefined;
  const shown = sample(known, mostPlots);
  const rows = Math.ceil(shown.length / Math.max(1, Math.floor(width / narrowest)));
  const columns = Math.ceil(shown.length / rows);
  const height = rows === 1 ? 260 : 220;
  // All plots are equally wide, though only the first of a row has labels beside it.
  const cell = (width - (margin.left - margin.leftShared)) / columns;
  const all = shown.flatMap(({ places }) => places);
  const plots = shown.map(({ generation, places }, index) => {
    const column = index % columns;
    const options: FrameOptions = {
      x: { label: t('Parameters'), values: all.map(({ params }) => params), kind: 'log' },
      y: { label: t('Error ({0}, %)', measureName(measure)), values: all.map(({ error }) => error * 100) },
      area: {
        left: column * cell + (column > 0 ? margin.left - margin.leftShared : 0),
        top: Math.floor(index / columns) * height + titleHeight,
        width: cell + (column > 0 ? 0 : margin.left - margin.leftShared),
        height: height - titleHeight,
      },
      sharesY: column > 0,
    };
    return drawGeneration(generation, places, shown[index - 1]?.places, options);
  });
  const last = known.at(-1)!;
  const best = Math.min(...last.places.map(({ error }) => error));
  const summary = t(
    'After generation {0}, {1} on the front, the best with {2} error on validation data.',
    ...[formatCount(last.generation), formatAmount(last.places.length, 'network'), formatPercent(best)],
  );
  return {
    id: 'fronts',
    title: t('Front after each generation'),
    caption: `${summary} ${t('Grey: the front of the plot before.')}`,
    picture: still({ width, height: rows * height }, `${t('Front after each generation')}. ${summary}`, ...plots),
    table: {
      columns: [t('Generation'), t('Parameters'), t('Error')],
      rows: known.flatMap(({ generation, places }) =>
        places.map(({ params, error }) => [formatCount(generation), formatCount(params), formatPercent(error)]),
      ),
    },
  };
}

function drawGeneration(
  generation: number,
  places: readonly FrontPlace[],
  before: readonly FrontPlace[] | undefined,
  options: FrameOptions,
): SvgElement {
  const frame = createFrame(options);
  const middle = (frame.left + frame.right) / 2;
  return svg(
    'g',
    {},
    drawAxes(frame, options),
    svg(
      'text',
      { class: 'plot-title', x: middle, y: options.area.top, 'text-anchor': 'middle' },
      t('Generation {0}', formatCount(generation)),
    ),
    before ? svg('g', { class: 'earlier' }, drawFront(frame, before, 2)) : undefined,
    svg('g', { class: 'line tone-0' }, drawFront(frame, places, 3)),
  );
}

const drawFront = (frame: Frame, places: readonly FrontPlace[], radius: number): SvgElement => {
  const corners = places.map(({ params, error }) => ({ x: params, y: error * 100 }));
  return svg(
    'g',
    {},
    svg('polyline', { points: pointList(stepsOf(corners).map(({ x, y }) => frame.place(x, y))) }),
    ...corners.map(({ x, y }) => {
      const [cx, cy] = frame.place(x, y);
      return svg('circle', { cx, cy, r: radius });
    }),
  );
};
