/** The constants of a convolutional circuit as words of its memories. */
import { hexDigits } from '../verilog.ts';
import type { CnnConstants, Rescaling, Shifting } from './constants.ts';

/** Numbers, the first one in the low bits, as a word in hexadecimal digits. */
function packed(fields: readonly { readonly value: number; readonly bits: number }[]): string {
  let [word, width] = [0n, 0];
  for (const { value, bits } of fields) {
    word |= BigInt.asUintN(bits, BigInt(value)) << BigInt(width);
    width += bits;
  }
  return word.toString(16).padStart(Math.ceil(width / 4), '0');
}

/** What $readmemh reads: a word a line. */
export function memoryTexts({ channels, filters, weights, normalizing, finishing }: CnnConstants) {
  const rescaling = (own: Rescaling, shifting: Shifting) => [
    { value: own.bias, bits: shifting.biasBits },
    { value: own.shift - shifting.least, bits: shifting.shiftBits },
  ];
  const lines = (words: readonly string[]) => `${words.join('\n')}\n`;
  return {
    channels: lines(channels.map((own) => packed([{ value: own.weight, bits: 16 }, ...rescaling(own, normalizing)]))),
    filters: lines(filters.map((own) => packed(rescaling(own, finishing)))),
    weights: lines(
      weights.map((word) =>
        word
          .toReversed()
          .map((weight) => hexDigits(weight, 4))
          .join(''),
      ),
    ),
  };
}
