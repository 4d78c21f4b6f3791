/** Where inputs live: the ranges of the tags, laid over the slots of the signature. */
import { t } from '../../engine/texts.ts';
import type { Domain, Shape, Signature, Slot, SlotDomain } from '../../engine/types.ts';
import type { MissingRange } from '../protocol.ts';
import type { RangeTag, TagProblem } from './tags.ts';

export interface DomainResult {
  /** One entry per slot. A number without a range has NaN at both ends until someone gives it one. */
  readonly domain: Domain;
  /** One entry per number without a range; the elements of an array share one. */
  readonly missing: readonly MissingRange[];
  readonly problems: readonly TagProblem[];
}

export function domainOf(signature: Signature, slots: readonly Slot[], ranges: readonly RangeTag[]): DomainResult {
  const groups = signature.parameters.flatMap(({ name, shape }) => slotGroups(shape, name));
  const without = groups.filter((_, index) => slots[index]!.kind === 'number' && !rangeOf(slots[index]!.path, ranges));
  return {
    domain: slots.map((slot) => slotDomain(slot, ranges)),
    missing: [...new Set(without)].map((path) => ({ path, tag: `@range ${path} [min, max]` })),
    problems: ranges.flatMap((range) => unusable(range, slots)),
  };
}

/** Gives ranges to numbers that have none. Paths are those of `MissingRange`, or of anything that holds slots. */
export function fillRanges(
  domain: Domain,
  ranges: Readonly<Record<string, readonly [min: number, max: number]>>,
): Domain {
  const given = Object.entries(ranges).map(([path, [min, max]]) => ({ path, min, max }));
  return domain.map((slot) => {
    if (slot.kind !== 'number' || !Number.isNaN(slot.min)) return slot;
    const range = rangeOf(slot.path, given);
    return range ? { ...slot, min: range.min, max: range.max } : slot;
  });
}

/** For every slot the path that a person would give one range: `window` for `window[3]`, `points[].x` for `points[3].x`. */
function slotGroups(shape: Shape, path: string): string[] {
  switch (shape.kind) {
    case 'number':
    case 'boolean':
    case 'category':
      return [path.replace(/(?:\[\])+$/u, '')];
    case 'constant':
      return [];
    case 'tuple':
      return shape.elements.flatMap((element, index) => slotGroups(element, `${path}[${index}]`));
    case 'array': {
      const element = slotGroups(shape.element, `${path}[]`);
      return Array.from({ length: shape.length }, () => element).flat();
    }
    case 'object':
      return shape.fields.flatMap((field) => slotGroups(field.shape, `${path}.${field.name}`));
  }
}

function slotDomain(slot: Slot, ranges: readonly RangeTag[]): SlotDomain {
  if (slot.kind !== 'number') return slot;
  const range = rangeOf(slot.path, ranges);
  const { min, max, integer } = range ?? { min: Number.NaN, max: Number.NaN, integer: false };
  return { path: slot.path, kind: 'number', min, max, integer };
}

/** The most specific range that covers the path: a longer path says more. */
function rangeOf<Range extends { readonly path: string }>(path: string, ranges: readonly Range[]): Range | undefined {
  let best: Range | undefined;
  for (const range of ranges) {
    if (covers(range.path, path) && range.path.length > (best?.path.length ?? 0)) best = range;
  }
  return best;
}

/** Whether `path` is `outer` or inside it; `[]` in `outer` stands for every index. */
function covers(outer: string, path: string): boolean {
  const parts = outer.split('[]');
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if (!path.startsWith(part, at)) return false;
    at += part.length;
    if (index === parts.length - 1) break;
    const element = /^\[\d+\]/u.exec(path.slice(at));
    if (!element) return false;
    at += element[0].length;
  }
  return at === path.length || path[at] === '.' || path[at] === '[';
}

function unusable(range: RangeTag, slots: readonly Slot[]): TagProblem[] {
  const covered = slots.filter(({ path }) => covers(range.path, path));
  const tag = `@range ${range.path}`;
  if (covered.length === 0) {
    const known = slots.slice(0, 8).map(({ path }) => `\`${path}\``);
    const hint =
      slots.length > known.length
        ? t('Its inputs are {0} and more.', known.join(', '))
        : t('Its inputs are {0}.', known.join(', '));
    return [{ problem: t('its tag `{0}` names no input', tag), hint, line: range.line }];
  }
  if (covered.some(({ kind }) => kind === 'number')) return [];
  return [
    {
      problem: t('its tag `{0}` is for an input that is not a number', tag),
      hint: t('Remove the tag: every value is sampled.'),
      line: range.line,
    },
  ];
}
