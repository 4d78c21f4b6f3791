/** Where datasets lie for workers: in Redis, or in a folder that all machines share. */
import { existsSync, mkdirSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Redis } from 'ioredis';
import { dataKey, keepSeconds } from './names.ts';
import { chunksOf, headerOf, type Incoming, prepareIncoming, type TrainingData } from './trainingData.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** A header names each category of each column. */
const maxHeaderBytes = 64 * 2 ** 20;

/** Bytes that have gone over the wire. */
export interface Transfer {
  readonly bytes: number;
}

/**
 * Puts a dataset where workers find it by its hash, unless it is there. In Redis it stays a day, and as much longer as this
 * is called again.
 */
export async function storeData(redis: Redis, hash: string, data: TrainingData): Promise<Transfer> {
  const key = dataKey(hash);
  const chunks = [...chunksOf(data)];
  const keys = [key, ...chunks.map((_, index) => `${key}:${index}`)];
  const kept = await redis.pipeline(keys.map((own) => ['expire', own, keepSeconds])).exec();
  if (kept?.every(([error, there]) => !error && there === 1)) return { bytes: 0 };
  let bytes = 0;
  for (const [index, chunk] of chunks.entries()) {
    // MNIST shrinks to a tenth at this level, in 12 ms a chunk; samples of functions hardly shrink, and are small.
    const packed = await deflate(Buffer.from(chunk), { level: 1 });
    bytes += packed.length;
    await redis.set(`${key}:${index}`, packed, 'EX', keepSeconds);
  }
  // The header comes last: where it is, everything is.
  await redis.set(key, headerOf(data), 'EX', keepSeconds);
  return { bytes };
}

/** The dataset of a hash; undefined where nobody has put it there. Throws RangeError where it is another than its hash says. */
export async function fetchData(redis: Redis, hash: string): Promise<TrainingData | undefined> {
  const key = dataKey(hash);
  const header = await redis.get(key);
  if (header === null) return undefined;
  const incoming = prepareIncoming(header);
  let index = 0;
  for (const chunk of chunksOf(incoming.data)) {
    const packed = await redis.getBuffer(`${key}:${index++}`);
    if (!packed) return undefined;
    const bytes = await unpack(packed, chunk.length);
    if (bytes?.length !== chunk.length) throw corrupt(hash);
    chunk.set(bytes);
  }
  return checked(incoming, hash);
}

/** What does not inflate to the bytes that there should be is not inflated any further. */
const unpack = (packed: Buffer, length: number): Promise<Buffer | undefined> =>
  inflate(packed, { maxOutputLength: length }).catch(() => undefined);

const corrupt = (hash: string) => new RangeError(`The dataset ${hash} is not what its hash says.`);

function checked(incoming: Incoming, hash: string): TrainingData {
  if (!incoming.complete(hash)) throw corrupt(hash);
  return incoming.data;
}

const filePath = (folder: string, hash: string): string => join(folder, `${hash}.deepmaker`);

/** As `storeData`, in a folder: the header's length, the header, the arrays. A file appears under its name once it is whole. */
export async function storeDataFile(folder: string, hash: string, data: TrainingData): Promise<void> {
  const path = filePath(folder, hash);
  if (existsSync(path)) return;
  mkdirSync(folder, { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const header = Buffer.from(headerOf(data));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  try {
    const file = await open(temporary, 'w');
    try {
      for (const bytes of [length, header]) await file.writeFile(bytes);
      for (const chunk of chunksOf(data)) await file.writeFile(Buffer.from(chunk));
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** As `fetchData`, from a folder. The hash is a hash by now, so that the path stays in the folder. */
export async function fetchDataFile(folder: string, hash: string): Promise<TrainingData | undefined> {
  const path = filePath(folder, hash);
  if (!existsSync(path)) return undefined;
  const file = await open(path);
  const read = async (length: number): Promise<Buffer> => {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length);
    if (bytesRead !== length) throw corrupt(hash);
    return buffer;
  };
  try {
    const headerLength = (await read(4)).readUInt32LE();
    if (headerLength > maxHeaderBytes) throw corrupt(hash);
    const incoming = prepareIncoming((await read(headerLength)).toString());
    for (const chunk of chunksOf(incoming.data)) chunk.set(await read(chunk.length));
    return checked(incoming, hash);
  } finally {
    await file.close();
  }
}
