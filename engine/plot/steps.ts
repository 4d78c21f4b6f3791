/** A place on the front, in the units of the axes. */
export interface Step {
  readonly x: number;
  readonly y: number;
}

/**
 * Corners of the step line through a front, from left to right. Where small x are better, a network's y holds to its
 * right, until the next one; where large x are, it holds to its left.
 */
export function stepsOf(front: readonly Step[], better: 'less' | 'more' = 'less'): readonly Step[] {
  return front.flatMap(({ x, y }, index) => {
    const previous = front[index - 1];
    if (!previous) return [{ x, y }];
    return [better === 'less' ? { x, y: previous.y } : { x: previous.x, y }, { x, y }];
  });
}
