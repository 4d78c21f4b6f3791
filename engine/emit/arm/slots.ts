/** Values to columns and back, as C: tables of how slots are encoded, in which slots that are encoded alike share an entry. */
import { type Entry, entryOf } from '../../quantise/grid.ts';
import type { AnyQuantised } from '../../quantise/models.ts';
import type { Encoding, SlotEncoding } from '../../types.ts';
import { denormalisation, normalisation } from '../cpu/columns.ts';
import type { Element } from './layerCode.ts';
import { doubleLiteral } from './text.ts';

/** Slots in sequence that `repeats` times in a row are encoded alike: one for an array, one per channel for an image. */
interface SlotGroup {
  readonly slots: readonly SlotEncoding[];
  readonly repeats: number;
}

/** So many slots may repeat: the channels of a pixel, the fields of an array's objects. */
const longestGroup = 16;

/** From the first slot on, whatever leaves out most; columns follow each other in the order of the slots. */
function groupsOf(slots: readonly SlotEncoding[]): readonly SlotGroup[] {
  const groups: SlotGroup[] = [];
  for (let first = 0; first < slots.length; ) {
    let best = { length: 1, repeats: 1 };
    for (let length = 1; length <= longestGroup; length++) {
      let end = first + length;
      while (end < slots.length && isSameEntry(slots[end]!, slots[end - length]!)) end++;
      const repeats = Math.floor((end - first) / length);
      if ((repeats - 1) * length > (best.repeats - 1) * best.length) best = { length, repeats };
    }
    groups.push({ slots: slots.slice(first, first + best.length), repeats: best.repeats });
    first += best.length * best.repeats;
  }
  return groups;
}

function isSameEntry(a: SlotEncoding, b: SlotEncoding): boolean {
  if (a.kind === 'number') return b.kind === 'number' && a.offset === b.offset && a.scale === b.scale;
  if (a.kind === 'category') return b.kind === 'category' && a.values.length === b.values.length;
  return b.kind === 'boolean';
}

/** Entries of both tables. */
export const slotEntries = ({ inputs, outputs }: Encoding): number =>
  groupsOf(inputs).reduce((sum, { slots }) => sum + slots.length, outputs.length);

export function slotsText({ inputs, outputs }: Encoding, quantised: AnyQuantised | undefined): string {
  const entries = groupsOf(inputs).flatMap(({ slots, repeats }) =>
    slots.map((slot) => slotText(slot, inputConstants(slot, quantised), slots.length, repeats)),
  );
  const results = outputs.map((slot) => slotText(slot, outputConstants(slot, quantised), 1, 1));
  return `/**
 * How a value is encoded. values: how many a category has, each with a column of its own; 0 for a number. \`group\` entries
 * from this one on hold for as many values in sequence, \`repeats\` times in a row.
 */
typedef struct {
  double offset;
  double factor;
  uint16_t values;
  uint16_t group;
  uint16_t repeats;
} slot;

static const slot input_slots[] = {
${entries.join('\n')}
};
static const slot output_slots[] = {
${results.join('\n')}
};`;
}

/** A boolean output is a category of two, as encodings have it. */
function slotText(slot: SlotEncoding, { offset, factor }: Entry, group: number, repeats: number): string {
  const values = slot.kind === 'category' ? slot.values.length : 0;
  return `  {${doubleLiteral(offset)}, ${doubleLiteral(factor)}, ${values}, ${group}, ${repeats}},`;
}

const unused = { offset: 0, factor: 0 };

/** 0 and 1 of a boolean are the columns -1 and 1. */
const booleanScale = { offset: 0.5, scale: 0.5 };

function inputConstants(slot: SlotEncoding, quantised: AnyQuantised | undefined): Entry {
  if (slot.kind === 'category') return unused;
  const own = slot.kind === 'boolean' ? booleanScale : slot;
  return quantised ? entryOf(quantised.input, own) : normalisation(own.offset, own.scale);
}

function outputConstants(slot: SlotEncoding, quantised: AnyQuantised | undefined): Entry {
  if (slot.kind === 'boolean') throw new TypeError('Booleans of a result are encoded as categories.');
  if (slot.kind === 'category') return unused;
  const { offset, scale } = slot;
  return quantised ? { offset, factor: quantised.output.scale * scale } : denormalisation(offset, scale);
}

export function encodeText({ inputs }: Encoding, element: Element, quantised: AnyQuantised | undefined): string {
  const entries = groupsOf(inputs).reduce((sum, { slots }) => sum + slots.length, 0);
  const categories = inputs.some(({ kind }) => kind === 'category');
  const write = categories
    ? `        const double value = *inputs++;
        if (own[k].values == 0) *columns++ = enter(value, &own[k]);
        for (int v = 0; v < own[k].values; v++) *columns++ = value == v ? ${oneHot(quantised).join(' : ')};`
    : '        *columns++ = enter(*inputs++, &own[k]);';
  return `${quantised ? integerEntry(quantised) : floatEntry}

/** Values to columns${categories ? ': a category is one column per value' : ''}. */
static void encode(const double *inputs, ${element} *columns) {
  for (const slot *own = input_slots; own < input_slots + ${entries}; own += own->group) {
    for (int r = 0; r < own->repeats; r++) {
      for (int k = 0; k < own->group; k++) {
${write}
      }
    }
  }
}`;
}

export function decodeText({ outputs }: Encoding, element: Element, quantised: AnyQuantised | undefined): string {
  return `/** Columns to values: of a category the index of the largest, the first of equals. */
static void decode(const ${element} *scores, double *outputs) {
  for (int k = 0; k < ${outputs.length}; k++) {
    const slot *own = &output_slots[k];
    if (own->values == 0) {
      outputs[k] = own->factor * ${outputZero(quantised)} + own->offset;
      scores++;
    } else {
      int best = 0;
      for (int v = 1; v < own->values; v++) if (scores[v] > scores[best]) best = v;
      outputs[k] = best;
      scores += own->values;
    }
  }
}`;
}

const floatEntry = `static float enter(double value, const slot *own) {
  return (float)((value - own->offset) * own->factor);
}`;

/** The grid's floor((value - offset) * factor + 1/2) + zero, saturated; far beyond it nothing changes any more. */
function integerEntry({ input, kind }: AnyQuantised): string {
  const type = kind === 'int8' ? 'int8_t' : 'int16_t';
  const far = kind === 'int8' ? '1000.0' : '100000.0';
  return `/** Rounded to the nearest step, halves upwards, and saturated; what is not a number becomes 0. */
static ${type} enter(double value, const slot *own) {
  double steps = (value - own->offset) * own->factor + 0.5;
  int32_t step;
  if (steps != steps) return 0;
  if (steps < -${far}) steps = -${far};
  if (steps > ${far}) steps = ${far};
  step = (int32_t)steps;
  if (step > steps) step--;
  step += ${input.zero};
  return (${type})(step < ${input.minimum} ? ${input.minimum} : step > ${input.maximum} ? ${input.maximum} : step);
}`;
}

/** The columns of a category's value that holds, and of one that does not. */
function oneHot(quantised: AnyQuantised | undefined): string[] {
  if (!quantised) return ['1.0f', '0.0f'];
  const { input } = quantised;
  const at = (column: number) =>
    Math.min(input.maximum, Math.max(input.minimum, Math.floor(column / input.scale + 0.5) + input.zero));
  return [1, 0].map((column) => String(at(column)));
}

const outputZero = (quantised: AnyQuantised | undefined): string =>
  quantised && quantised.output.zero !== 0 ? `(*scores - ${quantised.output.zero})`.replace('- -', '+ ') : '*scores';
