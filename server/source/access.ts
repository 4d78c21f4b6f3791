/** Functions of one calling convention, whatever that of the source is: arguments are what is read, the result is returned. */
import type { Into, Shape, Signature } from '../../engine/types.ts';

/** The fields of `this` that are read, without `this.`. They come behind the parameters. */
export const fieldsOf = ({ parameters }: Pick<Signature, 'parameters'>): string[] =>
  parameters.flatMap(({ name }) => (name.startsWith('this.') ? [name.slice('this.'.length)] : []));

/** `p0, p1, ..`: one name per parameter that is read. */
export const argumentNames = ({ parameters }: Pick<Signature, 'parameters'>): string[] =>
  parameters.map((_, index) => `p${index}`);

/**
 * An expression for a method that reads fields of `this`, called on one object whose fields are set before each call.
 * `owner` is its class, `method` its name.
 */
export function methodAccess(signature: Signature, owner: string, method: string): string {
  const fields = fieldsOf(signature);
  const names = argumentNames(signature);
  const given = names.slice(0, names.length - fields.length);
  const sets = fields.map((field, index) => `${self}.${field} = ${names[given.length + index]}; `);
  return (
    `(() => { const ${self} = Object.create(${owner}.prototype); ` +
    `return (${names.join(', ')}) => { ${sets.join('')}return ${self}.${method}(${given.join(', ')}); }; })()`
  );
}

const self = '__deepmakerSelf';
const target = '__deepmakerTarget';

/**
 * An expression for a function that writes its result into an array, given one array again and again. Its content is no
 * number before each call, or another one each time: results that depend on it, or are not written, so show up.
 */
export function returning(access: string, signature: Signature): string {
  const { into, result } = signature;
  if (!into || result.kind !== 'array') return access;
  const names = argumentNames(signature);
  const list = names.toSpliced(into.index, 0, target).join(', ');
  const isWhole = /^(?:Int|Uint)/u.test(result.container);
  const junk = isWhole ? `${target}Junk = 1 - ${target}Junk` : 'NaN';
  return (
    `(() => { const ${target}Run = ${access}; const ${target} = new ${result.container}(${result.length}); ` +
    `let ${target}Junk = 0; ` +
    `return (${names.join(', ')}) => { ${target}.fill(${junk}); ${target}Run(${list}); return ${target}; }; })()`
  );
}

/** The other way round: a function that returns an array as one that writes into the array that it is given. */
export function writing(access: string, signature: Signature): string {
  const { into } = signature;
  if (!into) return access;
  const names = argumentNames(signature);
  const list = names.toSpliced(into.index, 0, target).join(', ');
  const call = `const own = ${access}(${names.join(', ')});`;
  return `(${list}) => { ${call} for (let i = 0; i < own.length; i++) ${target}[i] = own[i]; }`;
}

/** What an edit of the source has to know of the signature. */
export interface CallForm {
  readonly into?: Into;
  /** Fields of `this` that the call passes on. */
  readonly fields: readonly string[];
  /** The result holds string enums, which TypeScript takes from no function that does not name them. */
  readonly nominal: boolean;
}

export const callFormOf = (signature: Signature): CallForm => ({
  ...(signature.into && { into: signature.into }),
  fields: fieldsOf(signature),
  nominal: isNominal(signature.result),
});

function isNominal(shape: Shape): boolean {
  switch (shape.kind) {
    case 'category':
      return shape.nominal ?? false;
    case 'tuple':
      return shape.elements.some(isNominal);
    case 'array':
      return isNominal(shape.element);
    case 'object':
      return shape.fields.some((field) => isNominal(field.shape));
    default:
      return false;
  }
}
