/** How the front grew: its hypervolume after each generation, small enough to stand in a line of text. */
import { formatAmount } from '../../engine/format.ts';
import { html, svg } from './dom.ts';

const size = { width: 96, height: 24, inset: 4 };

/** Undefined until the first generation is known. */
export function drawSparkline(hypervolume: readonly number[], generations: number): HTMLElement | undefined {
  const last = hypervolume.at(-1);
  if (last === undefined) return undefined;
  const text = `Hypervolume ${formatVolume(last)} after ${formatAmount(hypervolume.length, 'generation')}`;
  return html(
    'p',
    { class: 'hypervolume', title: 'How much of the plane of error and size the front covers. Larger is better.' },
    // One value is no course yet.
    hypervolume.length < 2
      ? undefined
      : svg(
          'svg',
          {
            class: 'sparkline',
            role: 'img',
            'aria-label': `${text}: ${hypervolume.map(formatVolume).join(', ')}`,
            viewBox: `0 0 ${size.width} ${size.height}`,
            width: size.width,
            height: size.height,
          },
          ...marks(hypervolume, generations),
        ),
    html('span', { 'aria-hidden': 'true' }, text),
  );
}

function marks(values: readonly number[], generations: number): SVGElement[] {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const span = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) - low;
  // The axis spans all generations that will come, so that the line grows to the right instead of being squeezed.
  const steps = Math.max(1, Math.max(generations, values.length) - 1);
  const inner = { width: size.width - 2 * size.inset, height: size.height - 2 * size.inset };
  const places = values.flatMap((value, index) => {
    if (!Number.isFinite(value)) return [];
    const share = span > 0 ? (value - low) / span : 0.5;
    return [[size.inset + (index / steps) * inner.width, size.inset + (1 - share) * inner.height] as const];
  });
  return [
    svg('polyline', { points: places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ') }),
    ...places.map(([cx, cy], index) => svg('circle', { cx, cy, r: index === places.length - 1 ? 3 : 1.75 })),
  ];
}

const formatVolume = (value: number): string =>
  Number.isFinite(value) ? value.toLocaleString('en-US', { maximumSignificantDigits: 4 }) : 'unknown';
