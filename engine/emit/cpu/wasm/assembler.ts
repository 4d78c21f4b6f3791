/**
 * A WebAssembly module as bytes, from expressions that are written as function calls: `add(get(a), load(get(p), 16))`.
 * Only what the code of networks needs. Opcodes and sections: WebAssembly 2.0, chapter "Binary Format".
 */

/** Instructions in the order in which they run; an expression leaves its value on the stack. */
export type Code = readonly number[];

const valueTypes = { i32: 0x7f, f64: 0x7c, vector: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

/** Declares a local and answers its index; parameters come first. */
export type Declare = (type: ValueType) => number;

export interface WasmFunction {
  /** Exported under this name, where there is one. */
  readonly name?: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly body: (declare: Declare) => Code;
}

export interface WasmModule {
  /** Called by their index. */
  readonly functions: readonly WasmFunction[];
  /** Of the exported `memory`, 64 KiB each. */
  readonly pages: number;
  /** What the memory holds from the address `at` on. */
  readonly data: { readonly at: number; readonly bytes: Uint8Array };
}

export const integer = (value: number): Code => [0x41, ...signed(value)];
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const call = (index: number, ...values: readonly Code[]): Code => [...values.flat(), 0x10, ...unsigned(index)];
/** Runs `body` once, and again as long as `condition` holds. */
export const repeat = (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0x00, 0x0b];

const scalar =
  (opcode: number) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), opcode];
export const below = scalar(0x49);
export const plus = scalar(0x6a);
export const minus = scalar(0x6b);
export const and = scalar(0x71);
export const shiftLeft = scalar(0x74);
const floatSum = scalar(0x92);
const toFloat = scalar(0xb6);
const toDouble = scalar(0xbb);
const select = scalar(0x1b);
export const smaller = (a: Code, b: Code): Code => select(a, b, below(a, b));

const vector =
  (opcode: number) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), 0xfd, ...unsigned(opcode)];
export const vectorAnd = vector(0x4e);
export const bitSelect = vector(0x52);
export const greater = vector(0x44);
export const add = vector(0xe4);
export const subtract = vector(0xe5);
export const multiply = vector(0xe6);
export const divide = vector(0xe7);
/** `b < a ? b : a`, and `a < b ? b : a`: a NaN in the first operand stays. */
export const pseudoMinimum = vector(0xea);
export const pseudoMaximum = vector(0xeb);
const splat = vector(0x13);
export const addDoubles = vector(0xf0);
export const subtractDoubles = vector(0xf1);
export const multiplyDoubles = vector(0xf2);
/** Two doubles as float32 in the first two lanes, and those back. */
export const demote = vector(0x5e);
export const promote = vector(0x5f);

/** Memory instructions; `offset` is in bytes. Addresses need no alignment. */
const access =
  (...opcode: readonly number[]) =>
  (address: Code, offset = 0): Code => [...address, ...opcode, 0, ...unsigned(offset)];
export const load = access(0xfd, 0x00);
/** One float32 in all four lanes. */
export const loadSplat = access(0xfd, 0x09);
/** One double twice. */
export const loadSplatDouble = access(0xfd, 0x0a);
const loadFloat = access(0x2a);
export const store = (address: Code, value: Code, offset = 0): Code => [
  ...[...address, ...value, 0xfd, 0x0b, 0],
  ...unsigned(offset),
];
/** Stores one of two doubles. */
export const storeDouble = (address: Code, value: Code, offset: number, half: number): Code => [
  ...[...address, ...value, 0xfd, 0x5b, 0],
  ...[...unsigned(offset), half],
];

/** A double in all four lanes of a vector, rounded to float32. */
export const splatDouble = (value: Code): Code => splat(toFloat(value));
const lane = (value: Code, index: number): Code => [...value, 0xfd, 0x1f, index];
/** The first lane as a double; with the float32 at `address` added to it. */
export const firstLane = (value: Code): Code => toDouble(lane(value, 0));
export const firstLanePlus = (value: Code, address: number): Code =>
  toDouble(floatSum(lane(value, 0), loadFloat(integer(0), address)));

/** Four lanes of two vectors, the second one's being 4 to 7. */
export const shuffle = (a: Code, b: Code, lanes: readonly number[]): Code => [
  ...[...a, ...b, 0xfd, 0x0d],
  ...lanes.flatMap((from) => [0, 1, 2, 3].map((byte) => 4 * from + byte)),
];
/** The lanes of `value` in another order. */
export const reorder = (value: Code, lanes: readonly number[]): Code => shuffle(value, value, lanes);

/** All bits set in the first `lanes` lanes. */
export const laneMask = (lanes: number): Code => [
  ...[0xfd, 0x0c],
  ...Array.from({ length: 16 }, (_, byte) => (byte < 4 * lanes ? 255 : 0)),
];
export const zeroVector: Code = laneMask(0);

export function assemble({ functions, pages, data }: WasmModule): Uint8Array {
  const bodies = functions.map(({ parameters, body }) => {
    const locals: number[] = [];
    const code = body((type) => {
      locals.push(valueTypes[type]);
      return parameters.length + locals.length - 1;
    });
    return sized([...list(runsOf(locals)), ...code, 0x0b]);
  });
  const types = functions.map(({ parameters, results }) => [0x60, ...typeList(parameters), ...typeList(results)]);
  const named = functions.flatMap(({ name }, index) =>
    name === undefined ? [] : [[...text(name), 0, ...unsigned(index)]],
  );
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, ...sized(list(types))],
    ...[3, ...sized(list(functions.map((_, index) => unsigned(index))))],
    ...[5, ...sized([1, 0, ...unsigned(pages)])],
    ...[7, ...sized(list([...named, [...text('memory'), 2, 0]]))],
    ...[10, ...sized(list(bodies))],
    ...[11, ...sized([1, 0, ...integer(data.at), 0x0b, ...sized([...data.bytes])])],
  ]);
}

/** How many locals of each type follow each other. */
function runsOf(types: readonly number[]): Code[] {
  const runs: { count: number; readonly type: number }[] = [];
  for (const type of types) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ count: 1, type });
  }
  return runs.map(({ count, type }) => [...unsigned(count), type]);
}

const typeList = (types: readonly ValueType[]): number[] => list(types.map((type) => [valueTypes[type]]));
const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code): number[] => [...unsigned(bytes.length), ...bytes];
const text = (value: string): number[] => sized([...new TextEncoder().encode(value)]);

/** LEB128, seven bits a byte. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}
