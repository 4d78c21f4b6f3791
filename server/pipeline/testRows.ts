/** Test rows of a function's run, kept beside its result so that code for another target can be checked without sampling again. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Samples } from '../../engine/types.ts';
import type { Region } from '../source/types.ts';
import { writeAtomically } from '../store.ts';

/** Rows are cut off where functions of many inputs would fill the disk: 8 MB. */
const maxValues = 1e6;

type Slots = Pick<Region, 'inputSlots' | 'outputSlots'>;

const pathIn = (folder: string): string => join(folder, 'test.bin');

/** Raw inputs, then raw outputs, as 64-bit floats of this machine's byte order. */
export function writeTestRows(folder: string, { inputSlots, outputSlots }: Slots, test: Samples): void {
  const [inputs, outputs] = [inputSlots.length, outputSlots.length];
  const count = Math.min(test.count, Math.max(1, Math.floor(maxValues / (inputs + outputs))));
  const values = new Float64Array(count * (inputs + outputs));
  values.set(test.inputs.subarray(0, count * inputs));
  values.set(test.outputs.subarray(0, count * outputs), count * inputs);
  writeAtomically(pathIn(folder), new Uint8Array(values.buffer));
}

/** Undefined where an earlier version wrote the run, or the file is damaged. */
export function readTestRows(folder: string, { inputSlots, outputSlots }: Slots): Samples | undefined {
  const path = pathIn(folder);
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const count = bytes.length / 8 / (inputSlots.length + outputSlots.length);
  if (count === 0 || !Number.isInteger(count)) return undefined;
  const values = new Float64Array(new Uint8Array(bytes).buffer);
  const split = count * inputSlots.length;
  return { count, inputs: values.subarray(0, split), outputs: values.subarray(split) };
}
