/** Connections to Redis that come back by themselves, and the first one, which says what is wrong. */
import { Redis } from 'ioredis';
import type { Failure } from '../protocol.ts';
import type { QueueAddress } from './address.ts';
import type { Timings } from './names.ts';

/** Streams and blocking reads as BullMQ uses them; 6.2 is what it recommends at least. */
const oldestRedis = [6, 2] as const;

const firstConnectMs = 5_000;

/** A connection that stays, and comes back. Commands wait for that, however long it takes. Close it with `disconnect`. */
export function connect(address: QueueAddress, { silenceMs }: Timings): Redis {
  const redis = new Redis({
    ...address.connection,
    connectionName: 'deepmaker',
    // BullMQ asks for it, and so do we: null is forever.
    maxRetriesPerRequest: null,
    connectTimeout: silenceMs,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 10), 5_000),
  });
  watch(redis, silenceMs);
  return redis;
}

/**
 * Opens the connection again once it owes an answer for too long: TCP takes a quarter of an hour to notice a cut. The
 * client has an option for that, whose timer outlives the connection.
 */
function watch(redis: Redis, silenceMs: number): void {
  let askedMs: number | undefined;
  const answered = () => {
    askedMs = undefined;
  };
  const timer = setInterval(() => {
    if (redis.status !== 'ready') return answered();
    if (askedMs === undefined) {
      askedMs = performance.now();
      redis.ping().then(answered, answered);
    } else if (performance.now() - askedMs > silenceMs) {
      answered();
      redis.disconnect(true);
    }
  }, silenceMs / 4);
  timer.unref();
  redis.on('end', () => clearInterval(timer));
}

/** Tries the address once: whether Redis is there, takes the password and is new enough. */
export async function tryAddress(address: QueueAddress): Promise<Failure | undefined> {
  const redis = new Redis({
    ...address.connection,
    lazyConnect: true,
    connectTimeout: firstConnectMs,
    commandTimeout: firstConnectMs,
    // It would wait two seconds for an end that has been.
    disconnectTimeout: 50,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let last: Error | undefined;
  redis.on('error', (error) => {
    last = error;
  });
  try {
    await redis.connect();
    const version = /^redis_version:(\d+)\.(\d+)/m.exec(await redis.info('server'));
    const [major = 0, minor = 0] = version ? [Number(version[1]), Number(version[2])] : [];
    const [wantedMajor, wantedMinor] = oldestRedis;
    if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return undefined;
    return {
      kind: 'failed',
      message: `${address.shown} is Redis ${major}.${minor}, and ${oldestRedis.join('.')} or newer is needed.`,
      hint: 'Start a newer Redis or Valkey there.',
    };
  } catch (error) {
    // What went wrong on the way comes as an event; the promise then only says that the connection is closed.
    return refusal(address, last ?? (error as Error));
  } finally {
    redis.disconnect();
  }
}

function refusal(address: QueueAddress, error: Error): Failure {
  const message = reasonOf(address, error);
  const hint = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)/.test(message)
    ? 'Check user and password: redis://USER:PASSWORD@HOST:PORT, or :PASSWORD where there is no user.'
    : 'Check the address and that Redis runs there: redis-cli -h HOST -p PORT ping.';
  return { kind: 'failed', message: `${address.shown} cannot be used: ${message.replace(/\.$/, '')}.`, hint };
}

/** One line, without the password. Errors of the client carry the command that failed, which is not repeated. */
export function reasonOf(address: QueueAddress, error: Error): string {
  // Where a name has several addresses, the message is empty and there is one error for each.
  const [first] = error instanceof AggregateError ? error.errors : [];
  const { code } = (first ?? error) as NodeJS.ErrnoException;
  const text = (first ?? error) as Error;
  return address.redact((text.message || code || text.name).split('\n')[0]!);
}

/** Says once that the connection is lost, and once that it is back. */
export function connectionNotices(address: QueueAddress, notify: (message: string) => void) {
  let lost = false;
  return {
    failed(error: Error): void {
      if (lost) return;
      lost = true;
      notify(
        `The connection to ${address.shown} is lost (${reasonOf(address, error)}). Trying again until it is back.`,
      );
    },
    ready(): void {
      if (lost) notify(`The connection to ${address.shown} is back.`);
      lost = false;
    },
  };
}

/** Waits for work that may never end, but not longer. */
export async function withinMs(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
