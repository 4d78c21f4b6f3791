/** ONNX Runtime with types: its package has some that the compiler cannot find. */
import { createRequire } from 'node:module';
import type { OnnxRuntime } from '../../server/targets/onnx.ts';

export const onnxRuntime = createRequire(import.meta.url)('onnxruntime-node') as OnnxRuntime;
