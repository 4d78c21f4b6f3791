/** What inserted code calls: counts calls, and keeps those that the reservoir takes. */
import { shapeSlots, writeResult } from '../../engine/data/slots.ts';
import type { Shape } from '../../engine/types.ts';
import { type RowNumber, toRowNumber } from './part.ts';
import type { PartWriter } from './partWriter.ts';
import type { RecordPlan } from './plan.ts';

interface KeptCall {
  readonly key: number;
  readonly inputs: readonly RowNumber[];
}

/**
 * The order of calls is `enter`, `inputs` where it said true, `leave` with the value unless the function threw, `exit`.
 * Calls that the function makes of itself are not counted: a network in its place would not see them either.
 */
export interface Recorder {
  enter(): boolean;
  /** Undefined where they do not fit the signature. */
  inputs(values: readonly unknown[]): KeptCall | undefined;
  leave<T>(kept: KeptCall | undefined, value: T): T;
  exit(kept: KeptCall | undefined): void;
}

export function createRecorder({ signature }: RecordPlan, part: PartWriter): Recorder {
  const { reservoir, counts } = part;
  const parameters = signature.parameters.map(({ name, shape, absent }) => ({
    name,
    absent,
    flatten: flattener(shape),
  }));
  const flattenResult = flattener(signature.result);
  let depth = 0;
  let hasReturned = false;
  let skip = reservoir.skip();

  const misfit = (key: number, problem: string) => part.write({ k: key, problem });
  return {
    enter() {
      if (depth++ > 0) return false;
      counts.calls++;
      return skip-- <= 0;
    },
    inputs(values) {
      const key = reservoir.enter();
      skip = reservoir.skip();
      const inputs: RowNumber[] = [];
      for (const [index, { name, absent, flatten }] of parameters.entries()) {
        const value = values[index];
        const problem = flatten(value === undefined ? absent : value, inputs);
        if (problem === undefined) continue;
        misfit(key, problem.replace(/^result/u, name));
        return undefined;
      }
      return { key, inputs };
    },
    leave(kept, value) {
      if (depth !== 1) return value;
      hasReturned = true;
      if (kept === undefined) return value;
      const outputs: RowNumber[] = [];
      const problem = flattenResult(value, outputs);
      if (problem === undefined) part.write({ k: kept.key, i: kept.inputs, o: outputs });
      else misfit(kept.key, problem);
      return value;
    },
    exit(kept) {
      if (--depth > 0) return;
      if (!hasReturned) {
        counts.threw++;
        if (kept) part.write({ k: kept.key, i: kept.inputs });
      }
      hasReturned = false;
    },
  };
}

/** Appends a value's slots, or answers why it has none. Getters and proxies of the program may throw. */
function flattener(shape: Shape): (value: unknown, into: RowNumber[]) => string | undefined {
  const row = new Float64Array(shapeSlots(shape, '').length);
  return (value, into) => {
    try {
      const problem = writeResult(shape, value, row, 0);
      if (problem !== undefined) return problem;
      for (const number of row) into.push(toRowNumber(number));
      return undefined;
    } catch {
      return 'result cannot be read';
    }
  };
}
