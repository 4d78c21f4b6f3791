/** Rows in words, for messages. */
import { t } from '../../engine/texts.ts';
import type { Slot } from '../../engine/types.ts';

const maxSlots = 8;

/** `spot = 12.5, kind = 'call', deep = true`: the raw slot values that start at `row[offset]`, at most eight of them. */
export function describeRow(slots: readonly Slot[], row: Float64Array, offset: number): string {
  const shown = slots.slice(0, maxSlots).map((slot, index) => `${slot.path} = ${slotText(slot, row[offset + index]!)}`);
  return slots.length > maxSlots
    ? t('{0}, and {1} more', shown.join(', '), String(slots.length - maxSlots))
    : shown.join(', ');
}

function slotText(slot: Slot, raw: number): string {
  switch (slot.kind) {
    case 'number':
      return String(raw);
    case 'boolean':
      return String(raw >= 0.5);
    case 'category': {
      const value = slot.values[raw];
      return typeof value === 'string' ? `'${value}'` : String(value);
    }
  }
}

/** `31 %`, and at least one digit where the share is small: `0.4 %`. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
