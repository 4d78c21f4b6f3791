/** After full training: which pruned and quantised variants are worth measuring, by their errors on validation data. */
import type { Dataset, Encoding, TargetId } from '../../engine/types.ts';
import type { Evaluator } from '../evaluator.ts';
import type { FrontPoint } from '../protocol.ts';
import { findTarget } from '../targets/registry.ts';
import { type Finalist, finalistOf, finalistPoint, integerFigures, markFront, offeredIntegers } from './finalists.ts';
import { pruneFront } from './pruneFront.ts';
import { quantiseFront } from './quantiseFront.ts';
import type { RunContext } from './run.ts';
import type { TrainedCandidate } from './trainFully.ts';

interface ShrinkingContext extends Pick<RunContext, 'request' | 'hooks'> {
  readonly dataset: Dataset;
  readonly encoding: Encoding;
  readonly evaluator: Evaluator;
}

export interface Shrunk {
  /** All networks that were trained, and the variants that are not worse than another network in all that counts. */
  readonly finalists: readonly Finalist[];
  /** The other pruned ones, off the front. */
  readonly rest: readonly FrontPoint[];
}

export async function shrinkFront(
  context: ShrinkingContext,
  trained: readonly TrainedCandidate[],
  onProgress: (share: number) => void,
): Promise<Shrunk> {
  const { dataset, encoding, evaluator } = context;
  const { config } = context.request;
  const { signal } = context.hooks;
  const found = trained.map(finalistOf);
  let done = 0;
  const pruned = await pruneFront({ config, loss: encoding.loss, evaluator, signal }, found, 'similarity', () => {
    done++;
    onProgress(done / (found.length + 1));
  });
  const front = onFront([...found, ...pruned]);
  // Where the target computes every network in one format, there is nothing to choose.
  const integers = hasOwnFormat(context.request.target)
    ? []
    : await quantiseFront({ config, dataset, encoding, signal }, front);
  const offered = offeredIntegers(integers, integerFigures, config.maxBytes);
  const finalists = [...new Set([...found, ...front, ...offered])];
  const rest = pruned.filter((variant) => !finalists.includes(variant));
  return { finalists, rest: rest.map((variant) => ({ ...finalistPoint(variant), onFront: false })) };
}

function hasOwnFormat(id: TargetId): boolean {
  const found = findTarget(id);
  return found.kind === 'target' && found.found.target.format !== undefined;
}

function onFront(finalists: readonly Finalist[]): Finalist[] {
  // Nothing is timed yet.
  const marked = markFront(finalists.map(finalistPoint), { objectives: ['error', 'params'] });
  return finalists.filter((_, index) => marked[index]!.onFront);
}
