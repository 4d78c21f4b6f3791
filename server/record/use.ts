/** A record as the source of a run's samples. */

import { narrowDomain, type RecordedRows } from '../../engine/data/recorded.ts';
import { formatAmount, formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { Domain } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import type { Region } from '../source/types.ts';
import { fewestCalls } from './explain.ts';
import { type Record, readRecord } from './record.ts';

export interface RecordedInputs {
  readonly kind: 'inputs';
  readonly record: Record;
  /** Where the recorded inputs lie, within the ranges of the tags. */
  readonly domain: Domain;
  /** Kept calls outside of the tags' ranges, which the guard gives to the exact function. */
  readonly outside: number;
  /** For training, selection and the figures; `outputs` are what the program got. */
  readonly rows: RecordedRows & { readonly outputs: Float64Array };
  /** Set apart for what is certified: no other step sees them. (count, slots), row-major. */
  readonly fresh: RecordedRows;
}

/** What a result says about the record that it comes from. */
export interface RecordUse {
  readonly id: string;
  readonly hash: string;
  readonly command: string;
  readonly exit: number | string;
  readonly calls: number;
  readonly threw: number;
  readonly threads: number;
  readonly misfits: number;
  readonly firstMisfit?: string;
  readonly outside: number;
  /** Samples by origin; validation and test samples are recorded ones alone. */
  readonly samples: { readonly recorded: number; readonly synthetic: number };
  /** Share of the test samples whose very inputs are among the training samples. */
  readonly repeated: number;
}

/** Independent of the seed: rows are in random order, and which of them are set apart must never change. */
const mostFresh = 2000;
const freshOf = (count: number) => Math.min(mostFresh, Math.max(Math.round(count / 10), Math.min(100, count >> 2)));

/** Calls to keep for a run with this many samples. */
export const callsToKeep = (samples: number): number => samples + mostFresh;

/** `name` is a record's id or file; `domain` is that of the tags, with NaN for ranges that there are none of. */
export function recordedInputs(root: string, name: string, region: Region, domain: Domain): RecordedInputs | Failure {
  const read = readRecord(root, name);
  if (read.kind === 'failed') return read;
  const { record } = read;
  const again = t('Record the inputs again.');
  if (record.name !== region.name || JSON.stringify(record.signature) !== JSON.stringify(region.signature)) {
    const own = record.name === region.name ? t('an earlier signature of {0}', record.name) : record.name;
    return {
      kind: 'failed',
      message: t('The record {0} is of {1}, not of {2} as it is now.', record.id, own, region.name),
      hint: again,
    };
  }
  const width = domain.length;
  const finite = (row: number) => record.inputs.subarray(row * width, (row + 1) * width).every(Number.isFinite);
  const usable = pickRows(record, [...Array(record.count).keys()].filter(finite), region);
  const { domain: narrowed, inside } = narrowDomain(domain, usable);
  if (inside.length < fewestCalls) {
    const { count } = usable;
    return {
      kind: 'failed',
      message: t(
        "{0} of {1} are within the ranges of {2}'s @range tags; {3} are needed.",
        formatAmount(inside.length, 'recorded call'),
        formatCount(count),
        region.name,
        formatCount(fewestCalls),
      ),
      hint: t('Widen the tags, or remove them: the ranges then come from the record.'),
    };
  }
  const kept = pickRows(usable, inside, region);
  const fresh = freshOf(kept.count);
  const outputWidth = region.outputSlots.length;
  return {
    kind: 'inputs',
    record,
    domain: narrowed,
    outside: usable.count - inside.length,
    rows: {
      count: kept.count - fresh,
      inputs: kept.inputs.subarray(fresh * width),
      outputs: kept.outputs.subarray(fresh * outputWidth),
    },
    fresh: { count: fresh, inputs: kept.inputs.subarray(0, fresh * width) },
  };
}

type Calls = RecordedInputs['rows'];

function pickRows({ inputs, outputs }: Calls, rows: readonly number[], { inputSlots, outputSlots }: Region): Calls {
  const pick = (values: Float64Array, width: number) => {
    const picked = new Float64Array(rows.length * width);
    for (const [at, row] of rows.entries()) picked.set(values.subarray(row * width, (row + 1) * width), at * width);
    return picked;
  };
  return { count: rows.length, inputs: pick(inputs, inputSlots.length), outputs: pick(outputs, outputSlots.length) };
}
