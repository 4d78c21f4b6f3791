/** From a place in the picture to a budget. */
import type { Budget, MetricId } from '../messages.ts';
import type { Scene } from './scene.ts';

/** The limits of both axes at a place in the picture. At the far end of an axis there is none. */
export function brush(budget: Budget, { axes, frame }: Scene, at: { readonly x: number; readonly y: number }): Budget {
  const next: { [Id in MetricId]?: number } = { ...budget };
  for (const side of ['x', 'y'] as const) {
    const { id, factor, better } = axes[side];
    const [start, end] = side === 'x' ? [frame.left, frame.right] : [frame.bottom, frame.top];
    const share = (at[side] - start) / (end - start);
    const isFree = better === 'less' ? share >= 0.99 : share <= 0.01;
    if (isFree) delete next[id];
    else next[id] = Number((frame[side].valueAt(at[side]) / factor).toPrecision(2));
  }
  return next;
}
