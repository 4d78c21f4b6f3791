/**
 * The networks that cannot be used, as dots without elements of their own: an element for each of thousands would make
 * every picture slow.
 */
import type { Frame } from './frame.ts';
import { fade } from './marks.ts';
import { type SvgElement, svg } from './svg.ts';

export interface Dot {
  readonly x: number;
  readonly y: number;
  /** It can be used, and is drawn as a mark. */
  readonly offered: boolean;
  /** It does not meet the limits, and is faded. */
  readonly outside?: boolean;
}

/** Pixels of a cell's side. */
const cell = 96;

/**
 * A path per cell of the plane, for those within the limits and for those outside. A browser paints a picture in tiles, and
 * for each it goes through every path that touches it: one path of everything costs all dots once per tile.
 */
export function dots(points: readonly Dot[], frame: Frame): SvgElement[] {
  const paths = { outside: new Map<number, string>(), inside: new Map<number, string>() };
  for (const point of points) {
    if (point.offered) continue;
    const [x, y] = frame.place(point.x, point.y).map((at) => Math.round(at * 2) / 2) as [number, number];
    const own = paths[point.outside ? 'outside' : 'inside'];
    const key = Math.floor(x / cell) * 1000 + Math.floor(y / cell);
    // A line of no length has round ends, and so is a dot.
    own.set(key, `${own.get(key) ?? ''}M${x} ${y}h0`);
  }
  return (['outside', 'inside'] as const).flatMap((where) =>
    [...paths[where].values()].map((d) => svg('path', { class: fade('dominated', where === 'outside'), d })),
  );
}
