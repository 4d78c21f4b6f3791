/** What the hosts of the training kernels share. */
import type { Loss } from '../../types.ts';

/** Numbers of the losses in the kernels, by position. */
export const losses: readonly Loss[] = ['mse', 'softmax-cross-entropy'];

/** An instance of its own, typed as what the kernel exports. `networks` names its kind of networks where it aborts. */
export function instantiate<Exports>(module: WebAssembly.Module, networks: string): Exports {
  const abort = () => {
    throw new Error(`The kernel of ${networks} aborted.`);
  };
  return new WebAssembly.Instance(module, { env: { abort } }).exports as unknown as Exports;
}
