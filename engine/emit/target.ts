/** What generated code runs on. A target turns a chosen network into source files; the registry lists those that exist. */
import type { AnyNetwork, Domain, Encoding, Signature, TargetDescription, TargetId } from '../types.ts';
import { cpuTarget } from './cpu/cpu.ts';
import type { Language } from './shapes.ts';

export interface EmitInput<Network extends AnyNetwork = AnyNetwork> {
  /** The function to export, for example `priceApprox`: an identifier, and not the name of a JavaScript global. */
  readonly functionName: string;
  /** The function that it approximates, for example `price` or `Pricer.price`. */
  readonly regionName: string;
  readonly signature: Signature;
  readonly encoding: Encoding;
  readonly network: Network;
  readonly domain: Domain;
  readonly language: Language;
  /** How a JavaScript file exports: `export`, or `module.exports`. */
  readonly modules?: 'esm' | 'commonjs';
  /** Bytes of dist/kernels/inference.wasm, for perceptrons. */
  readonly inference: Uint8Array;
  /** Bytes of dist/kernels/inference-cnn.wasm, for convolutional networks. */
  readonly cnnInference: Uint8Array;
  /** Lines for the header: what was measured. */
  readonly figures?: readonly string[];
}

export interface EmittedFile {
  /** What to append to the base name of the generated file: `.approx.ts` makes `price.approx.ts`. */
  readonly suffix: string;
  readonly text: string;
}

export interface Target {
  readonly id: TargetId;
  readonly label: string;
  readonly description: string;
  /** Same input, same bytes. Throws where the network holds a value that is not finite. */
  emit(input: EmitInput): readonly EmittedFile[];
}

/** The targets that can be emitted. */
export const targets: readonly Target[] = [cpuTarget];

/** Every target that a person may look for, in the picker's order. */
export const targetDescriptions: readonly TargetDescription[] = [
  { id: cpuTarget.id, label: cpuTarget.label, description: cpuTarget.description },
  {
    id: 'gpu',
    label: 'GPU',
    description: 'A compute shader for large batches',
    unavailable: 'GPU code arrives with a later version. Pick CPU.',
  },
  {
    id: 'arm',
    label: 'ARM',
    description: 'C with NEON for ARM processors',
    unavailable: 'ARM code arrives with a later version. Pick CPU.',
  },
  {
    id: 'fpga',
    label: 'FPGA',
    description: 'C for high-level synthesis',
    unavailable: 'FPGA code arrives with a later version. Pick CPU.',
  },
];
