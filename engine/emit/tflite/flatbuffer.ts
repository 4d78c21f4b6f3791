/**
 * The few pieces of FlatBuffers that a `.tflite` file is made of. A value is written before what it refers to, so that all
 * offsets point forward, as the format wants; everything is little-endian.
 */

type ScalarType = 'int8' | 'uint8' | 'int32' | 'uint32' | 'float32';

const scalarBytes: Readonly<Record<ScalarType | 'int64', number>> = {
  int8: 1,
  uint8: 1,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
};

interface Scalar {
  readonly kind: 'scalar';
  readonly type: ScalarType;
  readonly value: number;
}

/** What is written once and referred to by an offset. */
export type Value =
  /** Fields by their number in the schema; what is absent has its default. */
  | { readonly kind: 'table'; readonly fields: Readonly<Record<number, Scalar | Value>> }
  | { readonly kind: 'scalars'; readonly type: ScalarType | 'int64'; readonly values: ArrayLike<number> }
  | { readonly kind: 'values'; readonly values: readonly Value[] }
  | { readonly kind: 'text'; readonly text: string }
  /** Bytes that begin at a multiple of 16. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

const scalar = (type: ScalarType, value: number): Scalar => ({ kind: 'scalar', type, value });

export const int8 = (value: number): Scalar => scalar('int8', value);
export const uint8 = (value: number): Scalar => scalar('uint8', value);
export const int32 = (value: number): Scalar => scalar('int32', value);
export const uint32 = (value: number): Scalar => scalar('uint32', value);
export const float32 = (value: number): Scalar => scalar('float32', value);
export const table = (fields: Readonly<Record<number, Scalar | Value>>): Value => ({ kind: 'table', fields });
export const values = (list: readonly Value[]): Value => ({ kind: 'values', values: list });
export const text = (content: string): Value => ({ kind: 'text', text: content });
export const bytes = (content: Uint8Array): Value => ({ kind: 'bytes', bytes: content });
export const vector = (type: ScalarType | 'int64', list: ArrayLike<number>): Value => ({
  kind: 'scalars',
  type,
  values: list,
});

/** A file whose root is this table. `identifier`: four characters. */
export function writeFlatbuffer(root: Value, identifier: string): Uint8Array {
  const writer = new Writer();
  writer.reserve(4);
  writer.put(new TextEncoder().encode(identifier));
  writer.refer(0, writer.write(root));
  return writer.finish();
}

/** Lives for one file: its bytes so far. */
class Writer {
  private data = new Uint8Array(1024);
  private size = 0;

  finish(): Uint8Array {
    return this.data.slice(0, this.size);
  }

  reserve(count: number): number {
    const at = this.size;
    this.size += count;
    if (this.size > this.data.length) {
      const grown = new Uint8Array(2 * this.size);
      grown.set(this.data);
      this.data = grown;
    }
    return at;
  }

  put(content: Uint8Array): void {
    const at = this.reserve(content.length);
    this.data.set(content, at);
  }

  /** Makes the four bytes at `at` lead to `target`. */
  refer(at: number, target: number): void {
    this.view().setUint32(at, target - at, true);
  }

  /** Where the value begins. */
  write(value: Value): number {
    switch (value.kind) {
      case 'table':
        return this.writeTable(value.fields);
      case 'scalars': {
        const { type, values: list } = value;
        const at = this.openVector(list.length, scalarBytes[type]);
        for (let index = 0; index < list.length; index++) this.set(this.reserve(scalarBytes[type]), type, list[index]!);
        return at;
      }
      case 'values': {
        const at = this.openVector(value.values.length, 4);
        const places = value.values.map(() => this.reserve(4));
        value.values.forEach((child, index) => {
          this.refer(places[index]!, this.write(child));
        });
        return at;
      }
      case 'text': {
        const encoded = new TextEncoder().encode(value.text);
        const at = this.openVector(encoded.length, 1);
        this.put(encoded);
        this.reserve(1);
        return at;
      }
      case 'bytes': {
        const at = this.openVector(value.bytes.length, 16);
        this.put(value.bytes);
        return at;
      }
    }
  }

  /** The length, placed so that what follows it is aligned. */
  private openVector(length: number, alignment: number): number {
    while ((this.size + 4) % Math.max(alignment, 4) !== 0) this.reserve(1);
    const at = this.reserve(4);
    this.view().setUint32(at, length, true);
    return at;
  }

  /** The vtable, then the table, whose wider fields come first so that each is aligned; then what it refers to. */
  private writeTable(fields: Readonly<Record<number, Scalar | Value>>): number {
    const numbers = Object.keys(fields).map(Number);
    const bytesOf = (number: number) => {
      const field = fields[number]!;
      return field.kind === 'scalar' ? scalarBytes[field.type] : 4;
    };
    const count = Math.max(-1, ...numbers) + 1;
    while (this.size % 4 !== 0) this.reserve(1);
    const vtable = this.reserve(4 + 2 * count);
    while (this.size % 4 !== 0) this.reserve(1);
    const at = this.reserve(4);
    const places = new Map<number, number>();
    for (const number of numbers.toSorted((a, b) => bytesOf(b) - bytesOf(a))) {
      places.set(number, this.reserve(bytesOf(number)));
    }
    const view = this.view();
    view.setInt32(at, at - vtable, true);
    view.setUint16(vtable, 4 + 2 * count, true);
    view.setUint16(vtable + 2, this.size - at, true);
    for (const [number, place] of places) view.setUint16(vtable + 4 + 2 * number, place - at, true);
    for (const number of numbers) {
      const field = fields[number]!;
      const place = places.get(number)!;
      if (field.kind === 'scalar') this.set(place, field.type, field.value);
      else this.refer(place, this.write(field));
    }
    return at;
  }

  private set(at: number, type: ScalarType | 'int64', value: number): void {
    const view = this.view();
    if (type === 'int8') view.setInt8(at, value);
    else if (type === 'uint8') view.setUint8(at, value);
    else if (type === 'int32') view.setInt32(at, value, true);
    else if (type === 'uint32') view.setUint32(at, value, true);
    else if (type === 'float32') view.setFloat32(at, value, true);
    else view.setBigInt64(at, BigInt(value), true);
  }

  private view(): DataView {
    return new DataView(this.data.buffer);
  }
}
