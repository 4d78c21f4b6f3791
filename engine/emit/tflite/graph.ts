/** The part of TensorFlow Lite's schema (version 3) that a network needs: tensors, operators, and the file around them. */
import type { Grid } from '../../quantise/grid.ts';
import {
  bytes,
  float32,
  int8,
  int32,
  table,
  text,
  uint8,
  uint32,
  type Value,
  values,
  vector,
  writeFlatbuffer,
} from './flatbuffer.ts';

/** Numbers of TensorType. */
const tensorTypes = { float32: 0, int32: 2, int8: 9 } as const;
export type TensorType = keyof typeof tensorTypes;

/** Numbers of BuiltinOperator, and the lowest version that takes the types used here: 1 for floats, the second for int8. */
const operators = {
  add: { code: 0, version: 1 },
  'average-pool': { code: 1, version: 1, int8Version: 2 },
  concatenation: { code: 2, version: 1, int8Version: 2 },
  convolution: { code: 3, version: 1, int8Version: 3 },
  'depthwise-convolution': { code: 4, version: 1, int8Version: 3 },
  dequantize: { code: 6, version: 2 },
  'fully-connected': { code: 9, version: 1 },
  logistic: { code: 14, version: 1, int8Version: 2 },
  'max-pool': { code: 17, version: 1, int8Version: 2 },
  mul: { code: 18, version: 1 },
  relu: { code: 19, version: 1 },
  reshape: { code: 22, version: 1 },
  softmax: { code: 25, version: 1 },
  tanh: { code: 28, version: 1, int8Version: 2 },
  gather: { code: 36, version: 1, int8Version: 2 },
  exp: { code: 47, version: 1 },
  cast: { code: 53, version: 1 },
  maximum: { code: 55, version: 1 },
  minimum: { code: 57, version: 1 },
  neg: { code: 59, version: 1 },
  log: { code: 73, version: 1 },
  abs: { code: 101, version: 1 },
  elu: { code: 111, version: 1 },
  quantize: { code: 114, version: 1 },
} as const;
export type Operator = keyof typeof operators;

/** An entry of the union BuiltinOptions: its number and its table. */
export interface Options {
  readonly type: number;
  readonly fields: Value;
}

const fusedActivations = { none: 0, relu: 1 } as const;

export const fullyConnectedOptions = (activation: keyof typeof fusedActivations): Options => ({
  type: 8,
  fields: table({ 0: int8(fusedActivations[activation]) }),
});

/** Numbers of Padding: as many results as inputs, or no reach past the edges. */
const padding = { same: 0, valid: 1 } as const;

/** A step of one pixel, and as many results as pixels. */
export const convolutionOptions: Options = {
  type: 1,
  fields: table({ 0: int8(padding.same), 1: int32(1), 2: int32(1) }),
};

/** One tap for each channel. */
export const depthwiseOptions: Options = {
  type: 2,
  fields: table({ 0: int8(padding.same), 1: int32(1), 2: int32(1), 3: int32(1) }),
};

/** Windows of this size, side by side. */
export const poolOptions = (height: number, width: number): Options => ({
  type: 5,
  fields: table({ 0: int8(padding.valid), 1: int32(width), 2: int32(height), 3: int32(width), 4: int32(height) }),
});

export const concatenationOptions = (axis: number): Options => ({ type: 10, fields: table({ 0: int32(axis) }) });

const reshapeOptions = (shape: readonly number[]): Options => ({
  type: 17,
  fields: table({ 0: vector('int32', shape) }),
});

export const softmaxOptions: Options = { type: 9, fields: table({ 0: float32(1) }) };
export const addOptions: Options = { type: 11, fields: table({}) };
export const mulOptions: Options = { type: 21, fields: table({}) };
export const gatherOptions: Options = { type: 23, fields: table({ 0: int32(0) }) };
export const castOptions = (from: TensorType, to: TensorType): Options => ({
  type: 37,
  fields: table({ 0: int8(tensorTypes[from]), 1: int8(tensorTypes[to]) }),
});

/** real = scale * (integer - zero): one for all values, or one for each index of a dimension, the first one, with zero 0. */
export type Quantisation =
  | Pick<Grid, 'scale' | 'zero'>
  | { readonly scales: Float32Array; readonly dimension?: number };

interface Tensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly name: string;
  readonly quantisation?: Quantisation;
  /** Constants only. */
  readonly content?: Uint8Array;
}

/** Lives for one file: collects tensors and operators. Tensors are named by their index. */
export class TfliteGraph {
  private readonly tensors: Tensor[] = [];
  private readonly nodes: {
    readonly code: number;
    readonly inputs: readonly number[];
    readonly output: number;
    readonly options?: Options;
  }[] = [];
  private readonly codes: { readonly operator: Operator; readonly version: number }[] = [];

  tensor(tensor: Tensor): number {
    this.tensors.push(tensor);
    return this.tensors.length - 1;
  }

  floats(name: string, shape: readonly number[], content: ArrayLike<number>): number {
    return this.tensor({ type: 'float32', shape, name, content: littleEndian(content, 'float32') });
  }

  integers(name: string, shape: readonly number[], content: ArrayLike<number>, quantisation?: Quantisation): number {
    const constant = { type: 'int32', shape, name, content: littleEndian(content, 'int32') } as const;
    return this.tensor({ ...constant, ...(quantisation && { quantisation }) });
  }

  /** A value of the type of `from`, and on its grid. */
  like(from: number, shape: readonly number[], name: string): number {
    const { content: _content, ...tensor } = this.tensors[from]!;
    return this.tensor({ ...tensor, shape, name });
  }

  reshape(from: number, shape: readonly number[], name: string): number {
    const to = this.integers('shape', [shape.length], shape);
    return this.node('reshape', [from, to], this.like(from, shape, name), reshapeOptions(shape));
  }

  shapeOf(tensor: number): readonly number[] {
    return this.tensors[tensor]!.shape;
  }

  /** Operators run in the order in which they are added; `place` puts one before all others. */
  node(
    operator: Operator,
    inputs: readonly number[],
    output: number,
    options?: Options,
    place: 'first' | 'last' = 'last',
  ): number {
    const known = operators[operator];
    const integer = this.tensors[output]!.type === 'int8';
    const version = integer && 'int8Version' in known ? known.int8Version : known.version;
    let code = this.codes.findIndex((entry) => entry.operator === operator && entry.version === version);
    if (code < 0) code = this.codes.push({ operator, version }) - 1;
    const node = { code, inputs, output, ...(options && { options }) };
    if (place === 'first') this.nodes.unshift(node);
    else this.nodes.push(node);
    return output;
  }

  finish(description: string, inputs: readonly number[], outputs: readonly number[]): Uint8Array {
    const constants = this.tensors.flatMap(({ content }) => (content ? [content] : []));
    let constant = 0;
    const subgraph = table({
      // Buffer 0 is empty: values that are computed have no bytes in the file.
      0: values(this.tensors.map((tensor) => tensorTable(tensor, tensor.content ? ++constant : 0))),
      1: vector('int32', inputs),
      2: vector('int32', outputs),
      3: values(
        this.nodes.map(({ code, inputs: read, output, options }) =>
          table({
            0: uint32(code),
            1: vector('int32', read),
            2: vector('int32', [output]),
            ...(options && { 3: uint8(options.type), 4: options.fields }),
          }),
        ),
      ),
      4: text('main'),
    });
    const root = table({
      0: uint32(3),
      1: values(
        this.codes.map(({ operator, version }) => {
          const { code } = operators[operator];
          return table({ 0: int8(Math.min(code, 127)), 2: int32(version), 3: int32(code) });
        }),
      ),
      2: values([subgraph]),
      3: text(description),
      4: values([table({}), ...constants.map((content) => table({ 0: bytes(content) }))]),
    });
    return writeFlatbuffer(root, 'TFL3');
  }
}

function tensorTable({ type, shape, name, quantisation }: Tensor, buffer: number): Value {
  return table({
    0: vector('int32', shape),
    1: int8(tensorTypes[type]),
    2: uint32(buffer),
    3: text(name),
    ...(quantisation && { 4: quantisationTable(quantisation) }),
  });
}

function quantisationTable(quantisation: Quantisation): Value {
  if (!('scales' in quantisation)) {
    return table({ 2: vector('float32', [quantisation.scale]), 3: vector('int64', [quantisation.zero]) });
  }
  const { scales, dimension = 0 } = quantisation;
  return table({
    2: vector('float32', scales),
    3: vector('int64', new Float64Array(scales.length)),
    6: int32(dimension),
  });
}

function littleEndian(content: ArrayLike<number>, type: 'float32' | 'int32'): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * content.length));
  for (let index = 0; index < content.length; index++) {
    if (type === 'float32') view.setFloat32(4 * index, content[index]!, true);
    else view.setInt32(4 * index, content[index]!, true);
  }
  return new Uint8Array(view.buffer);
}
