/** Who is at a queue and what waits there, for `deepmaker workers`. */
import { Queue } from 'bullmq';
import { productVersion } from '../assets.ts';
import type { Failure } from '../protocol.ts';
import type { QueueAddress } from './address.ts';
import { connect, connectionNotices, tryAddress } from './connection.ts';
import { defaultTimings, prefix, queueName } from './names.ts';
import { listRecords, type SearchRecord, searches, type WorkerRecord, workers } from './registry.ts';

export interface QueueState {
  readonly kind: 'state';
  readonly version: string;
  readonly workers: readonly WorkerRecord[];
  readonly searches: readonly SearchRecord[];
  /** Candidates of this version. */
  readonly waiting: number;
  readonly active: number;
}

export async function queueState(
  address: QueueAddress,
  notify: (message: string) => void,
): Promise<QueueState | Failure> {
  const problem = await tryAddress(address);
  if (problem) return problem;
  const version = productVersion();
  const redis = connect(address, defaultTimings);
  redis.on('error', connectionNotices(address, notify).failed);
  const queue = new Queue(queueName(version), { connection: redis, prefix, skipMetasUpdate: true });
  queue.on('error', () => {});
  try {
    const { waiting = 0, active = 0 } = await queue.getJobCounts('waiting', 'active');
    const found = { workers: await listRecords(redis, workers), searches: await listRecords(redis, searches) };
    return { kind: 'state', version, ...found, waiting, active };
  } finally {
    await queue.close();
    redis.disconnect();
  }
}
