/**
 * The gradients of a convolution's weights over one tile of samples, from scratch maps as in ./convolution. Two inputs x
 * six filters stay in registers, each with four partial sums, which are added up once all tiles have passed.
 */
import { ROW } from './tile';
import { multiplyAdd, splat, sum, VECTOR } from './vector';

/** `accumulateGradients` for numbers of inputs and filters that the compiler knows; one or two inputs. */
// @ts-ignore: decorator
@inline
function gradientBlock(
  filters: i32,
  inputs: i32,
  x: usize,
  xStride: usize,
  dz: usize,
  pixelStride: usize,
  rowStride: usize,
  rows: i32,
  width: i32,
  dw: usize,
  dwStride: usize,
): void {
  const next = inputs > 1 ? dw + dwStride : dw;
  let g00 = v128.load(dw, 0);
  let g01 = filters > 1 ? v128.load(dw, 16) : splat(0);
  let g02 = filters > 2 ? v128.load(dw, 32) : splat(0);
  let g03 = filters > 3 ? v128.load(dw, 48) : splat(0);
  let g04 = filters > 4 ? v128.load(dw, 64) : splat(0);
  let g05 = filters > 5 ? v128.load(dw, 80) : splat(0);
  let g10 = v128.load(next, 0);
  let g11 = filters > 1 ? v128.load(next, 16) : splat(0);
  let g12 = filters > 2 ? v128.load(next, 32) : splat(0);
  let g13 = filters > 3 ? v128.load(next, 48) : splat(0);
  let g14 = filters > 4 ? v128.load(next, 64) : splat(0);
  let g15 = filters > 5 ? v128.load(next, 80) : splat(0);
  for (; rows > 0; rows--) {
    let at = dz;
    for (const end = x + <usize>width * xStride; x < end; x += xStride) {
      for (let half: usize = 0; half < ROW; half += VECTOR) {
        const x0 = v128.load(x + half);
        const x1 = inputs > 1 ? v128.load(x + half, 32) : x0;
        const d0 = v128.load(at + half);
        g00 = multiplyAdd(x0, d0, g00);
        if (inputs > 1) g10 = multiplyAdd(x1, d0, g10);
        if (filters > 1) {
          const d1 = v128.load(at + half, 32);
          g01 = multiplyAdd(x0, d1, g01);
          if (inputs > 1) g11 = multiplyAdd(x1, d1, g11);
        }
        if (filters > 2) {
          const d2 = v128.load(at + half, 64);
          g02 = multiplyAdd(x0, d2, g02);
          if (inputs > 1) g12 = multiplyAdd(x1, d2, g12);
        }
        if (filters > 3) {
          const d3 = v128.load(at + half, 96);
          g03 = multiplyAdd(x0, d3, g03);
          if (inputs > 1) g13 = multiplyAdd(x1, d3, g13);
        }
        if (filters > 4) {
          const d4 = v128.load(at + half, 128);
          g04 = multiplyAdd(x0, d4, g04);
          if (inputs > 1) g14 = multiplyAdd(x1, d4, g14);
        }
        if (filters > 5) {
          const d5 = v128.load(at + half, 160);
          g05 = multiplyAdd(x0, d5, g05);
          if (inputs > 1) g15 = multiplyAdd(x1, d5, g15);
        }
      }
      at += pixelStride;
    }
    dz += rowStride;
  }
  if (inputs > 1) {
    v128.store(next, g10);
    if (filters > 1) v128.store(next, g11, 16);
    if (filters > 2) v128.store(next, g12, 32);
    if (filters > 3) v128.store(next, g13, 48);
    if (filters > 4) v128.store(next, g14, 64);
    if (filters > 5) v128.store(next, g15, 80);
  }
  v128.store(dw, g00);
  if (filters > 1) v128.store(dw, g01, 16);
  if (filters > 2) v128.store(dw, g02, 32);
  if (filters > 3) v128.store(dw, g03, 48);
  if (filters > 4) v128.store(dw, g04, 64);
  if (filters > 5) v128.store(dw, g05, 80);
}

// @ts-ignore: decorator
@inline
function gradientsOf(
  filters: i32,
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
  const xStride = <usize>inputs * ROW;
  for (; inputs > 1; inputs -= 2) {
    gradientBlock(filters, 2, x, xStride, dz, pixelStride, rowStride, rows, width, dw, dwStride);
    x += 2 * ROW;
    dw += 2 * dwStride;
  }
  if (inputs) gradientBlock(filters, 1, x, xStride, dz, pixelStride, rowStride, rows, width, dw, dwStride);
}

/**
 * dw[c, f] += sum over pixels of x[pixel, c] * dz[pixel, f], lane by lane: for one tap, and the inputs and the filters
 * of a group each.
 * x: (rows, width, inputs); dz: as x in `convolveRow`; dw: vectors of four partial sums, `dwStride` bytes from input to
 * input
 */
export function accumulateGradients(
  filters: i32,
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
  switch (filters) {
    case 1:
      return gradientsOf(1, x, inputs, dz, pixelStride, rowStride, rows, width, dw, dwStride);
    case 2:
      return gradientsOf(2, x, inputs, dz, pixelStride, rowStride, rows, width, dw, dwStride);
    case 3:
      return gradientsOf(3, x, inputs, dz, pixelStride, rowStride, rows, width, dw, dwStride);
    case 4:
      return gradientsOf(4, x, inputs, dz, pixelStride, rowStride, rows, width, dw, dwStride);
    case 5:
      return gradientsOf(5, x, inputs, dz, pixelStride, rowStride, rows, width, dw, dwStride);
    default:
      return gradientsOf(6, x, inputs, dz, pixelStride, rowStride, rows, width, dw, dwStride);
  }
}

/** gradients[k] += the four lanes of lanes[k]. */
export function addLaneSums(lanes: usize, count: i32, gradients: usize): void {
  for (; count > 0; count--) {
    store<f32>(gradients, load<f32>(gradients) + sum(v128.load(lanes)));
    gradients += 4;
    lanes += VECTOR;
  }
}
