/** How the front grew: its hypervolume after each generation. */
import { formatCount, significant } from '../format.ts';
import { t } from '../texts.ts';
import { type Figure, still } from './figure.ts';
import { drawLines } from './lines.ts';

/** `values`: one per generation, as a share of the reference box. Undefined without two: one is no course. */
export function hypervolumeFigure(values: readonly number[], width: number): Figure | undefined {
  const points = values.map((value, index) => ({ x: index + 1, y: value })).filter(({ y }) => Number.isFinite(y));
  const [first, last] = [points[0], points.at(-1)];
  if (points.length < 2 || !first || !last) return undefined;
  const size = { width, height: 260 };
  const caption = t(
    'How much of the plane of error and size the front covers, from {0} after generation {1} to {2} after generation {3}. Larger is better.',
    ...[share(first.y), formatCount(first.x), share(last.y), formatCount(last.x)],
  );
  return {
    id: 'hypervolume',
    title: t('Hypervolume after each generation'),
    caption,
    picture: still(
      size,
      caption,
      drawLines({
        x: { label: t('Generation'), kind: 'linear' },
        y: { label: t('Hypervolume (% of the reference box)'), kind: 'linear' },
        area: { left: 0, top: 0, ...size },
        lines: [{ name: t('front'), points: points.map(({ x, y }) => ({ x, y: y * 100 })) }],
        marks: points.length <= 40,
      }),
    ),
    table: { columns: [t('Generation'), t('Hypervolume')], rows: points.map(({ x, y }) => [formatCount(x), share(y)]) },
  };
}

const share = (value: number): string => `${significant(value * 100)} %`;
