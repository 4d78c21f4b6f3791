/**
 * The products of a convolution over one tile of samples. Scratch maps are pixel after pixel, all channels of a pixel
 * side by side, so that the taps of one kernel row are one contiguous run and a kernel of any size is the same loop.
 * Rows have margins of zeros to the left and right. Six filters x two vectors of samples stay in registers: 8 loads for
 * 12 multiply-adds, which leaves the multipliers as the limit. Filters that do not make whole groups of six are spread
 * evenly over as many groups, of three to six: a group of one or two would wait for its own sums.
 */
import { ROW } from './tile';
import { multiplyAdd, splat, VECTOR } from './vector';

/** Channels whose sums one block keeps in registers, at most. */
export const GROUP: i32 = 6;

/** Number of groups that `channels` channels make. */
// @ts-ignore: decorator
@inline
export function groupsFor(channels: i32): i32 {
  return (channels + GROUP - 1) / GROUP;
}

/** The first channel of a group; of the group after the last, the number of channels. */
// @ts-ignore: decorator
@inline
export function groupStart(channels: i32, group: i32): i32 {
  const groups = groupsFor(channels);
  return group * (channels / groups) + min(group, channels % groups);
}

/**
 * Rearranges weights for `convolveRow`: to[group][ky][kx][inner][outer of the group]. An element lies `tapStride` bytes
 * from one tap to the next, and so on. The gradient of the inputs is a convolution with exchanged channels and the taps
 * in reverse order.
 */
export function pack(
  w: usize,
  taps: i32,
  tapStride: usize,
  reverse: bool,
  inner: i32,
  innerStride: usize,
  outer: i32,
  outerStride: usize,
  to: usize,
): void {
  for (let group = 0; group < groupsFor(outer); group++) {
    const first = groupStart(outer, group);
    const end = groupStart(outer, group + 1);
    for (let tap = 0; tap < taps; tap++) {
      const from = w + <usize>(reverse ? taps - 1 - tap : tap) * tapStride;
      for (let i = 0; i < inner; i++) {
        for (let o = first; o < end; o++) {
          store<f32>(to, load<f32>(from + <usize>i * innerStride + <usize>o * outerStride));
          to += 4;
        }
      }
    }
  }
}

/** `convolveRow` for one number of filters, which the compiler knows. */
// @ts-ignore: decorator
@inline
function rowOf(
  filters: i32,
  x: usize,
  pixelStride: usize,
  rowStride: usize,
  rows: i32,
  run: i32,
  w: usize,
  z: usize,
  width: i32,
  accumulate: bool,
): void {
  for (; width > 0; width--) {
    let z00 = splat(0);
    let z01 = splat(0);
    let z10 = splat(0);
    let z11 = splat(0);
    let z20 = splat(0);
    let z21 = splat(0);
    let z30 = splat(0);
    let z31 = splat(0);
    let z40 = splat(0);
    let z41 = splat(0);
    let z50 = splat(0);
    let z51 = splat(0);
    if (accumulate) {
      z00 = v128.load(z, 0);
      z01 = v128.load(z, 16);
      if (filters > 1) z10 = v128.load(z, 32);
      if (filters > 1) z11 = v128.load(z, 48);
      if (filters > 2) z20 = v128.load(z, 64);
      if (filters > 2) z21 = v128.load(z, 80);
      if (filters > 3) z30 = v128.load(z, 96);
      if (filters > 3) z31 = v128.load(z, 112);
      if (filters > 4) z40 = v128.load(z, 128);
      if (filters > 4) z41 = v128.load(z, 144);
      if (filters > 5) z50 = v128.load(z, 160);
      if (filters > 5) z51 = v128.load(z, 176);
    }
    let row = x;
    let wAt = w;
    for (let left = rows; left > 0; left--) {
      let at = row;
      for (const end = at + <usize>run * ROW; at < end; at += ROW) {
        const x0 = v128.load(at);
        const x1 = v128.load(at, VECTOR);
        const w0 = v128.load32_splat(wAt);
        z00 = multiplyAdd(w0, x0, z00);
        z01 = multiplyAdd(w0, x1, z01);
        if (filters > 1) {
          const w1 = v128.load32_splat(wAt, 4);
          z10 = multiplyAdd(w1, x0, z10);
          z11 = multiplyAdd(w1, x1, z11);
        }
        if (filters > 2) {
          const w2 = v128.load32_splat(wAt, 8);
          z20 = multiplyAdd(w2, x0, z20);
          z21 = multiplyAdd(w2, x1, z21);
        }
        if (filters > 3) {
          const w3 = v128.load32_splat(wAt, 12);
          z30 = multiplyAdd(w3, x0, z30);
          z31 = multiplyAdd(w3, x1, z31);
        }
        if (filters > 4) {
          const w4 = v128.load32_splat(wAt, 16);
          z40 = multiplyAdd(w4, x0, z40);
          z41 = multiplyAdd(w4, x1, z41);
        }
        if (filters > 5) {
          const w5 = v128.load32_splat(wAt, 20);
          z50 = multiplyAdd(w5, x0, z50);
          z51 = multiplyAdd(w5, x1, z51);
        }
        wAt += 4 * <usize>filters;
      }
      row += rowStride;
    }
    v128.store(z, z00, 0);
    v128.store(z, z01, 16);
    if (filters > 1) v128.store(z, z10, 32);
    if (filters > 1) v128.store(z, z11, 48);
    if (filters > 2) v128.store(z, z20, 64);
    if (filters > 2) v128.store(z, z21, 80);
    if (filters > 3) v128.store(z, z30, 96);
    if (filters > 3) v128.store(z, z31, 112);
    if (filters > 4) v128.store(z, z40, 128);
    if (filters > 4) v128.store(z, z41, 144);
    if (filters > 5) v128.store(z, z50, 160);
    if (filters > 5) v128.store(z, z51, 176);
    z += <usize>filters * ROW;
    x += pixelStride;
  }
}

/**
 * z[column, f] = sum over `rows` kernel rows and the `run` taps and channels of each of x * w, for one image row and
 * the `filters` of a group; added to what is there where `accumulate`.
 * x: the first kernel row's leftmost tap of the first column; w: (rows, run, filters); z: (width, filters) tile rows
 */
export function convolveRow(
  filters: i32,
  x: usize,
  pixelStride: usize,
  rowStride: usize,
  rows: i32,
  run: i32,
  w: usize,
  z: usize,
  width: i32,
  accumulate: bool,
): void {
  switch (filters) {
    case 1:
      return rowOf(1, x, pixelStride, rowStride, rows, run, w, z, width, accumulate);
    case 2:
      return rowOf(2, x, pixelStride, rowStride, rows, run, w, z, width, accumulate);
    case 3:
      return rowOf(3, x, pixelStride, rowStride, rows, run, w, z, width, accumulate);
    case 4:
      return rowOf(4, x, pixelStride, rowStride, rows, run, w, z, width, accumulate);
    case 5:
      return rowOf(5, x, pixelStride, rowStride, rows, run, w, z, width, accumulate);
    default:
      return rowOf(6, x, pixelStride, rowStride, rows, run, w, z, width, accumulate);
  }
}
