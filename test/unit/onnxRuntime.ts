/** ONNX Runtime with types: its package has some that the compiler cannot find. */
import { createRequire } from 'node:module';

export interface OnnxTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

export interface OnnxSession {
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>;
}

interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: { readonly intraOpNumThreads?: number }): Promise<OnnxSession>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OnnxTensor;
}

export const onnxRuntime = createRequire(import.meta.url)('onnxruntime-node') as OnnxRuntime;
