/** Bounds synchronous user code from inside its own process, so that the child survives an endless loop and can name it. */
import { Script } from 'node:vm';

/** What `runInThisContext` calls; a global, because a script sees nothing else. */
const hook = '__deepmakerRun';
const callHook = new Script(`globalThis.${hook}()`);
let current: () => unknown = () => undefined;
// For good, and before any user code: what that code could define anew would run in its place.
Object.defineProperty(globalThis, hook, { value: () => current() });

export type Deadlined<T> = { readonly kind: 'returned'; readonly value: T } | { readonly kind: 'overrun' };

/**
 * Runs `run` for at most `limitMs`. V8 terminates JavaScript, regular expressions, sorts and `Atomics.wait` alike, and no
 * `catch` or `finally` of the code sees it. Each call starts a watchdog thread (about 0.1 ms): call it per slice of work.
 */
export function runWithDeadline<T>(run: () => T, limitMs: number): Deadlined<T> {
  current = run;
  try {
    return { kind: 'returned', value: callHook.runInThisContext({ timeout: Math.max(1, Math.ceil(limitMs)) }) as T };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { kind: 'overrun' };
    throw error;
  }
}
