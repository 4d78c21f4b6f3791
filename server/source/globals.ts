/** What is known of names that no module of the project declares. */
import { t } from '../../engine/texts.ts';

/** Same arguments, same result, and nothing else happens. `Math.random` is the exception that `globalProblem` knows. */
const pure: ReadonlySet<string> = new Set(
  (
    'Math Number Array Object JSON Map Set WeakMap WeakSet String Boolean BigInt Symbol RegExp ArrayBuffer DataView ' +
    'Float64Array Float32Array Float16Array Int32Array Uint32Array Int16Array Uint16Array Int8Array Uint8Array ' +
    'Uint8ClampedArray BigInt64Array BigUint64Array Error RangeError TypeError EvalError SyntaxError ReferenceError ' +
    'URIError AggregateError isNaN isFinite parseInt parseFloat Infinity NaN undefined structuredClone encodeURIComponent ' +
    'decodeURIComponent encodeURI decodeURI Iterator'
  ).split(' '),
);

const clock: ReadonlySet<string> = new Set(['Date', 'performance', 'Temporal']);
const randomness: ReadonlySet<string> = new Set(['crypto', 'Crypto']);
const outside: ReadonlySet<string> = new Set(
  (
    'process require module exports fetch XMLHttpRequest WebSocket EventSource Worker SharedWorker BroadcastChannel ' +
    'localStorage sessionStorage indexedDB caches document window self navigator location history alert confirm prompt ' +
    'setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask requestAnimationFrame ' +
    'Deno Bun global globalThis Atomics SharedArrayBuffer WebAssembly'
  ).split(' '),
);

/** What is wrong with using a global, as the end of "it ..."; undefined where it is pure. `text` is what the code says. */
export function globalProblem(name: string, text: string, declared: boolean): string | undefined {
  if (name === 'Math') return isRandom(text) ? t('uses randomness (`{0}`)', text) : undefined;
  if (pure.has(name)) return undefined;
  if (clock.has(name) || /^process\.(?:hrtime|uptime)/u.test(text)) return t('reads the clock (`{0}`)', text);
  if (randomness.has(name)) return t('uses randomness (`{0}`)', text);
  if (name === 'console') return t('writes to the console (`{0}`)', text);
  if (outside.has(name)) return t('reaches outside of the computation (`{0}`)', text);
  if (name === 'eval' || name === 'Function') return t('runs code from text (`{0}`)', text);
  return declared
    ? t('uses `{0}`, which is not known to be pure', text)
    : t('uses `{0}`, which is not declared anywhere', text);
}

/** What is wrong with using a member of the language's own objects, as the end of "it ..."; undefined where it is pure. */
export function memberProblem(name: string): string | undefined {
  if (name === 'stack') return t('reads the call stack (`stack`)');
  return /^(?:toLocale|localeCompare$)/u.test(name)
    ? t('depends on the language that the machine is set to (`{0}`)', name)
    : undefined;
}

/** `Math.random`, and `Math` in any use that could hide it. */
const isRandom = (text: string): boolean => text === 'Math.random' || text === 'Math';

/** Methods of arrays, typed arrays, maps, sets and views that change what they are called on. */
export const mutatingMethods: ReadonlySet<string> = new Set(
  (
    'push pop shift unshift splice sort reverse fill set copyWithin add delete clear setFloat64 setFloat32 setFloat16 ' +
    'setInt32 setUint32 setInt16 setUint16 setInt8 setUint8 setBigInt64 setBigUint64'
  ).split(' '),
);

/** Of those, the ones that answer what they are called on. */
export const chainingMethods: ReadonlySet<string> = new Set(['sort', 'reverse', 'fill', 'set', 'copyWithin', 'add']);

/** Functions and methods that answer a new container, which may hold what the old one held. */
export const copyingMethods: ReadonlySet<string> = new Set(
  (
    'slice map filter concat flat flatMap toSorted toReversed toSpliced with split entries keys values from of ' +
    'fromEntries structuredClone parse splice'
  ).split(' '),
);

/** Functions of functions whose first argument is what the method is called on. */
export const borrowingMethods: ReadonlySet<string> = new Set(['call', 'apply', 'bind']);

/** Functions of `Object` that change their first argument. */
export const mutatingObjectFunctions: ReadonlySet<string> = new Set(
  'assign defineProperty defineProperties setPrototypeOf freeze seal preventExtensions'.split(' '),
);
