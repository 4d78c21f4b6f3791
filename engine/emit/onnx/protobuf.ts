/** The few pieces of protocol buffers' wire format that an ONNX file is made of. Every function gives one whole field. */

const encoder = new TextEncoder();

/** Base 128, least significant group first. Whole numbers from 0 to 2^53. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export const integerField = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...varint(field * 8), ...varint(value)]);

export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return join([Uint8Array.from(varint(field * 8 + 5)), bytes]);
}

export const bytesField = (field: number, value: Uint8Array): Uint8Array =>
  join([Uint8Array.from([...varint(field * 8 + 2), ...varint(value.length)]), value]);

export const textField = (field: number, value: string): Uint8Array => bytesField(field, encoder.encode(value));

export const messageField = (field: number, parts: readonly Uint8Array[]): Uint8Array => bytesField(field, join(parts));
