/**
 * The products of a convolution over one tile of samples. Scratch maps are pixel after pixel, all channels of a pixel
 * side by side, so that the taps of one kernel row are one contiguous run and a kernel of any size is the same loop.
 * Rows have margins of zeros to the left and right. Six filters x two vectors of samples stay in registers: 8 loads for
 * 12 multiply-adds, which leaves the multipliers as the limit.
 */
import { ROW } from './tile';
import { multiplyAdd, splat, sum, VECTOR } from './vector';

/** Channels whose sums one block keeps in registers. */
export const GROUP: i32 = 6;
/** Bytes of one pixel of one group. */
export const GROUP_PIXEL: usize = 6 * ROW;

/** Number of groups that hold `channels` channels. */
// @ts-ignore: decorator
@inline
export function groupsFor(channels: i32): i32 {
  return (channels + GROUP - 1) / GROUP;
}

/**
 * Rearranges weights for `convolveRow`: to[group][ky][kx][inner][6 outer], with zeros where an outer channel is missing
 * and for `innerPadded - inner` inner ones. An element lies `tapStride` bytes from one tap to the next, and so on. The
 * gradient of the inputs is a convolution with exchanged channels and the taps in reverse order.
 */
export function pack(
  w: usize,
  taps: i32,
  tapStride: usize,
  reverse: bool,
  inner: i32,
  innerPadded: i32,
  innerStride: usize,
  outer: i32,
  outerStride: usize,
  to: usize,
): void {
  for (let first = 0; first < outer; first += GROUP) {
    for (let tap = 0; tap < taps; tap++) {
      const from = w + <usize>(reverse ? taps - 1 - tap : tap) * tapStride + <usize>first * outerStride;
      for (let i = 0; i < innerPadded; i++) {
        for (let o = 0; o < GROUP; o++) {
          const present = i < inner && first + o < outer;
          const at = from + <usize>i * innerStride + <usize>o * outerStride;
          store<f32>(to, present ? load<f32>(at) : 0);
          to += 4;
        }
      }
    }
  }
}

/**
 * z[column, f] = sum over `rows` kernel rows and the `run` taps and channels of each of x * w, for one image row and
 * the six filters of a group; added to what is there where `accumulate`.
 * x: the first kernel row's leftmost tap of the first column; w: (rows, run, 6); z: (width, 6) tile rows
 */
export function convolveRow(
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
      z00 = v128.load(z);
      z01 = v128.load(z, 16);
      z10 = v128.load(z, 32);
      z11 = v128.load(z, 48);
      z20 = v128.load(z, 64);
      z21 = v128.load(z, 80);
      z30 = v128.load(z, 96);
      z31 = v128.load(z, 112);
      z40 = v128.load(z, 128);
      z41 = v128.load(z, 144);
      z50 = v128.load(z, 160);
      z51 = v128.load(z, 176);
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
        const w1 = v128.load32_splat(wAt, 4);
        z10 = multiplyAdd(w1, x0, z10);
        z11 = multiplyAdd(w1, x1, z11);
        const w2 = v128.load32_splat(wAt, 8);
        z20 = multiplyAdd(w2, x0, z20);
        z21 = multiplyAdd(w2, x1, z21);
        const w3 = v128.load32_splat(wAt, 12);
        z30 = multiplyAdd(w3, x0, z30);
        z31 = multiplyAdd(w3, x1, z31);
        const w4 = v128.load32_splat(wAt, 16);
        z40 = multiplyAdd(w4, x0, z40);
        z41 = multiplyAdd(w4, x1, z41);
        const w5 = v128.load32_splat(wAt, 20);
        z50 = multiplyAdd(w5, x0, z50);
        z51 = multiplyAdd(w5, x1, z51);
        wAt += 4 * GROUP;
      }
      row += rowStride;
    }
    v128.store(z, z00);
    v128.store(z, z01, 16);
    v128.store(z, z10, 32);
    v128.store(z, z11, 48);
    v128.store(z, z20, 64);
    v128.store(z, z21, 80);
    v128.store(z, z30, 96);
    v128.store(z, z31, 112);
    v128.store(z, z40, 128);
    v128.store(z, z41, 144);
    v128.store(z, z50, 160);
    v128.store(z, z51, 176);
    z += GROUP_PIXEL;
    x += pixelStride;
  }
}

/** `gradients` for one or two inputs. */
// @ts-ignore: decorator
@inline
function gradientBlock(
  inputs: i32,
  x: usize,
  dz: usize,
  pixelStride: usize,
  rowStride: usize,
  rows: i32,
  width: i32,
  dw: usize,
  dwStride: usize,
): void {
  const next = inputs > 1 ? dw + dwStride : dw;
  let g00 = v128.load(dw);
  let g01 = v128.load(dw, 16);
  let g02 = v128.load(dw, 32);
  let g03 = v128.load(dw, 48);
  let g04 = v128.load(dw, 64);
  let g05 = v128.load(dw, 80);
  let g10 = v128.load(next);
  let g11 = v128.load(next, 16);
  let g12 = v128.load(next, 32);
  let g13 = v128.load(next, 48);
  let g14 = v128.load(next, 64);
  let g15 = v128.load(next, 80);
  for (; rows > 0; rows--) {
    let at = dz;
    for (const end = x + <usize>width * GROUP_PIXEL; x < end; x += GROUP_PIXEL) {
      for (let half: usize = 0; half < ROW; half += VECTOR) {
        const x0 = v128.load(x + half);
        const x1 = inputs > 1 ? v128.load(x + half, 32) : x0;
        const d0 = v128.load(at + half);
        g00 = multiplyAdd(x0, d0, g00);
        if (inputs > 1) g10 = multiplyAdd(x1, d0, g10);
        const d1 = v128.load(at + half, 32);
        g01 = multiplyAdd(x0, d1, g01);
        if (inputs > 1) g11 = multiplyAdd(x1, d1, g11);
        const d2 = v128.load(at + half, 64);
        g02 = multiplyAdd(x0, d2, g02);
        if (inputs > 1) g12 = multiplyAdd(x1, d2, g12);
        const d3 = v128.load(at + half, 96);
        g03 = multiplyAdd(x0, d3, g03);
        if (inputs > 1) g13 = multiplyAdd(x1, d3, g13);
        const d4 = v128.load(at + half, 128);
        g04 = multiplyAdd(x0, d4, g04);
        if (inputs > 1) g14 = multiplyAdd(x1, d4, g14);
        const d5 = v128.load(at + half, 160);
        g05 = multiplyAdd(x0, d5, g05);
        if (inputs > 1) g15 = multiplyAdd(x1, d5, g15);
      }
      at += pixelStride;
    }
    dz += rowStride;
  }
  if (inputs > 1) {
    v128.store(next, g10);
    v128.store(next, g11, 16);
    v128.store(next, g12, 32);
    v128.store(next, g13, 48);
    v128.store(next, g14, 64);
    v128.store(next, g15, 80);
  }
  v128.store(dw, g00);
  v128.store(dw, g01, 16);
  v128.store(dw, g02, 32);
  v128.store(dw, g03, 48);
  v128.store(dw, g04, 64);
  v128.store(dw, g05, 80);
}

/**
 * dw[c, f] += sum over pixels of x[pixel, c] * dz[pixel, f], lane by lane: for one tap, up to six inputs and six
 * filters.
 * x: (rows, width, 6); dz: as x in `convolveRow`; dw: vectors of four partial sums, `dwStride` bytes from input to
 * input
 */
export function accumulateGradients(
  x: usize,
  inputs: i32,
  dz: usize,
  pixelStride: usize,
  rowStride: usize,
  rows: i32,
  width: i32,
  dw: usize,
  dwStride: usize,
): void {
  for (; inputs > 1; inputs -= 2) {
    gradientBlock(2, x, dz, pixelStride, rowStride, rows, width, dw, dwStride);
    x += 2 * ROW;
    dw += 2 * dwStride;
  }
  if (inputs) gradientBlock(1, x, dz, pixelStride, rowStride, rows, width, dw, dwStride);
}

/** gradients[tap, c, f] += the four lanes of lanes[tap, c, f], which has `paddedInputs` and `paddedFilters`. */
export function addLaneSums(
  lanes: usize,
  paddedInputs: i32,
  paddedFilters: i32,
  taps: i32,
  inputs: i32,
  filters: i32,
  gradients: usize,
): void {
  for (let tap = 0; tap < taps; tap++) {
    for (let c = 0; c < inputs; c++) {
      const row = lanes + <usize>((tap * paddedInputs + c) * paddedFilters) * VECTOR;
      for (let f = 0; f < filters; f++) {
        store<f32>(gradients, load<f32>(gradients) + sum(v128.load(row + <usize>f * VECTOR)));
        gradients += 4;
      }
    }
  }
}
