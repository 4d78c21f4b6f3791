/** An ONNX graph under construction, and its bytes. Field numbers are those of onnx.proto3, IR version 8. */
import { float32Bytes } from '../text.ts';
import { bytesField, floatField, integerField, join, messageField, textField } from './protobuf.ts';

/** Operators mean what version 13 of ONNX's default operator set says. */
const opsetVersion = 13;
const irVersion = 8;

/** A number is a float where it is written as { float }, else an integer; a list holds integers. */
export type Attribute = number | readonly number[] | { readonly float: number };

const tensorTypes = { float: 1, int64: 7 } as const;
const attributeTypes = { float: 1, int: 2, ints: 7 } as const;

/** One value of the graph as the caller sees it: rows of `columns` float32 values. */
export interface Port {
  readonly name: string;
  readonly columns: number;
}

export class GraphBuilder {
  readonly #nodes: Uint8Array[] = [];
  readonly #tensors: Uint8Array[] = [];
  #count = 0;

  /** Appends an operator and answers the name of its result, `output` where one is given. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `v${this.#count}`,
  ): string {
    this.#count++;
    this.#nodes.push(
      messageField(1, [
        ...inputs.map((input) => textField(1, input)),
        textField(2, output),
        textField(3, `${operator}_${this.#count}`),
        textField(4, operator),
        ...Object.entries(attributes).map(([name, value]) => attributeField(name, value)),
      ]),
    );
    return output;
  }

  /** Appends constants and answers their name. */
  floats(shape: readonly number[], values: Float32Array): string {
    return this.#tensor(shape, tensorTypes.float, float32Bytes(values));
  }

  integers(values: readonly number[]): string {
    const bytes = new Uint8Array(values.length * 8);
    const view = new DataView(bytes.buffer);
    values.forEach((value, index) => {
      view.setBigInt64(index * 8, BigInt(value), true);
    });
    return this.#tensor([values.length], tensorTypes.int64, bytes);
  }

  #tensor(shape: readonly number[], type: number, bytes: Uint8Array): string {
    const name = `c${this.#tensors.length}`;
    const dimensions = shape.map((size) => integerField(1, size));
    this.#tensors.push(
      messageField(5, [...dimensions, integerField(2, type), textField(8, name), bytesField(9, bytes)]),
    );
    return name;
  }

  /** The bytes of a model file. */
  finish(name: string, description: string, input: Port, outputs: readonly Port[]): Uint8Array {
    const graph = messageField(7, [
      ...this.#nodes,
      textField(2, name),
      ...this.#tensors,
      portField(11, input),
      ...outputs.map((output) => portField(12, output)),
    ]);
    const opset = messageField(8, [textField(1, ''), integerField(2, opsetVersion)]);
    return join([integerField(1, irVersion), textField(2, 'DeepMaker'), textField(6, description), graph, opset]);
  }
}

function attributeField(name: string, value: Attribute): Uint8Array {
  const parts =
    typeof value === 'number'
      ? [integerField(3, value), integerField(20, attributeTypes.int)]
      : 'float' in value
        ? [floatField(2, value.float), integerField(20, attributeTypes.float)]
        : [...value.map((entry) => integerField(8, entry)), integerField(20, attributeTypes.ints)];
  return messageField(5, [textField(1, name), ...parts]);
}

/** The number of rows is left open. */
function portField(field: number, { name, columns }: Port): Uint8Array {
  const shape = [messageField(1, [textField(2, 'rows')]), messageField(1, [integerField(1, columns)])];
  const tensor = messageField(1, [integerField(1, tensorTypes.float), messageField(2, shape)]);
  return messageField(field, [textField(1, name), messageField(2, [tensor])]);
}
