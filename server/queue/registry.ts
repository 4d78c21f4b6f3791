/** Who is at the queue: workers and searches write a record now and then, which expires soon after they are gone. */
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { prefix, type Timings } from './names.ts';

/** What may be printed to a terminal as it is, whoever wrote it. */
export const recordName = z.string().regex(/^[\w.+:-]{1,120}$/);
const count = z.int().min(0);

const workerRecord = z.strictObject({
  /** `host:process`. */
  name: recordName,
  version: recordName,
  trainer: recordName,
  /** Names the bits that it computes, see arithmetic.ts. */
  arithmetic: recordName,
  /** Networks at once, at most. */
  concurrency: z.int().min(1).max(65_536),
  busy: count,
  /** Networks that it has trained, and lately in a second. */
  trained: count,
  perSecond: z.number().min(0),
});
export type WorkerRecord = z.infer<typeof workerRecord>;

const searchRecord = z.strictObject({ name: recordName, version: recordName, waiting: count });
export type SearchRecord = z.infer<typeof searchRecord>;

interface Named {
  readonly name: string;
}

interface Kind<T extends Named> {
  readonly set: string;
  readonly schema: z.ZodType<T>;
}
export const workers: Kind<WorkerRecord> = { set: `${prefix}:workers`, schema: workerRecord };
export const searches: Kind<SearchRecord> = { set: `${prefix}:searches`, schema: searchRecord };

/** This process, for people and as a key. */
export const ownName = (): string =>
  `${hostname()
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 80)}:${process.pid}`;

const keyOf = ({ set }: Kind<Named>, id: string): string => `${set}:${id}`;

/** Says that `id` is there. Five beats that fail to come end it. */
export async function register<T extends Named>(
  redis: Redis,
  kind: Kind<T>,
  id: string,
  record: T,
  { beatMs }: Timings,
): Promise<void> {
  await redis
    .pipeline()
    .set(keyOf(kind, id), JSON.stringify(record), 'PX', 5 * beatMs)
    .sadd(kind.set, id)
    .exec();
}

export async function unregister(redis: Redis, kind: Kind<Named>, id: string): Promise<void> {
  await redis.pipeline().del(keyOf(kind, id)).srem(kind.set, id).exec();
}

/** The records that are there, by name. What is no record is left out. */
export async function listRecords<T extends Named>(redis: Redis, kind: Kind<T>): Promise<T[]> {
  const ids = await redis.smembers(kind.set);
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map((id) => keyOf(kind, id)));
  const gone = ids.filter((_, index) => texts[index] === null);
  if (gone.length > 0) await redis.srem(kind.set, gone);
  return texts.flatMap((text) => parseRecord(text, kind.schema) ?? []).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function parseRecord<T>(text: string | null, schema: z.ZodType<T>): T | undefined {
  try {
    return text === null ? undefined : schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
