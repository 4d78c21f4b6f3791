/**
 * Answers whether a part of the panel has to be drawn anew: what it is drawn from is compared with what it was drawn from
 * before. So hovering and typing redraw what they change, and an open table stays open.
 */
export function rememberInputs(): (part: string, inputs: readonly unknown[]) => boolean {
  const known = new Map<string, readonly unknown[]>();
  return (part, inputs) => {
    const before = known.get(part);
    const same = before?.length === inputs.length && inputs.every((input, index) => Object.is(input, before[index]));
    if (!same) known.set(part, inputs);
    return !same;
  };
}
