/** What is where in Redis, and how long it stays. All keys begin with the prefix; BullMQ's own are below it too. */

export const prefix = 'deepmaker';

/**
 * Jobs of one version meet workers of that version only: training may have changed between two versions, and then so would
 * the front.
 */
export const queueName = (version: string): string => `candidates-${version}`;

/** The header of a dataset, by its content hash; `dataKey(hash):0` and so on are its chunks. */
export const dataKey = (hash: string): string => `${prefix}:data:${hash}`;
/** What a worker has found out, by a name that the job's return value gives. */
export const resultKey = (name: string): string => `${prefix}:result:${name}`;
/** Says that nobody waits for a job any more. */
export const cancelKey = (jobId: string): string => `${prefix}:cancelled:${jobId}`;

/** How long datasets, results and finished jobs stay for a search that has died and goes on: a day. */
export const keepSeconds = 86_400;

/** How often a job may take its worker down, or fail on one, before it is given up. */
export const tries = 3;

/** How fast faults are noticed. Tests make these short. */
export interface Timings {
  /** A worker that has not renewed its hold on a job for so long has lost it; it renews at half of that. */
  readonly lockMs: number;
  /** How often workers look for jobs that others have lost. */
  readonly stalledCheckMs: number;
  /** A connection that owes an answer for so long is taken for dead and opened again. */
  readonly silenceMs: number;
  /** How often workers say that they are there, and look for jobs that were cancelled. */
  readonly beatMs: number;
  /** How often a search asks after its jobs, in case an event was lost. */
  readonly checkMs: number;
}

/**
 * A lock outlives pauses of a busy machine and most hiccups of a network, which would only cost a training done twice;
 * against the minutes and hours that a candidate takes, half a minute until a dead worker's job goes on is little. A cut
 * connection has to be noticed before the lock is lost, or else TCP would take a quarter of an hour; it has to be longer
 * than the ten seconds for which reads of an idle queue block.
 */
export const defaultTimings: Timings = {
  lockMs: 30_000,
  stalledCheckMs: 10_000,
  silenceMs: 15_000,
  beatMs: 2_000,
  checkMs: 10_000,
};
