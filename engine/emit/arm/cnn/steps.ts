/** The steps of a convolutional network as a table in C, and the function that walks it: smaller than a call for each. */
interface StepTable<Kind extends string, Field extends string> {
  /** Functions that take a step and the memory. */
  readonly kinds: readonly Kind[];
  readonly fields: readonly Field[];
  /** What is not there is 0. */
  readonly rows: readonly { readonly kind: Kind; readonly values: Partial<Record<Field, number>> }[];
  readonly note: string;
  readonly element?: string;
}

/** Bytes of a step: each field, and its kind. */
export const stepBytes = (fields: readonly string[]): number => 4 * (fields.length + 1);

/** The table comes first in the file, the function last: `functions` are declared before they are there. */
export function stepTable<Kind extends string, Field extends string>({
  kinds,
  fields,
  rows,
  note,
  element = 'float',
}: StepTable<Kind, Field>): string {
  const used = kinds.filter((kind) => rows.some((row) => row.kind === kind));
  const items = rows.map(
    ({ kind, values }) => `  {${[used.indexOf(kind), ...fields.map((field) => values[field] ?? 0)].join(', ')}},`,
  );
  const calls = used.map(
    (kind, index) => `    ${index === 0 ? 'if' : 'else if'} (steps[k].kind == ${index}) ${kind}(&steps[k], values);`,
  );
  return `/** A step from some values to others. Positions and sizes are in values. ${note} */
typedef struct {
  int32_t kind, ${fields.join(', ')};
} step;

/* kind: ${used.map((kind, index) => `${index} ${kind}`).join(', ')} */
static const step steps[] = {
${items.join('\n')}
};

${used.map((kind) => `static void ${kind}(const step *s, ${element} *values);`).join('\n')}

static void run(${element} *values) {
  for (int k = 0; k < ${rows.length}; k++) {
${calls.join('\n')}
  }
}`;
}
