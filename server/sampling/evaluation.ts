/** The child's side of sampling: calls the user's function row by row, in slices that end in time to be watched. */
import { inputSlots, outputSlots, readArguments, writeResult } from '../../engine/data/slots.ts';
import type { Signature } from '../../engine/types.ts';
import { type EvaluatedRows, type RowProblem, rowStatus } from './messages.ts';

export type UserFunction = (...values: unknown[]) => unknown;

export interface EvaluationRequest {
  readonly call: UserFunction;
  readonly describeThrown: (thrown: unknown) => string;
  readonly signature: Signature;
  /** (count, inputSlots) raw slot values, row-major. */
  readonly inputs: Float64Array;
  readonly count: number;
  /** A slice ends after the first row that takes it past this. */
  readonly sliceMs: number;
}

/** Taken before any user code runs, which may replace it. */
const now = performance.now.bind(performance);

/** Yields after every slice. `cursor.row` is the row at work, for whoever has to stop a slice that does not end. */
export function* evaluateRows(
  request: EvaluationRequest,
  cursor: { row: number },
): Generator<number, Omit<EvaluatedRows, 'consoleCalls'>> {
  const { count, inputs, sliceMs, signature } = request;
  const inputWidth = inputSlots(signature).length;
  const outputWidth = outputSlots(signature).length;
  const outputs = new Float64Array(count * outputWidth);
  const statuses = new Uint8Array(count);
  let firstProblem: RowProblem | undefined;
  let elapsedMs = 0;
  while (cursor.row < count) {
    const start = now();
    do {
      const { row } = cursor;
      const output = outputs.subarray(row * outputWidth, (row + 1) * outputWidth);
      const problem = evaluateRow(request, inputs, row * inputWidth, output);
      if (problem) {
        statuses[row] = problem.status;
        firstProblem ??= { row, message: problem.message() };
      }
      cursor.row++;
    } while (cursor.row < count && now() - start < sliceMs);
    elapsedMs += now() - start;
    yield cursor.row;
  }
  return { outputs, statuses, elapsedMs, ...(firstProblem ? { firstProblem } : {}) };
}

interface Problem {
  readonly status: number;
  /** Lazy, as only the first problem of all rows is ever described. */
  readonly message: () => string;
}

function evaluateRow(
  { call, describeThrown, signature }: EvaluationRequest,
  inputs: Float64Array,
  offset: number,
  output: Float64Array,
): Problem | undefined {
  const problem = callAndWrite();
  if (problem) {
    output.fill(Number.NaN);
    return { status: rowStatus.thrown, message: problem };
  }
  const odd = output.find((value) => !Number.isFinite(value));
  return odd === undefined ? undefined : { status: rowStatus.notFinite, message: () => `the result holds ${odd}` };

  function callAndWrite(): (() => string) | undefined {
    try {
      const result = call(...readArguments(signature.parameters, inputs, offset));
      const misfit = writeResult(signature.result, result, output, 0);
      return misfit === undefined ? undefined : () => misfit;
    } catch (thrown) {
      return () => describeThrown(thrown);
    }
  }
}
