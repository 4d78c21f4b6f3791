/** The processor of this machine, for whoever says what was measured on it. */
import { cpus } from 'node:os';
import type { Processor } from '../engine/types.ts';

/** Undefined where the operating system does not tell the clock rate, as in some containers and on some ARM boards. */
export function hostProcessor(): Processor | undefined {
  const [first] = cpus();
  return first && first.speed > 0 ? { name: first.model.trim(), clockGhz: first.speed / 1000 } : undefined;
}
