import { type ChildProcess, fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { t } from '../../engine/texts.ts';
import type { Signature } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { cancelled, explainExit, explainReply, failed, forged, noAnswer, outOfMemory } from './failures.ts';
import { childEntry } from './installation.ts';
import type { Reply, Request } from './messages.ts';
import { readReply } from './replies.ts';
import { residentBytes } from './residentMemory.ts';

export interface SandboxOptions {
  /** Bound on the child's heap, and once more on its typed arrays. Default 512. */
  readonly memoryMb?: number;
  /** Kills the child the moment it aborts; whatever was asked then fails. */
  readonly signal?: AbortSignal;
}

export interface CallLimits {
  /** Bound on one call of the user's function. Default 5000. */
  readonly timeLimitMs?: number;
  /** Rows done so far, about forty times a second. */
  readonly onProgress?: (done: number) => void;
}

export interface LoadOptions extends CallLimits {
  /** The loaded function that the bundle may call as `exact`. */
  readonly exactId?: string;
}

export interface TimingOptions extends CallLimits {
  readonly exactId: string;
  readonly approxId: string;
  /** The second one takes all rows at once: (inputs, count, outputs). */
  readonly batch?: boolean;
  readonly signature: Signature;
  /** (count, inputSlots) raw slot values, row-major. */
  readonly inputs: Float64Array;
  readonly count: number;
  readonly budgetMs: number;
}

const defaultMemoryMb = 512;
const defaultTimeLimitMs = 5000;
/** A child that has not said a word this long after the last moment at which it should have is killed. */
const graceMs = 2000;
const startLimitMs = 20_000;
const memoryWatchMs = 100;
/** What a child takes beside the heap and the typed arrays that are bounded. */
const processMb = 192;
const maxStderrLength = 8192;

/** Variables that a process cannot start without, or that decide how the user's code formats and sorts. */
const keptVariables = ['ELECTRON_RUN_AS_NODE', 'SystemRoot', 'TZ', 'LANG', 'LC_ALL'];

/** What a request of each kind is answered with, unless it fails. */
interface Answers {
  load: Extract<Reply, { kind: 'loaded' }>;
  evaluate: Extract<Reply, { kind: 'evaluated' }>;
  time: Extract<Reply, { kind: 'timed' }>;
}

interface Pending {
  readonly request: Request | undefined;
  readonly resolve: (reply: Reply | Failure) => void;
  readonly onProgress: ((done: number) => void) | undefined;
  readonly limitMs: number;
  readonly memoryWatch: NodeJS.Timeout;
  deadline: NodeJS.Timeout;
}

/**
 * Owns one child process, from `start` until `dispose`, an abort, or the child's own end; what runs in it is the user's
 * code. It has no environment, no files, no processes and no network. The child stops endless loops itself and says which
 * row they began on; where even that fails, it is killed from here. It handles one request at a time. Once the child is
 * gone, every request answers why.
 */
export class Sandbox {
  readonly #child: ChildProcess;
  readonly #memoryMb: number;
  readonly #signal: AbortSignal | undefined;
  readonly #exited: Promise<void>;
  readonly #loaded = new Set<string>();
  #pending: Pending | undefined;
  #ended: Failure | undefined;
  #stderr = '';

  private constructor(child: ChildProcess, memoryMb: number, signal: AbortSignal | undefined) {
    this.#child = child;
    this.#memoryMb = memoryMb;
    this.#signal = signal;
    // 'close' comes after 'exit', once the last words on stderr are here. A child that never was has neither.
    this.#exited = new Promise((resolve) => {
      if (child.pid === undefined) resolve();
      child.on('close', resolve);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-maxStderrLength);
    });
    child.on('message', (message: unknown) => this.#receive(message));
    child.on('error', (error) => this.#end(failed(t('The sandbox could not run: {0}', error.message))));
    child.on('close', (code, killedBy) => {
      this.#end(explainExit({ code, killedBy, stderr: this.#stderr, memoryMb }));
    });
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** Forks the child and waits until it listens. */
  static async start({
    memoryMb = defaultMemoryMb,
    signal,
  }: SandboxOptions = {}): Promise<{ readonly kind: 'started'; readonly sandbox: Sandbox } | Failure> {
    if (signal?.aborted) return cancelled();
    const permission = ['--permission', '--experimental-permission'].find((flag) =>
      process.allowedNodeEnvironmentFlags.has(flag),
    );
    if (!permission) {
      return failed(t('Node {0} cannot confine a process.', process.versions.node), t('Use Node 20 or newer.'));
    }
    const { path, readable } = childEntry();
    const child = fork(path, [String(memoryMb)], {
      execArgv: [
        permission,
        ...readable.map((file) => `--allow-fs-read=${file}`),
        `--max-old-space-size=${memoryMb}`,
        '--no-warnings',
      ],
      // Not the workspace, which the child would keep from being moved or deleted on some systems.
      cwd: tmpdir(),
      env: Object.fromEntries(keptVariables.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const sandbox = new Sandbox(child, memoryMb, signal);
    const ready = await sandbox.#wait(undefined, startLimitMs);
    if (ready.kind !== 'failed') return { kind: 'started', sandbox };
    await sandbox.dispose();
    return ready;
  }

  /** The child's process id, for logs. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Evaluates a bundle's module and keeps its function under `id`; an id may be loaded again. */
  async load(id: string, code: string, options: LoadOptions = {}): Promise<Answers['load'] | Failure> {
    const { timeLimitMs = defaultTimeLimitMs, exactId } = options;
    const exact = exactId === undefined ? {} : { exactId };
    const answer = await this.#ask({ kind: 'load', id, code, timeLimitMs, ...exact }, options.onProgress);
    if (answer.kind !== 'failed') this.#loaded.add(id);
    return answer;
  }

  /** Calls a function on rows of raw slot values; inputs: (count, inputSlots), row-major. Rows that throw are no failure. */
  evaluate(
    id: string,
    signature: Signature,
    inputs: Float64Array,
    count: number,
    limits: CallLimits = {},
  ): Promise<Answers['evaluate'] | Failure> {
    const { timeLimitMs = defaultTimeLimitMs } = limits;
    return this.#ask({ kind: 'evaluate', id, signature, inputs, count, timeLimitMs }, limits.onProgress);
  }

  /** Times two loaded functions against each other, block by block; measure.ts makes figures of it. */
  time({ onProgress, ...options }: TimingOptions): Promise<Answers['time'] | Failure> {
    return this.#ask({ kind: 'time', timeLimitMs: defaultTimeLimitMs, ...options }, onProgress);
  }

  /** Kills the child and waits until it is gone. May be called twice. */
  async dispose(): Promise<void> {
    this.#end(failed(t('The sandbox was closed.')));
    await this.#exited;
  }

  readonly #abort = () => this.#end(cancelled());

  async #ask<Kind extends Request['kind']>(
    request: Request & { kind: Kind },
    onProgress: CallLimits['onProgress'],
  ): Promise<Answers[Kind] | Failure> {
    if (this.#ended) return this.#ended;
    if (this.#pending) throw new Error(`The sandbox was asked to ${request.kind} while it was busy.`);
    for (const id of usedIds(request)) if (!this.#loaded.has(id)) throw new Error(`No region is loaded as ${id}.`);
    const answer = this.#wait(request, request.timeLimitMs + graceMs, onProgress);
    this.#child.send(request);
    return answer as Promise<Answers[Kind] | Failure>;
  }

  #wait(request: Request | undefined, limitMs: number, onProgress?: (done: number) => void): Promise<Reply | Failure> {
    return new Promise((resolve) => {
      const memoryWatch = setInterval(() => this.#checkMemory(), memoryWatchMs);
      this.#pending = { request, resolve, onProgress, limitMs, memoryWatch, deadline: this.#startDeadline(limitMs) };
    });
  }

  #startDeadline(limitMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#end(noAnswer(limitMs)), limitMs);
  }

  /** One call can fill memory faster than the child, which looks between two slices of rows, would notice. */
  #checkMemory(): void {
    const bytes = this.#child.pid === undefined ? undefined : residentBytes(this.#child.pid);
    if (bytes !== undefined && bytes > (2 * this.#memoryMb + processMb) * 2 ** 20)
      this.#end(outOfMemory(this.#memoryMb));
  }

  #receive(message: unknown): void {
    const pending = this.#pending;
    if (!pending) return;
    const reply = readReply(message, pending.request);
    if (!reply) {
      this.#end(forged());
      return;
    }
    clearTimeout(pending.deadline);
    if (reply.kind === 'progress') {
      pending.deadline = this.#startDeadline(pending.limitMs);
      pending.onProgress?.(reply.done);
      return;
    }
    this.#pending = undefined;
    clearInterval(pending.memoryWatch);
    pending.resolve(explainReply(reply, pending.request, this.#memoryMb));
  }

  /** Settles what is asked for with the reason, refuses what will be asked, and leaves no process behind. */
  #end(reason: Failure): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#child.kill('SIGKILL');
    const pending = this.#pending;
    this.#pending = undefined;
    if (!pending) return;
    clearTimeout(pending.deadline);
    clearInterval(pending.memoryWatch);
    pending.resolve(reason);
  }
}

/** The loaded functions that a request calls. */
function usedIds(request: Request): string[] {
  switch (request.kind) {
    case 'load':
      return request.exactId === undefined ? [] : [request.exactId];
    case 'evaluate':
      return [request.id];
    case 'time':
      return [request.exactId, request.approxId];
  }
}
