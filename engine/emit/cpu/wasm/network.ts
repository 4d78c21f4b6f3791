/**
 * The WebAssembly module of one network: `single` and `batch`, written for its shape. It holds no parameters, which the
 * generated code writes into its memory. Plain SIMD only, because then every processor gives the same bits.
 */
import type { Network } from '../../../types.ts';
import { activateFunction, isShort } from './activation.ts';
import { assemble } from './assembler.ts';
import { batchFunction } from './batch.ts';
import type { MemoryPlan } from './plan.ts';
import { rowsFunction } from './rows.ts';
import { singleFunction } from './single.ts';

export interface ModuleOptions {
  /** How `single` gets its inputs; without it there is only `batch`. */
  readonly single?: { readonly byArguments: boolean };
}

/** The bytes of the module. */
export function networkModule(network: Network, plan: MemoryPlan, { single }: ModuleOptions): Uint8Array {
  const { activation } = network.topology;
  const activates = plan.layers.length > 1 && !isShort(activation);
  const functions = [
    ...(activates ? [activateFunction(activation, plan)] : []),
    batchFunction(network, plan, 0),
    ...(plan.rows ? [rowsFunction(plan, plan.rows, activates ? 1 : 0)] : []),
    ...(single ? [singleFunction(network, plan, { ...single, activate: 0 })] : []),
  ];
  return assemble({ functions, pages: plan.pages, data: plan.data });
}
