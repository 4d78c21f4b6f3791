/** How the front grew: its hypervolume after each generation. */
import { significant } from '../format.ts';
import { type Figure, still } from './figure.ts';
import { drawLines } from './lines.ts';

/** `values`: one per generation, as a share of the reference box. Undefined without two: one is no course. */
export function hypervolumeFigure(values: readonly number[], width: number): Figure | undefined {
  const points = values.map((value, index) => ({ x: index + 1, y: value })).filter(({ y }) => Number.isFinite(y));
  const [first, last] = [points[0], points.at(-1)];
  if (points.length < 2 || !first || !last) return undefined;
  const size = { width, height: 260 };
  const caption = `How much of the plane of error and size the front covers, from ${share(first.y)} after generation ${first.x} to ${share(last.y)} after generation ${last.x}. Larger is better.`;
  return {
    id: 'hypervolume',
    title: 'Hypervolume after each generation',
    caption,
    picture: still(
      size,
      caption,
      drawLines({
        x: { label: 'Generation', kind: 'linear' },
        y: { label: 'Hypervolume (% of the reference box)', kind: 'linear' },
        area: { left: 0, top: 0, ...size },
        lines: [{ name: 'front', points: points.map(({ x, y }) => ({ x, y: y * 100 })) }],
        marks: points.length <= 40,
      }),
    ),
    table: { columns: ['Generation', 'Hypervolume'], rows: points.map(({ x, y }) => [String(x), share(y)]) },
  };
}

const share = (value: number): string => `${significant(value * 100)} %`;
