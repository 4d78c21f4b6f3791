/** Evaluations that survive a kill, with their networks: full training takes too long to begin again. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { AnyNetwork, AnyTask } from '../../engine/types.ts';
import type { Evaluation, Evaluator } from '../evaluator.ts';
import { evaluationFields, openLines } from '../store.ts';
import { restoreNetwork, storedNetwork, storeNetwork } from './storedNetwork.ts';

const entrySchema = z.object({
  /** Names the task. */
  key: z.string(),
  outcome: z.enum(['finished', 'diverged', 'crashed']),
  network: storedNetwork.exactOptional(),
  ...evaluationFields,
});
type Entry = z.infer<typeof entrySchema>;

/**
 * The same evaluator, but what the file at `path` remembers is not evaluated again, and what is evaluated is remembered.
 * What the disk refuses cancels the rest and rejects.
 */
export function remembering(evaluator: Evaluator, path: string): Evaluator {
  const lines = openLines<Entry>(path, entrySchema);
  return {
    get parallel() {
      return evaluator.parallel;
    },
    get workforce() {
      return evaluator.workforce ?? '';
    },
    async train(tasks, onResult) {
      const remembered = new Map(lines.entries.map((entry) => [entry.key, entry]));
      const results = tasks.map((task) => evaluationOf(remembered.get(keyOf(task))));
      const missing = tasks.flatMap((_, index) => (results[index] ? [] : index));
      results.forEach((result, index) => {
        if (result) onResult?.(index, result);
      });
      let unwritable: { readonly error: unknown } | undefined;
      const evaluated = await evaluator.train(
        missing.map((index) => tasks[index]!),
        (at, evaluation) => {
          const index = missing[at]!;
          try {
            if (evaluation.outcome !== 'stopped') lines.append(entryOf(tasks[index]!, evaluation));
          } catch (error) {
            // Thrown here it would end the process, as this is called from a worker's event.
            unwritable ??= { error };
            evaluator.cancel();
          }
          onResult?.(index, evaluation);
        },
      );
      if (unwritable) throw unwritable.error;
      missing.forEach((index, at) => {
        results[index] = evaluated[at]!;
      });
      return results.map((result) => result!);
    },
    withdraw: () => evaluator.withdraw(),
    cancel: () => evaluator.cancel(),
    dispose: () => evaluator.dispose(),
  };
}

/** Where a run of a dataset remembers what it trained. */
export const trainedPath = (folder: string): string => join(folder, 'trained.jsonl');

/** Of all that a task consists of, weights to begin with included. */
const keyOf = (task: AnyTask): string =>
  hashOf(JSON.stringify(task, (_, value) => (value instanceof Float32Array ? hashOf(bytesOf(value)) : value)));

/** Names a network by its arrays. */
export const fingerprintOf = (network: AnyNetwork): string => hashOf(JSON.stringify(storeNetwork(network)));

const hashOf = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex').slice(0, 16);

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);

function entryOf(task: AnyTask, { outcome, error, network, curve, seconds, arithmetic }: Evaluation): Entry {
  if (outcome === 'stopped') throw new TypeError('What was stopped has no result.');
  return {
    key: keyOf(task),
    outcome,
    ...(error && { figures: error }),
    ...(network && { network: storeNetwork(network) }),
    ...(curve && { curve }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(arithmetic && { arithmetic }),
  };
}

function evaluationOf(entry: Entry | undefined): Evaluation | undefined {
  if (!entry) return undefined;
  const { key: _key, figures, network, ...rest } = entry;
  return { ...rest, ...(figures && { error: figures }), ...(network && { network: restoreNetwork(network) }) };
}
