/** The address of a Redis server, as a URL that may hold a password. Nothing but a connection gets to see that. */
import { isIP } from 'node:net';
import type { Failure } from '../protocol.ts';

/** The password where the URL has none, so that it need not stand in a list of processes. */
export const passwordVariable = 'DEEPMAKER_QUEUE_PASSWORD';

/** What a client connects by. */
interface Target {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly servername?: string };
}

export interface QueueAddress {
  readonly kind: 'address';
  readonly connection: Target;
  /** For people: without user, password and parameters. */
  readonly shown: string;
  /** A text in which the password is not, whoever wrote it. */
  redact(text: string): string;
}

const hint = 'Write --queue redis://HOST:PORT, or rediss://USER:PASSWORD@HOST:PORT for TLS and a password.';
const wrong = (message: string): Failure => ({ kind: 'failed', message, hint });

/** `redis://` or `rediss://` (TLS), `[USER][:PASSWORD]@`, a host, a port (6379), `/DATABASE`. */
export function parseAddress(text: string, environment: NodeJS.ProcessEnv = process.env): QueueAddress | Failure {
  // The text is not repeated anywhere here: it may be a password in the wrong place.
  if (!URL.canParse(text)) return wrong('--queue is no URL.');
  const url = new URL(text);
  const secure = url.protocol === 'rediss:';
  if (!secure && url.protocol !== 'redis:') return wrong('--queue needs a URL that begins with redis:// or rediss://.');
  if (url.hostname === '') return wrong('--queue names no host.');
  if (url.search !== '' || url.hash !== '') return wrong('--queue takes no parameters after the address.');
  const database = /^\/?(\d{0,5})$/.exec(url.pathname);
  if (!database) return wrong('--queue ends in the number of a database, as in redis://HOST:6379/1, or in none.');
  const decoded = [url.username, url.password].map(decode);
  if (decoded.includes(undefined)) return wrong('--queue has a % in its user or password that must be written %25.');

  // IPv6 addresses stand in brackets in a URL only.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 6379 : Number(url.port);
  const [username, inUrl] = decoded;
  const password = inUrl || environment[passwordVariable];
  const db = Number(database[1] || 0);
  const secrets = [password, url.password].filter((secret): secret is string => !!secret);
  return {
    kind: 'address',
    connection: {
      host,
      port,
      db,
      ...(username && { username }),
      ...(password && { password }),
      ...(secure && { tls: isIP(host) ? {} : { servername: host } }),
    },
    shown: `${url.protocol}//${url.hostname}:${port}${db === 0 ? '' : `/${db}`}`,
    redact: (message) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), message),
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
