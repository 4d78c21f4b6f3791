/** What generated code runs on. A target turns a chosen network into files, and says what it costs there. */
import { isCnnNetwork, networkName } from '../nn/models.ts';
import type { AnyQuantised, QuantisedOf } from '../quantise/models.ts';
import type { IntegerFormat } from '../quantise/quantise.ts';
import type {
  AnyNetwork,
  AnyTopology,
  CnnNetwork,
  Domain,
  Encoding,
  Guard,
  Network as Perceptron,
  Signature,
  TargetId,
} from '../types.ts';
import type { Cost } from './cost.ts';
import type { FpgaOptions } from './fpga/plan.ts';
import type { Language } from './shapes.ts';

export interface EmitInput<Network extends AnyNetwork = AnyNetwork> {
  /** The function to export, for example `priceApprox`: an identifier, and not the name of a JavaScript global. */
  readonly functionName: string;
  /** The function that it approximates, for example `price` or `Pricer.price`. */
  readonly regionName: string;
  readonly signature: Signature;
  readonly encoding: Encoding;
  readonly network: Network;
  /** `network` in integers; where it is given, the code computes in these. */
  readonly quantised?: QuantisedOf<Network>;
  readonly domain: Domain;
  readonly guard: Guard;
  readonly language: Language;
  /** How a JavaScript file exports: `export`, or `module.exports`. */
  readonly modules?: 'esm' | 'commonjs';
  /** Bytes of dist/kernels/inference-cnn.wasm, for convolutional networks. */
  readonly cnnInference: Uint8Array;
  /** The function is for the file itself, which gives it only numbers within their ranges, and not exported. */
  readonly internal?: boolean;
  /** Lines for the header: what was measured. */
  readonly figures?: readonly string[];
  /** For the target fpga: the form of the circuit, where it is not to decide itself. */
  readonly circuit?: FpgaOptions;
}

/** Whether it is about a convolutional network: what `quantised` holds is then one too. */
export const isCnnInput = (input: EmitInput): input is EmitInput<CnnNetwork> => isCnnNetwork(input.network);

/** Where only a perceptron can be. Throws TypeError for another network. */
export function perceptronInput(input: EmitInput): EmitInput<Perceptron> {
  if (isCnnInput(input)) throw new TypeError(`${networkName(input.network.topology)} is no perceptron.`);
  return input as EmitInput<Perceptron>;
}

/** Text, or the bytes of a binary format. */
export interface EmittedFile {
  /** What to append to the base name of the generated files: `.approx.ts` makes `price.approx.ts`. */
  readonly suffix: string;
  readonly content: string | Uint8Array;
}

/** The first file is the module that the source imports. */
export type EmittedFiles = readonly [EmittedFile, ...EmittedFile[]];

/** What else a cost depends on, as in `EmitInput`. Without an encoding every value has one of its own. */
export type Known = Partial<Pick<EmitInput, 'encoding' | 'circuit'>>;

/**
 * The half of a target that is pure; server/targets has the other half, which knows what is installed here and runs the
 * code. Each target is a folder beside this file, and an entry in server/targets/registry.ts.
 */
export interface Target {
  readonly id: TargetId;
  readonly label: string;
  readonly description: string;
  /** The code computes in this format whatever the network is stored in. Absent: in the network's own. */
  readonly format?: IntegerFormat;
  /** Why there is no code for a network of this kind; absent where there is code for every kind. */
  refuses?(topology: AnyTopology): string | undefined;
  /**
   * The module keeps the signature and works on a machine without the device, by a path that computes the same numbers.
   * Same input, same bytes. Throws RangeError where the network holds a value that is not finite, or does not fit the
   * signature.
   */
  emit(input: EmitInput): EmittedFiles;
  /** What the network costs there, known without running anything; `quantised` where the code computes in integers. */
  estimate(network: AnyNetwork, quantised?: AnyQuantised, known?: Known): Cost;
}
