/**
 * A dataset on its way to workers: a header, then its arrays in small chunks, little endian, under a hash of them all. So
 * a worker fetches a set once, whatever search it belongs to, and can tell that it got what was asked for.
 */
import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import type { HeldRows, WorkerSetup } from '../trainWorker.ts';

/** What workers train and score on. */
export type TrainingData = Pick<WorkerSetup, 'train' | 'held'>;

/** Bytes of a chunk at most: what one command moves while others wait. */
export const chunkBytes = 4 * 2 ** 20;

/** Larger sets than this many bytes are refused by whoever reads them: they would not fit next to anything else. */
const maxDataBytes = 16 * 2 ** 30;

export const dataHash = z.string().regex(/^[0-9a-f]{64}$/);

const literal = z.union([z.string(), z.number(), z.boolean()]);
const values = z.array(literal).min(1).max(65_536);
const column = z
  .int()
  .min(0)
  .max(2 ** 24);
const columns = z
  .int()
  .min(1)
  .max(2 ** 24);
const slotEncoding = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('number'), column, offset: z.number(), scale: z.number() }),
  z.strictObject({ kind: z.literal('boolean'), column }),
  z.strictObject({ kind: z.literal('category'), column, values }),
]);
const slot = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['number', 'boolean']), path: z.string() }),
  z.strictObject({ kind: z.literal('category'), path: z.string(), values }),
]);
const rows = z
  .int()
  .min(1)
  .max(2 ** 31);

const headerSchema = z.strictObject({
  train: rows,
  held: rows,
  inputs: columns,
  targets: columns,
  outputs: z.array(slot).min(1).max(65_536),
  encoding: z.strictObject({
    inputs: z.array(slotEncoding).max(65_536),
    outputs: z.array(slotEncoding).min(1).max(65_536),
    inputColumns: columns,
    outputColumns: columns,
    loss: z.enum(['mse', 'softmax-cross-entropy']),
  }),
});

/** The text that goes before the arrays. */
export const headerOf = ({ train, held }: TrainingData): string =>
  JSON.stringify({
    train: train.count,
    held: held.samples.count,
    inputs: train.inputs.length / train.count,
    targets: train.targets.length / train.count,
    outputs: held.outputSlots,
    encoding: held.encoding,
  });

const arraysOf = ({ train, held }: TrainingData) =>
  [train.inputs, train.targets, held.samples.inputs, held.samples.targets, held.outputs] as const;

/** The arrays' bytes, chunk by chunk, in the memory that they lie in. */
export function* chunksOf(data: TrainingData): Generator<Uint8Array> {
  for (const array of arraysOf(data)) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
  }
}

/** SHA-256 of header and arrays. */
export function hashOf(data: TrainingData): string {
  const hash = createHash('sha256').update(headerOf(data));
  for (const chunk of chunksOf(data)) updateHash(hash, chunk);
  return hash.digest('hex');
}

export interface Incoming {
  readonly data: TrainingData;
  /** Whether all chunks of `data` are filled in with what the hash was made of. */
  complete(hash: string): boolean;
}

/**
 * Memory for what a header announces, to be filled chunk by chunk through `chunksOf`. Throws RangeError where the header
 * is none, contradicts itself, or announces too much.
 */
export function prepareIncoming(text: string): Incoming {
  const parsed = headerSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new RangeError(`The dataset's header is none: ${parsed.error.issues[0]!.message}.`);
  const { train, held, inputs, targets, outputs: outputSlots, encoding } = parsed.data;
  const bytes = (train + held) * (inputs + targets) * 4 + held * outputSlots.length * 8;
  if (bytes > maxDataBytes) throw new RangeError(`The dataset takes ${bytes} bytes, and ${maxDataBytes} are allowed.`);
  if (encoding.outputColumns !== targets || encoding.outputs.length !== outputSlots.length) {
    throw new RangeError("The dataset's outputs are not those of its encoding.");
  }
  const floats = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length));
  const samples = (count: number) => ({ count, inputs: floats(count * inputs), targets: floats(count * targets) });
  const heldRows: HeldRows = {
    samples: samples(held),
    outputs: new Float64Array(new SharedArrayBuffer(8 * held * outputSlots.length)),
    outputSlots,
    encoding,
  };
  const data = { train: samples(train), held: heldRows };
  return {
    data,
    complete(expected) {
      const hash = createHash('sha256').update(text);
      for (const chunk of chunksOf(data)) updateHash(hash, chunk);
      return hash.digest('hex') === expected;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Chunks may lie in shared memory, which hashes do not take. */
const updateHash = (hash: Hash, chunk: Uint8Array): Hash => hash.update(Buffer.from(chunk));
