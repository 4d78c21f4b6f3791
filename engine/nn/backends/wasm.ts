/** The embedded trainer: the whole of an epoch in one WebAssembly call. */
import type { Trainer } from '../../types.ts';
import { checkTask, runEpochs } from '../epochs.ts';
import { createWasmSession } from './mlp.ts';

/**
 * Compiles the faster of two builds of the same kernel that this engine can run. `relaxed` uses relaxed SIMD's fused
 * multiply-add, whose last bit depends on the processor, `plain` only standard SIMD; either is deterministic on one machine.
 * Throws CompileError where the engine has no WebAssembly SIMD at all; the reference trainer then does the same work.
 */
export function pickKernel(relaxed: Uint8Array<ArrayBuffer>, plain: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  return new WebAssembly.Module(WebAssembly.validate(relaxed) ? relaxed : plain);
}

/**
 * `kernel` comes from `pickKernel`; compiled once, it can be posted to any number of threads. Training occupies its thread:
 * the promise is for backends that wait for a device, and `shouldStop` has to read something that another thread writes.
 */
export function createWasmTrainer(kernel: WebAssembly.Module): Trainer {
  return {
    name: 'wasm',
    async train(task, train, validation, shouldStop) {
      checkTask(task, train, validation);
      return runEpochs(task, createWasmSession(kernel, task, train, validation), shouldStop);
    },
  };
}
