/** Dropout as in engine/nn/cnn/dropout.ts: each lane of a tile runs the generator of its sample. */
import { bytesOf, splat, VECTOR } from './vector';

/** MurmurHash3's finaliser. */
function scramble(h: u32): u32 {
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

/** Starts the generators of eight samples in the two vectors at `states`. */
export function startDropout(states: usize, seed: u32, update: u32, layer: u32, firstSample: u32): void {
  for (let lane = 0; lane < 8; lane++) {
    let state = scramble(seed + 0x9e3779b9);
    state = scramble((state ^ update) + 0x9e3779b9);
    state = scramble((state ^ layer) + 0x9e3779b9);
    state = scramble((state ^ (firstSample + lane)) + 0x9e3779b9);
    store<u32>(states + bytesOf(lane), state ? state : 1);
  }
}

/** Marsaglia's xorshift32. */
// @ts-ignore: decorator
@inline
function advance(s: v128): v128 {
  s = v128.xor(s, i32x4.shl(s, 13));
  s = v128.xor(s, i32x4.shr_u(s, 17));
  return v128.xor(s, i32x4.shl(s, 5));
}

/** Multiplies the values of kept lanes by `scale` and sets the others to 0, for tile rows `stride` bytes apart. */
export function dropRow(states: usize, threshold: u32, scale: f32, x: usize, stride: usize, pixels: i32): void {
  let low = v128.load(states);
  let high = v128.load(states, VECTOR);
  const limit = i32x4.splat(threshold);
  const factor = splat(scale);
  for (const end = x + <usize>pixels * stride; x < end; x += stride) {
    low = advance(low);
    high = advance(high);
    v128.store(x, v128.and(f32x4.mul(v128.load(x), factor), i32x4.ge_u(low, limit)));
    v128.store(x, v128.and(f32x4.mul(v128.load(x, VECTOR), factor), i32x4.ge_u(high, limit)), VECTOR);
  }
  v128.store(states, low);
  v128.store(states, high, VECTOR);
}
