/** Literals, unions of them, and enums, as categories. */
import { t } from '../../engine/texts.ts';
import type { Literal } from '../../engine/types.ts';
import { ts } from './compiler.ts';
import {
  article,
  mayBeText,
  type ShapeContext,
  type ShapeResult,
  supported,
  typeText,
  unsupported,
} from './shapeProblems.ts';

/** Values are sorted, because the checker's order depends on what it saw before. */
export function category(context: ShapeContext, type: ts.Type, path: string): ShapeResult {
  const members = type.isUnion() ? type.types : [type];
  const nothing = members.find(({ flags }) => flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void));
  if (nothing) {
    const what = nothing.flags & ts.TypeFlags.Null ? 'null' : 'undefined';
    return { kind: 'problem', problem: mayBeText(context, path, what), hint: supported() };
  }
  if (members.some(({ flags }) => (flags & (ts.TypeFlags.Literal | ts.TypeFlags.EnumLike)) === 0)) {
    const what = t('the union {0}, which holds more than literals', typeText(context, type));
    return unsupported(context, path, what);
  }
  const values = members.map((member) => literalValue(context, member));
  const bad = values.indexOf(undefined);
  if (bad >= 0) return unsupported(context, path, article(typeText(context, members[bad]!)));
  const nominal = members.some((member) => member.flags & ts.TypeFlags.EnumLiteral && member.isStringLiteral());
  const sorted = [...(values as Literal[])].sort(compareLiterals);
  return { kind: 'shape', shape: { kind: 'category', values: sorted, ...(nominal && { nominal }) } };
}

function literalValue({ checker }: ShapeContext, type: ts.Type): Literal | undefined {
  if (type.isStringLiteral() || type.isNumberLiteral()) return type.value;
  if (type.flags & ts.TypeFlags.BooleanLiteral) return checker.typeToString(type) === 'true';
  return undefined;
}

const kindOrder = { boolean: 0, number: 1, string: 2 } as const;

function compareLiterals(a: Literal, b: Literal): number {
  const kinds = kindOrder[typeof a as keyof typeof kindOrder] - kindOrder[typeof b as keyof typeof kindOrder];
  if (kinds !== 0) return kinds;
  return a < b ? -1 : Number(a > b);
}
