/** Corners of the step line through a front, from small to large: between two points, the smaller network's error holds. */
export function stepsOf<Point extends { readonly params: number; readonly error: number }>(
  front: readonly Point[],
): readonly { readonly params: number; readonly error: number }[] {
  return front.flatMap(({ params, error }, index) => {
    const previous = front[index - 1];
    return previous
      ? [
          { params, error: previous.error },
          { params, error },
        ]
      : [{ params, error }];
  });
}
