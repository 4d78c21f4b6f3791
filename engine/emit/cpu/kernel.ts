/** The part of a generated file that starts the WebAssembly kernel and feeds it, layer by layer. */
import { activations, type Network } from '../../types.ts';
import type { EmitInput } from '../target.ts';
import { encodeBase64 } from '../text.ts';

/** Samples per kernel call; the kernel's stride between features. */
export const block = 128;
const pageBytes = 65536;

/** Names that the parts of the module share. */
export interface BatchNames {
  readonly batch: string;
  readonly decode: string;
  readonly weights: string;
  readonly host: string;
  readonly acceptsRow: string;
}

/** Names of the kernel's own declarations. */
export interface KernelNames {
  readonly start: string;
  readonly kernel: string;
  readonly type: string;
}

/** Where the kernel's memory holds what, in bytes: weights from 0, then two buffers of activations. */
function memoryPlan(network: Network) {
  const bufferBytes = Math.max(...network.topology.widths) * block * 4;
  const first = Math.ceil((network.weights.length * 4) / 16) * 16;
  const second = first + bufferBytes;
  return { first, second, floats: bufferBytes / 4, pages: Math.ceil((second + bufferBytes) / pageBytes) };
}

/** One kernel call per layer for `rows` samples, from one buffer to the other. */
export const layerCalls = (network: Network): string[] =>
  calls(
    network,
    ({ from, at, to, inputs, outputs, activation }) =>
      `layer(${from}, ${at}, ${to}, ${inputs}, ${outputs}, rows, ${activation});`,
  );

/** The same for one sample. */
export const singleCalls = (network: Network, single: string): string[] =>
  calls(
    network,
    ({ from, at, to, inputs, outputs, activation }) =>
      `${single}(${from}, ${at}, ${to}, ${inputs}, ${outputs}, ${activation});`,
  );

interface LayerCall {
  readonly from: number;
  readonly at: number;
  readonly to: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: number;
}

function calls(network: Network, text: (call: LayerCall) => string): string[] {
  const { first, second } = memoryPlan(network);
  const { widths, activation } = network.topology;
  const hidden = activations.indexOf(activation);
  const linear = activations.indexOf('linear');
  let at = 0;
  return widths.slice(1).map((outputs, layer) => {
    const inputs = widths[layer]!;
    const [from, to] = layer % 2 === 0 ? [first, second] : [second, first];
    const call = text({ from, at, to, inputs, outputs, activation: layer < widths.length - 2 ? hidden : linear });
    at += (inputs + 1) * outputs * 4;
    return call;
  });
}

export function kernelSupport(input: EmitInput, network: Network, names: BatchNames, own: KernelNames): string {
  const typed = input.language === 'typescript';
  const { first, second, floats, pages } = memoryPlan(network);
  const result = network.topology.widths.length % 2 === 0 ? second : first;
  const types = `/** The part of the compiled module that is used. */
interface ${own.type} {
  readonly layer: (
    x: number, weights: number, y: number, inputs: number, outputs: number, samples: number, activation: number,
  ) => void;
  readonly single: (
    x: number, weights: number, y: number, inputs: number, outputs: number, activation: number,
  ) => void;
  readonly x: Float32Array;
  readonly y: Float32Array;
}

`;
  const cast = typed
    ? ` as unknown as {
      readonly layer: ${own.type}['layer'];
      readonly single: ${own.type}['single'];
      readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
    }`
    : '';
  return `${typed ? types : ''}/** Undefined before the first use; null where WebAssembly with SIMD is missing or a policy forbids it. */
let ${own.kernel}${typed ? `: ${own.type} | null | undefined` : ''};

/** Compiles the kernel and lays its memory out: the weights, then two buffers of ${block} samples per feature. */
function ${own.start}()${typed ? `: ${own.type} | null` : ''} {
  try {
    const { Module, Instance } = ${names.host}.WebAssembly${typed ? '!' : ''};
    const module = new Module(${names.decode}('${encodeBase64(input.inference)}'));
    const { layer, single, memory } = new Instance(module).exports${cast};
    memory.grow(${pages});
    new Uint8Array(memory.buffer).set(${names.decode}(${names.weights}));
    const x = new Float32Array(memory.buffer, ${first}, ${floats});
    const y = new Float32Array(memory.buffer, ${result}, ${floats});
    return { layer, single, x, y };
  } catch {
    return null;
  }
}`;
}
