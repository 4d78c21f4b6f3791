/**
 * What the user's code sees of the world: builtins that only compute, and stand-ins for all others.
 *
 * Node's permission model, under which the child runs, is what denies files, processes, threads and addons. The stand-ins
 * give those denials a sentence that names the call, and cover the network, which the permission model of Node 24 and
 * older leaves open. They are meant for honest code in the wrong place, not as a wall against hostile code.
 */
import * as asyncHooks from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import process from 'node:process';
import { unavailable } from './messages.ts';

/** Builtins that compute from their arguments and touch nothing outside the process. */
const pureBuiltins: ReadonlySet<string> = new Set([
  'assert',
  'assert/strict',
  'buffer',
  'crypto',
  'events',
  'path',
  'path/posix',
  'path/win32',
  'perf_hooks',
  'punycode',
  'querystring',
  'stream',
  'string_decoder',
  'url',
  'util',
  'util/types',
  'zlib',
]);

const networkGlobals = ['fetch', 'WebSocket', 'EventSource', 'BroadcastChannel'] as const;

export interface UserWorld {
  /** The `require` that bundles are evaluated with. */
  readonly require: (name: string) => unknown;
  /** How many times the user's code called a method of `console`, or wrote to a standard stream. */
  readonly consoleCalls: () => number;
}

/** Replaces the globals of this process for good; what needs the real ones must have taken them before. */
export function isolateGlobals(): UserWorld {
  let calls = 0;
  const count = () => {
    calls++;
    return true;
  };
  const loadBuiltin = process.getBuiltinModule.bind(process) as (name: string) => unknown;
  const timers = inertTimers();
  const userProcess = standInProcess(count, requireFor);
  ownMethods(process, EventEmitter.prototype);
  const overrides: Readonly<Record<string, unknown>> = {
    process: userProcess,
    timers,
    async_hooks: safeAsyncHooks(),
    module: { createRequire: () => requireFor },
  };

  function requireFor(specifier: string): unknown {
    const name = specifier.replace(/^node:/, '');
    if (Object.hasOwn(overrides, name)) return overrides[name];
    return pureBuiltins.has(name) ? loadBuiltin(name) : standIn(name);
  }

  const globals = {
    ...timers,
    ...Object.fromEntries(networkGlobals.map((name) => [name, standIn(name)])),
    process: userProcess,
    console: new Proxy({}, { get: () => count }),
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
  return { require: requireFor, consoleCalls: () => calls };
}

/**
 * A value that can be imported, destructured and extended like a module or a class, and throws only when it is called:
 * a module that imports `fs` for another function than the sampled one still loads.
 */
export function standIn(path: string): unknown {
  const refuse = () => {
    throw new Error(`\`${path}\` ${unavailable}`);
  };
  const get = (target: object, key: string | symbol) => {
    if (typeof key === 'symbol' || key === 'prototype') return Reflect.get(target, key);
    // A module that seems to be a promise or to come from Babel would be unwrapped before anyone calls it.
    if (key === 'then' || key === '__esModule') return undefined;
    return standIn(`${path}.${key}`);
  };
  // esbuild's named imports look properties up through the prototype, so the prototype answers them as well.
  const prototype = new Proxy({}, { get, getPrototypeOf: () => null });
  return new Proxy(function unavailable() {}, {
    get,
    apply: refuse,
    construct: refuse,
    getPrototypeOf: () => prototype,
  });
}

/** Timers and tasks that never fire: a callback would run outside the time limit, and between timed blocks. */
function inertTimers() {
  const timer = {
    ref: () => timer,
    unref: () => timer,
    refresh: () => timer,
    hasRef: () => false,
    close: () => timer,
    [Symbol.toPrimitive]: () => 0,
  };
  const start = () => timer;
  const clear = () => undefined;
  return {
    setTimeout: start,
    setInterval: start,
    setImmediate: start,
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
    queueMicrotask: clear,
  };
}

/** Gives an object its inherited methods as its own: code that changes the prototype would be handed the object otherwise. */
function ownMethods(object: object, prototype: object): void {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (typeof value === 'function' && name !== 'constructor') Object.defineProperty(object, name, { value });
  }
}

/** Without what shows the handles of this process. */
function safeAsyncHooks(): Readonly<Record<string, unknown>> {
  const { AsyncLocalStorage, AsyncResource } = asyncHooks;
  const refused = ['createHook', 'executionAsyncResource', 'executionAsyncId', 'triggerAsyncId'];
  return {
    ...Object.fromEntries(refused.map((name) => [name, standIn(`async_hooks.${name}`)])),
    AsyncLocalStorage,
    AsyncResource,
  };
}

/** `process` as a computation may use it: constants, clocks, listeners that hear nothing, and refusals. */
function standInProcess(write: () => boolean, getBuiltinModule: (name: string) => unknown) {
  const stream = { write, isTTY: false, on: () => stream, once: () => stream };
  const listen = () => userProcess;
  const refused = ['exit', 'abort', 'kill', 'chdir', 'dlopen', 'binding', 'reallyExit', 'send', 'disconnect'];
  const userProcess = {
    ...Object.fromEntries(refused.map((name) => [name, standIn(`process.${name}`)])),
    arch: process.arch,
    argv: [],
    argv0: 'node',
    cwd: () => '/',
    emitWarning: () => undefined,
    env: {},
    execArgv: [],
    features: process.features,
    getBuiltinModule,
    hrtime: process.hrtime,
    listenerCount: () => 0,
    memoryUsage: process.memoryUsage,
    nextTick: () => undefined,
    off: listen,
    on: listen,
    once: listen,
    permission: process.permission,
    pid: 1,
    platform: process.platform,
    release: process.release,
    removeListener: listen,
    stderr: stream,
    stdout: stream,
    uptime: process.uptime,
    version: process.version,
    versions: process.versions,
  };
  return userProcess;
}
