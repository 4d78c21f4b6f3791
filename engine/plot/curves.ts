/** How accuracy and loss on validation data went, epoch by epoch (Fig. 5 of the paper). */
import { formatCount, formatPercent, significant } from '../format.ts';
import { t } from '../texts.ts';
import { type Figure, sample, someOf, still } from './figure.ts';
import { drawLines, tones } from './lines.ts';
import type { SvgElement } from './svg.ts';

export interface Curve {
  /** For example `4-8-1 tanh`. */
  readonly name: string;
  /** The epochs that the values belong to, from 1. */
  readonly epochs: readonly number[];
  /** On validation rows. */
  readonly loss: readonly number[];
  /** Share of wrong classes on validation rows; absent where outputs are no classes. */
  readonly error?: readonly number[];
}

const mostEpochs = 300;

/** A curve from one value per epoch, thinned where it is longer than a plot can show. */
export function curveOf(name: string, loss: readonly number[], error?: readonly number[]): Curve {
  const kept = sample([...loss.keys()], mostEpochs);
  const values = (all: readonly number[]) => kept.map((index) => all[index]!);
  const epochs = kept.map((index) => index + 1);
  return { name, epochs, loss: values(loss), ...(error ? { error: values(error) } : {}) };
}

type Series = readonly (Pick<Curve, 'name' | 'epochs'> & { readonly values: readonly number[] | undefined })[];

const plotHeight = 300;

/** Undefined without a curve of at least two epochs. */
export function curvesFigure(curves: readonly Curve[], width: number): Figure | undefined {
  const drawable = curves.filter(({ loss }) => loss.length > 1);
  if (drawable.length === 0) return undefined;
  const shown = sample(drawable, tones);
  const accuracies: Series = shown.map(({ name, epochs, error }) => ({
    name,
    epochs,
    values: error?.map((share) => (1 - share) * 100),
  }));
  const losses: Series = shown.map(({ name, epochs, loss }) => ({ name, epochs, values: loss }));
  const hasAccuracy = accuracies.some(({ values }) => values !== undefined);
  const beside = hasAccuracy && width >= 640;
  const plot = (label: string, series: Series, kind: 'linear' | undefined, index: number): SvgElement =>
    drawLines({
      x: { label: t('Epochs'), kind: 'linear' },
      y: { label, ...(kind ? { kind } : {}) },
      area: {
        left: beside ? (index * width) / 2 : 0,
        top: beside ? 0 : index * plotHeight,
        width: beside ? width / 2 : width,
        height: plotHeight,
      },
      lines: series.flatMap(({ name, epochs, values }) =>
        values ? [{ name, points: values.map((y, index) => ({ x: epochs[index]!, y })) }] : [],
      ),
    });
  const plots = [
    ...(hasAccuracy ? [plot(t('Validation accuracy (%)'), accuracies, 'linear', 0)] : []),
    plot(t('Validation loss'), losses, undefined, hasAccuracy ? 1 : 0),
  ];
  const amount = someOf(shown.length, drawable.length);
  const caption = hasAccuracy
    ? t('Accuracy and loss on validation data after each training epoch, from small to large: {0}.', amount)
    : t('Loss on validation data after each training epoch, from small to large: {0}.', amount);
  return {
    id: 'curves',
    title: hasAccuracy ? t('Validation accuracy against epochs') : t('Validation loss against epochs'),
    caption,
    picture: still({ width, height: beside ? plotHeight : plots.length * plotHeight }, caption, ...plots),
    table: tableOf(drawable, hasAccuracy),
  };
}

/** The end of each curve and its best epoch; all values would be thousands of rows. */
function tableOf(curves: readonly Curve[], hasAccuracy: boolean): Figure['table'] {
  return {
    columns: [
      ...[t('Network'), t('Epochs'), t('Best epoch'), t('Loss there')],
      ...(hasAccuracy ? [t('Accuracy there')] : []),
    ],
    rows: curves.map(({ name, epochs, loss, error }) => {
      const best = loss.reduce((at, value, index) => (value < loss[at]! ? index : at), 0);
      const accuracy = error?.[best];
      return [
        name,
        formatCount(epochs.at(-1)!),
        formatCount(epochs[best]!),
        significant(loss[best]!),
        ...(hasAccuracy ? [accuracy === undefined ? '–' : formatPercent(1 - accuracy)] : []),
      ];
    }),
  };
}
