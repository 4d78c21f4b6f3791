/** The child's side of measuring: two functions timed in alternating blocks on the same prepared arguments. */
import { Script } from 'node:vm';
import { inputSlots, outputSlots, readArguments } from '../../engine/data/slots.ts';
import type { Shape, Signature } from '../../engine/types.ts';
import type { UserFunction } from './evaluation.ts';
import type { TimedBlocks } from './messages.ts';

export interface TimingRequest {
  readonly exact: UserFunction;
  readonly approx: UserFunction;
  /** `approx` takes all rows at once: (inputs, count, outputs). */
  readonly batch: boolean;
  readonly signature: Signature;
  /** (count, inputSlots) raw slot values, row-major. */
  readonly inputs: Float64Array;
  readonly count: number;
  readonly budgetMs: number;
}

/** A block lasts about this long: long against the clock's resolution, short against a change of the machine's speed. */
const blockMs = 1;
/** Blocks of each function that are taken however slow it is, and that suffice however fast. */
const minPairs = 7;
const maxPairs = 500;
/** A slow function is timed on fewer rows, so that one pass takes at most this share of the budget. */
const maxPassShare = 1 / 40;
/** The share of the budget that each function runs before anything is recorded, so that V8 has optimised it. */
const warmUpShare = 1 / 10;
/** Time between two yields, where no single pass takes longer. */
const sliceMs = 25;

const now = performance.now.bind(performance);

/**
 * A block is a whole number of passes over the same rows, so that rows of different cost cannot look like noise, and the
 * order within each pair alternates, so that neither function profits from coming second. Loop and argument fetch are part
 * of both figures (well under 2 ns a call): subtracting an empty loop would be a guess, as V8 compiles it differently.
 * Yields after every slice; throws what the functions throw.
 */
export function* timePairs(request: TimingRequest): Generator<number, TimedBlocks> {
  const { signature, inputs, count, budgetMs } = request;
  const width = inputSlots(signature).length;
  const lists = Array.from({ length: count }, (_, row) => readArguments(signature.parameters, inputs, row * width));
  const started = now();
  const exact = block(request.exact, signature, lists);
  const approx = request.batch ? batchBlock(request, width) : block(request.approx, signature, lists);

  const rows = yield* affordableRows([exact, approx], count, budgetMs * maxPassShare);
  const exactPasses = yield* warmUp(exact, rows, budgetMs * warmUpShare);
  const approxPasses = yield* warmUp(approx, rows, budgetMs * warmUpShare);

  const exactNs: number[] = [];
  const approxNs: number[] = [];
  let sliceStart = now();
  while (exactNs.length < minPairs || (exactNs.length < maxPairs && now() - started < budgetMs)) {
    if (exactNs.length % 2 === 0) {
      exactNs.push(nsPerCall(exact, rows, exactPasses));
      approxNs.push(nsPerCall(approx, rows, approxPasses));
    } else {
      approxNs.push(nsPerCall(approx, rows, approxPasses));
      exactNs.push(nsPerCall(exact, rows, exactPasses));
    }
    if (now() - sliceStart < sliceMs) continue;
    yield exactNs.length;
    sliceStart = now();
  }
  return { exactNs: Float64Array.from(exactNs), approxNs: Float64Array.from(approxNs) };
}

/** Runs `passes` passes over the first `rows` rows and answers how long that took. */
type Block = (rows: number, passes: number) => number;

let blocks = 0;

/**
 * Each function gets a loop of its own, compiled from text of its own, so that its call site stays monomorphic and V8 may
 * inline the function as it may in the user's program. Results go where V8 cannot prove them unused.
 */
function block(call: UserFunction, signature: Signature, lists: readonly unknown[][]): Block {
  const values = signature.parameters.map((_, index) => `list[${index}]`).join(', ');
  const text = `(function timingLoop${++blocks}(call, lists, rows, passes, kept) {
    let sum = 0;
    for (let pass = 0; pass < passes; pass++) {
      for (let row = 0; row < rows; row++) {
        const list = lists[row];
        ${consume(signature.result, `call(${values})`)}
      }
    }
    return sum;
  })`;
  const loop = new Script(text).runInThisContext() as (...values: unknown[]) => number;
  const kept: unknown[] = new Array(8).fill(undefined);
  return (rows, passes) => {
    const start = now();
    kept[0] = loop(call, lists, rows, passes, kept);
    return now() - start;
  };
}

function batchBlock({ approx, signature, inputs, count }: TimingRequest, width: number): Block {
  const outputs = new Float64Array(count * outputSlots(signature).length);
  return (rows, passes) => {
    const start = now();
    for (let pass = 0; pass < passes; pass++) approx(inputs.subarray(0, rows * width), rows, outputs);
    return now() - start;
  };
}

const consume = (result: Shape, call: string): string =>
  result.kind === 'number' ? `sum += ${call};` : `kept[row & 7] = ${call};`;

const nsPerCall = (run: Block, rows: number, passes: number): number => (run(rows, passes) * 1e6) / (rows * passes);

/** Doubles the rows of a pass while the slower function can still afford it; part of the warm-up too. */
function* affordableRows(runs: readonly Block[], count: number, passMs: number): Generator<number, number> {
  for (let rows = 1; ; rows = Math.min(count, rows * 2)) {
    let slowest = 0;
    for (const run of runs) {
      slowest = Math.max(slowest, run(rows, 1));
      yield 0;
    }
    if (rows === count || slowest * 2 > passMs) return rows;
  }
}

/** Runs a function until it has had its time, and answers how many passes make a block. */
function* warmUp(run: Block, rows: number, warmUpMs: number): Generator<number, number> {
  let passes = 1;
  let spentMs = 0;
  while (spentMs < warmUpMs) {
    const elapsedMs = run(rows, passes);
    spentMs += elapsedMs;
    passes = Math.max(1, Math.min(passes * 8, Math.round((passes * blockMs) / Math.max(elapsedMs, 1e-4))));
    yield 0;
  }
  return passes;
}
