/** A course of values, small enough to stand in a line of text. */
import { pointList, type SvgElement, svg } from './svg.ts';

const size = { width: 96, height: 24, inset: 4 };

/** `steps` is how many values there will be, so that the line grows to the right instead of being squeezed. */
export function sparkline(values: readonly number[], steps: number, label: string): SvgElement {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const span = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) - low;
  const gaps = Math.max(1, Math.max(steps, values.length) - 1);
  const inner = { width: size.width - 2 * size.inset, height: size.height - 2 * size.inset };
  const places = values.flatMap((value, index) => {
    if (!Number.isFinite(value)) return [];
    const share = span > 0 ? (value - low) / span : 0.5;
    return [[size.inset + (index / gaps) * inner.width, size.inset + (1 - share) * inner.height] as const];
  });
  return svg(
    'svg',
    {
      class: 'sparkline',
      role: 'img',
      'aria-label': label,
      viewBox: `0 0 ${size.width} ${size.height}`,
      width: size.width,
      height: size.height,
    },
    svg('polyline', { points: pointList(places) }),
    ...places.map(([cx, cy], index) => svg('circle', { cx, cy, r: index === places.length - 1 ? 3 : 1.75 })),
  );
}
