/** What the tests of generated convolutional networks share: inputs for the generator, and a reference for its output. */
import type { EmitInput } from '../../engine/emit/target.ts';
import { predictCnnReference } from '../../engine/nn/cnn/reference.ts';
import { calibrateCnn } from '../../engine/quantise/cnn/calibrate.ts';
import { type QuantisedCnn, quantiseCnn } from '../../engine/quantise/cnn/quantise.ts';
import type { IntegerFormat } from '../../engine/quantise/quantise.ts';
import type { CnnNetwork, CnnTopology, Literal, Shape } from '../../engine/types.ts';
import { unevenNetwork } from './cnnHelpers.ts';
import { array, createNoise, inferenceKernels, number } from './emitHelpers.ts';

export interface CnnRecipe {
  readonly topology: CnnTopology;
  /** Names of the classes: the result is one of them. Without, the result is an array of the linear outputs. */
  readonly classes?: readonly Literal[];
  readonly image?: Shape;
  /** Offset and scale of each input, by its index. */
  readonly range?: (index: number) => readonly [offset: number, scale: number];
  readonly language?: 'typescript' | 'javascript';
  readonly modules?: 'esm' | 'commonjs';
  readonly seed?: number;
  readonly functionName?: string;
}

/** `image` as rows of pixels of channels. */
export const nestedImage = ({ height, width, channels }: CnnTopology): Shape =>
  array('Array', height, array('Array', width, array('Array', channels)));

export function emitCnnInputOf(recipe: CnnRecipe): EmitInput<CnnNetwork> {
  const { topology, classes, range = () => [100, 50] } = recipe;
  const size = topology.height * topology.width * topology.channels;
  const inputs = Array.from({ length: size }, (_, column) => {
    const [offset, scale] = range(column);
    return { kind: 'number', column, offset, scale } as const;
  });
  const outputs = classes
    ? [{ kind: 'category', column: 0, values: classes } as const]
    : Array.from(
        { length: topology.outputs },
        (_, column) => ({ kind: 'number', column, offset: 3, scale: 2 }) as const,
      );
  return {
    functionName: recipe.functionName ?? 'classify',
    guard: { mode: 'none' },
    regionName: 'digits',
    signature: {
      parameters: [{ name: 'image', shape: recipe.image ?? array('Float32Array', size) }],
      result: classes ? { kind: 'category', values: classes } : array('Array', topology.outputs, number),
    },
    encoding: {
      inputs,
      outputs,
      inputColumns: size,
      outputColumns: topology.outputs,
      loss: classes ? 'softmax-cross-entropy' : 'mse',
    },
    network: unevenNetwork(topology, recipe.seed ?? 1),
    domain: inputs.map((_, index) => ({ path: `image[${index}]`, kind: 'number', min: 0, max: 255, integer: true })),
    language: recipe.language ?? 'typescript',
    ...inferenceKernels,
    ...(recipe.modules ? { modules: recipe.modules } : {}),
  };
}

/** Raw images of whole numbers from 0 to 255, each as bright as it happens to be, (count, height * width * channels). */
export function rawImages({ encoding }: EmitInput, count: number, seed = 1): Float64Array {
  const noise = createNoise(seed);
  const image = () => {
    const brightness = 256 * noise();
    return encoding.inputs.map(() => Math.floor(brightness * noise()));
  };
  return Float64Array.from(Array.from({ length: count }, image).flat());
}

/** The network's linear outputs (count, outputs), from the reference in double precision. */
export const referenceOutputs = (input: EmitInput<CnnNetwork>, raw: Float64Array): Float32Array =>
  predictCnnReference(input.network, columnsOf(input, raw), raw.length / input.encoding.inputs.length);

function columnsOf({ encoding }: EmitInput, raw: Float64Array): Float32Array {
  const { length } = encoding.inputs;
  return Float32Array.from(raw, (value, index) => {
    const slot = encoding.inputs[index % length]!;
    return slot.kind === 'number' ? (value - slot.offset) / slot.scale : value;
  });
}

const calibrationImages = 40;

/** The same network in integers, calibrated on images of its own. */
export function quantisedCnnInputOf(
  recipe: CnnRecipe,
  format: IntegerFormat,
): EmitInput<CnnNetwork> & { readonly quantised: QuantisedCnn } {
  const input = emitCnnInputOf(recipe);
  const columns = columnsOf(input, rawImages(input, calibrationImages, 77));
  const quantised = quantiseCnn(input.network, format, calibrateCnn(input.network, columns, calibrationImages));
  return { ...input, quantised };
}
