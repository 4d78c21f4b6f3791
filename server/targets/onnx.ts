/** The ONNX target on this machine: the file runs in ONNX Runtime, which the user's project brings. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { errorFigures } from '../../engine/data/metrics.ts';
import { inputSlots } from '../../engine/data/slots.ts';
import { onnxTarget } from '../../engine/emit/onnx/target.ts';
import { t } from '../../engine/texts.ts';
import type { Slot } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { saidWhenRead } from './sentence.ts';
import type { ServerTarget } from './target.ts';

interface OnnxTensor {
  readonly data: Float32Array;
}

/** The part of onnxruntime-node that is used. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options?: { readonly intraOpNumThreads?: number },
    ): Promise<{ run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>> }>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OnnxTensor;
}

/** Rows that go through the network together, so that a large test set does not need all maps at once. */
const rowsAtATime = 64;
const timedCalls = 50;

export const onnxServerTarget: ServerTarget = {
  target: onnxTarget,
  get needs() {
    return t('A runtime that reads ONNX; checking it needs the npm package onnxruntime-node in the project.');
  },
  async unavailable() {
    const runtime = loadOnnxRuntime();
    return 'kind' in runtime ? runtime : undefined;
  },
  async verify({ files, signature, outputSlots, test, signal }) {
    const runtime = loadOnnxRuntime();
    if ('kind' in runtime) return runtime;
    const model = files.find(({ suffix }) => suffix === '.onnx')?.content;
    if (!(model instanceof Uint8Array)) throw new Error('The ONNX target emitted no .onnx file.');
    const { InferenceSession, Tensor } = runtime;
    const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
    const slots = inputSlots(signature);
    const width = columnCount(slots, inputColumns);
    const columns = encode(test.inputs, test.count, slots);
    /** The linear outputs, with numbers as they are. */
    const run = async (start: number, rows: number) => {
      const data = columns.subarray(start * width, (start + rows) * width);
      const { outputs } = await session.run({ inputs: new Tensor('float32', data, [rows, width]) });
      return outputs!.data;
    };
    const approx = new Float64Array(test.count * outputSlots.length);
    for (let start = 0; start < test.count; start += rowsAtATime) {
      if (signal.aborted) return { kind: 'failed', message: 'Cancelled.' };
      const rows = Math.min(rowsAtATime, test.count - start);
      approx.set(decode(await run(start, rows), rows, outputSlots), start * outputSlots.length);
    }
    const times: number[] = [];
    for (let call = 0; call < timedCalls; call++) {
      const started = performance.now();
      await run(call % test.count, 1);
      times.push((performance.now() - started) * 1e6);
    }
    const latencyNs = times.sort((a, b) => a - b)[timedCalls >> 1]!;
    return { kind: 'verified', error: errorFigures(test.outputs, approx, test.count, outputSlots), latencyNs };
  },
};

function loadOnnxRuntime(): OnnxRuntime | Failure {
  try {
    return createRequire(join(process.cwd(), 'package.json'))('onnxruntime-node') as OnnxRuntime;
  } catch {
    return saidWhenRead(
      () => t('onnxruntime-node does not load from {0}.', process.cwd()),
      () => t('Run npm install --save-dev onnxruntime-node there.'),
    );
  }
}

const inputColumns = (slot: Slot): number => (slot.kind === 'category' ? slot.values.length : 1);
/** On the output side a boolean is a category of two. */
const outputColumns = (slot: Slot): number =>
  slot.kind === 'category' ? slot.values.length : slot.kind === 'boolean' ? 2 : 1;

const columnCount = (slots: readonly Slot[], columnsOf: (slot: Slot) => number): number =>
  slots.reduce((sum, slot) => sum + columnsOf(slot), 0);

/** Raw slots to what the file takes: a category as one column per value. */
function encode(raw: Float64Array, count: number, slots: readonly Slot[]): Float32Array {
  const columns = new Float32Array(count * columnCount(slots, inputColumns));
  let at = 0;
  for (let row = 0; row < count; row++) {
    slots.forEach((slot, index) => {
      const value = raw[row * slots.length + index]!;
      if (slot.kind === 'category') columns[at + value] = 1;
      else columns[at] = value;
      at += inputColumns(slot);
    });
  }
  return columns;
}

/** What the file gives to raw slots: of a category's or boolean's columns the largest wins. */
function decode(columns: Float32Array, count: number, slots: readonly Slot[]): Float64Array {
  const raw = new Float64Array(count * slots.length);
  let at = 0;
  for (let row = 0; row < count; row++) {
    slots.forEach((slot, index) => {
      const own = columns.subarray(at, at + outputColumns(slot));
      raw[row * slots.length + index] = slot.kind === 'number' ? own[0]! : own.indexOf(Math.max(...own));
      at += own.length;
    });
  }
  return raw;
}
