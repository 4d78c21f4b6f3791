/** The layers of a network as C: what each form and each kind of network gives to the file around them. */

export type Element = 'float' | 'int8_t' | 'int16_t';

export const elementBytes: Readonly<Record<Element, number>> = { float: 4, int8_t: 1, int16_t: 2 };

/** The middle of the file: constants, what works on them, and the way from columns to results. */
export interface LayerCode {
  /** The type of a column. */
  readonly element: Element;
  /** What a call works in: arrays of elements. The first one takes the columns. */
  readonly memory: readonly { readonly name: string; readonly length: number }[];
  readonly constants: readonly string[];
  readonly functions: readonly string[];
  /** Statements that work on `memory`, and where they leave the results. */
  readonly statements: readonly string[];
  readonly results: string;
}

/** Layers in sequence: one `dense` for each, from one of two arrays to the other. `calls`: its arguments after x and y. */
export function inSequence(
  widest: number,
  calls: readonly (readonly (number | string)[])[],
): Pick<LayerCode, 'memory' | 'statements' | 'results'> {
  let [from, to] = ['ahead', 'behind'];
  const statements = calls.map((rest) => {
    const call = `dense(memory->${from}, memory->${to}, ${rest.join(', ')});`;
    [from, to] = [to, from];
    return call;
  });
  const memory = ['ahead', 'behind'].map((name) => ({ name, length: widest }));
  return { memory, statements, results: `memory->${from}` };
}
