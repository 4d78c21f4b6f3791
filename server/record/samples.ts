/** A run's samples where they come from a record: drawn, compared with what the program got, and split. */

import { drawRecorded, splitRecorded } from '../../engine/data/recorded.ts';
import type { Split } from '../../engine/data/split.ts';
import { formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { Samples } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { describeRow, percent } from '../sampling/describe.ts';
import type { Region } from '../source/types.ts';
import type { RecordedInputs, RecordUse } from './use.ts';

export interface RecordedDraws {
  draw(count: number, seed: number): Float64Array;
  /** Of the samples that came of the last draw; `rows` says which of the drawn rows they are. */
  split(
    samples: Samples,
    rows: readonly number[],
    seed: number,
  ): { readonly kind: 'split'; readonly split: Split; readonly use: RecordUse } | Failure;
}

/** Synthetic inputs may lie where the program never goes, and where the function throws. */
export const mostRejected = 0.9;

/** Fewer recorded samples cannot be split into parts that say anything. */
const fewestRecorded = 20;

/** Share of the recorded calls that may have had another result than the function has in the sandbox. */
const mostDifferent = 0.01;
/** Other versions of V8 round some functions of Math differently. */
const tolerance = 1e-6;

export function recordedDraws(inputs: RecordedInputs, region: Region): RecordedDraws {
  let origins: readonly number[] = [];
  return {
    draw(count, seed) {
      const drawn = drawRecorded(inputs.rows, inputs.domain, count, seed);
      origins = drawn.origins;
      return drawn.inputs;
    },
    split(samples, rows, seed) {
      const kept = rows.map((row) => origins[row]!);
      const recorded = kept.filter((origin) => origin >= 0).length;
      if (recorded < fewestRecorded) {
        return {
          kind: 'failed',
          message: t(
            'Only {0} of the recorded inputs give a result when {1} runs by itself.',
            formatCount(recorded),
            region.name,
          ),
          hint: t('Check that it needs nothing of the running program but its arguments.'),
        };
      }
      const problem = inputs.record.applied ? undefined : differing(inputs, region, samples, kept);
      if (problem) return problem;
      const split = splitRecorded(samples, kept, seed);
      return { kind: 'split', split, use: useOf(inputs, split, { recorded, synthetic: kept.length - recorded }) };
    },
  };
}

/** What the program got must be what the function gives: else another function was recorded, or it has state. */
function differing(
  { rows }: RecordedInputs,
  { name, inputSlots, outputSlots }: Region,
  { inputs, outputs }: Samples,
  origins: readonly number[],
): Failure | undefined {
  const width = outputSlots.length;
  const recordedRows = [...origins.keys()].filter((row) => origins[row]! >= 0);
  const different = recordedRows.filter((row) =>
    outputSlots.some((_, slot) => !isClose(rows.outputs[origins[row]! * width + slot]!, outputs[row * width + slot]!)),
  );
  if (different.length <= mostDifferent * recordedRows.length) return undefined;
  const [row] = different as [number];
  const input = describeRow(inputSlots, inputs, row * inputSlots.length);
  const then = describeRow(outputSlots, rows.outputs, origins[row]! * width);
  const now = describeRow(outputSlots, outputs, row * width);
  return {
    kind: 'failed',
    message: t(
      'For {0} of the recorded inputs {1} gave the program another result than it gives by itself; for {2} it gave {3}, and gives {4}.',
      percent(different.length / recordedRows.length),
      name,
      input,
      then,
      now,
    ),
    hint: t(
      'Rebuild the program and record again; if that does not help, pass what else the function depends on as arguments.',
    ),
  };
}

const isClose = (a: number, b: number): boolean =>
  Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), Number.MIN_VALUE);

function useOf({ record, outside }: RecordedInputs, { train, test }: Split, samples: RecordUse['samples']): RecordUse {
  const { id, hash, command, exit, calls, threw, threads, misfits, firstMisfit } = record;
  const known = new Set(keysOf(train));
  const repeated = keysOf(test).filter((key) => known.has(key)).length / test.count;
  const first = firstMisfit === undefined ? {} : { firstMisfit };
  return { id, hash, command, exit, calls, threw, threads, misfits, ...first, outside, samples, repeated };
}

function keysOf({ count, inputs }: Samples): string[] {
  const width = inputs.length / count;
  return Array.from({ length: count }, (_, row) => inputs.subarray(row * width, (row + 1) * width).join(' '));
}
