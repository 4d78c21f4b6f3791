/**
 * The three products of a dense layer, over tiles of eight samples. Weights are row-major (inputs, outputs), followed by
 * the biases. Each product keeps a block of 4 outputs x 2 vectors in registers; what is left over takes blocks of 2 and 1.
 * The inline blocks take their size as a constant, so the compiler drops the branches on it.
 */
import { ROW } from './tile';
import { bytesOf, multiplyAdd, splat, sum, sums, VECTOR } from './vector';

/** y[r] = bias[r] + sum over k of w[r, k] * x[k], for `rows` rows r; `bias` 0 stands for no bias. */
// @ts-ignore: decorator
@inline
function productBlock(
  rows: i32,
  w: usize,
  rowStride: usize,
  stepStride: usize,
  x: usize,
  steps: i32,
  bias: usize,
  y: usize,
): void {
  let y00 = bias ? v128.load32_splat(bias) : splat(0);
  let y10 = rows > 1 && bias ? v128.load32_splat(bias, 4) : splat(0);
  let y20 = rows > 2 && bias ? v128.load32_splat(bias, 8) : splat(0);
  let y30 = rows > 2 && bias ? v128.load32_splat(bias, 12) : splat(0);
  let y01 = y00;
  let y11 = y10;
  let y21 = y20;
  let y31 = y30;
  for (; steps > 0; steps--) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, VECTOR);
    const w0 = v128.load32_splat(w);
    y00 = multiplyAdd(w0, x0, y00);
    y01 = multiplyAdd(w0, x1, y01);
    if (rows > 1) {
      const w1 = v128.load32_splat(w + rowStride);
      y10 = multiplyAdd(w1, x0, y10);
      y11 = multiplyAdd(w1, x1, y11);
    }
    if (rows > 2) {
      const w2 = v128.load32_splat(w + 2 * rowStride);
      y20 = multiplyAdd(w2, x0, y20);
      y21 = multiplyAdd(w2, x1, y21);
      const w3 = v128.load32_splat(w + 3 * rowStride);
      y30 = multiplyAdd(w3, x0, y30);
      y31 = multiplyAdd(w3, x1, y31);
    }
    x += ROW;
    w += stepStride;
  }
  v128.store(y, y00);
  v128.store(y, y01, VECTOR);
  if (rows > 1) {
    v128.store(y, y10, ROW);
    v128.store(y, y11, ROW + VECTOR);
  }
  if (rows > 2) {
    v128.store(y, y20, 2 * ROW);
    v128.store(y, y21, 2 * ROW + VECTOR);
    v128.store(y, y30, 3 * ROW);
    v128.store(y, y31, 3 * ROW + VECTOR);
  }
}

/** All `rows` rows of every tile. With the strides of w exchanged it multiplies by the transposed weights. */
function product(
  w: usize,
  rowStride: usize,
  stepStride: usize,
  x: usize,
  xStride: usize,
  steps: i32,
  bias: usize,
  y: usize,
  yStride: usize,
  rows: i32,
  tiles: i32,
): void {
  for (; tiles > 0; tiles--) {
    let left = rows;
    let wAt = w;
    let yAt = y;
    let biasAt = bias;
    for (; left >= 4; left -= 4) {
      productBlock(4, wAt, rowStride, stepStride, x, steps, biasAt, yAt);
      wAt += 4 * rowStride;
      yAt += 4 * ROW;
      if (bias) biasAt += 16;
    }
    if (left >= 2) {
      productBlock(2, wAt, rowStride, stepStride, x, steps, biasAt, yAt);
      wAt += 2 * rowStride;
      yAt += 2 * ROW;
      if (bias) biasAt += 8;
      left -= 2;
    }
    if (left) productBlock(1, wAt, rowStride, stepStride, x, steps, biasAt, yAt);
    x += xStride;
    y += yStride;
  }
}

/** y[o] = bias[o] + sum over i of x[i] * w[i, o].  x: (inputs) rows a tile, y: (outputs) rows a tile */
export function denseForward(
  weights: usize,
  x: usize,
  xStride: usize,
  inputs: i32,
  y: usize,
  yStride: usize,
  outputs: i32,
  tiles: i32,
): void {
  const bias = weights + bytesOf(inputs * outputs);
  product(weights, 4, bytesOf(outputs), x, xStride, inputs, bias, y, yStride, outputs, tiles);
}

/** dx[i] = sum over o of w[i, o] * dy[o] */
export function denseBackward(
  weights: usize,
  dy: usize,
  dyStride: usize,
  outputs: i32,
  dx: usize,
  dxStride: usize,
  inputs: i32,
  tiles: i32,
): void {
  product(weights, bytesOf(outputs), 4, dy, dyStride, outputs, 0, dx, dxStride, inputs, tiles);
}

/** dw[i, o] = sum over samples of x[i] * dy[o], for `ins` inputs (1 or 2) and `outs` outputs (1, 2 or 4). */
// @ts-ignore: decorator
@inline
function gradientBlock(
  outs: i32,
  ins: i32,
  x: usize,
  xStride: usize,
  dy: usize,
  dyStride: usize,
  tiles: i32,
  dw: usize,
  dwStride: usize,
): void {
  let g00 = splat(0);
  let g10 = splat(0);
  let g20 = splat(0);
  let g30 = splat(0);
  let g01 = splat(0);
  let g11 = splat(0);
  let g21 = splat(0);
  let g31 = splat(0);
  for (; tiles > 0; tiles--) {
    for (let half: usize = 0; half < ROW; half += VECTOR) {
      const x0 = v128.load(x + half);
      const x1 = ins > 1 ? v128.load(x + half, ROW) : x0;
      const d0 = v128.load(dy + half);
      g00 = multiplyAdd(d0, x0, g00);
      if (ins > 1) g01 = multiplyAdd(d0, x1, g01);
      if (outs > 1) {
        const d1 = v128.load(dy + half, ROW);
        g10 = multiplyAdd(d1, x0, g10);
        if (ins > 1) g11 = multiplyAdd(d1, x1, g11);
      }
      if (outs > 2) {
        const d2 = v128.load(dy + half, 2 * ROW);
        g20 = multiplyAdd(d2, x0, g20);
        if (ins > 1) g21 = multiplyAdd(d2, x1, g21);
        const d3 = v128.load(dy + half, 3 * ROW);
        g30 = multiplyAdd(d3, x0, g30);
        if (ins > 1) g31 = multiplyAdd(d3, x1, g31);
      }
    }
    x += xStride;
    dy += dyStride;
  }
  if (outs > 2) {
    v128.store(dw, sums(g00, g10, g20, g30));
    if (ins > 1) v128.store(dw + dwStride, sums(g01, g11, g21, g31));
    return;
  }
  store<f32>(dw, sum(g00));
  if (outs > 1) store<f32>(dw, sum(g10), 4);
  if (ins > 1) store<f32>(dw + dwStride, sum(g01));
  if (outs > 1 && ins > 1) store<f32>(dw + dwStride, sum(g11), 4);
}

/** One column block of `outs` outputs, down all inputs. */
// @ts-ignore: decorator
@inline
function gradientColumns(
  outs: i32,
  x: usize,
  xStride: usize,
  inputs: i32,
  dy: usize,
  dyStride: usize,
  tiles: i32,
  dw: usize,
  dwStride: usize,
): void {
  for (; inputs >= 2; inputs -= 2) {
    gradientBlock(outs, 2, x, xStride, dy, dyStride, tiles, dw, dwStride);
    x += 2 * ROW;
    dw += 2 * dwStride;
  }
  if (inputs) gradientBlock(outs, 1, x, xStride, dy, dyStride, tiles, dw, dwStride);
}

/** dbias[o] = sum over samples of dy[o] */
function biasGradient(dy: usize, dyStride: usize, outputs: i32, tiles: i32, dbias: usize): void {
  for (; outputs > 0; outputs--) {
    let total = splat(0);
    let row = dy;
    for (let tile = 0; tile < tiles; tile++) {
      total = f32x4.add(total, f32x4.add(v128.load(row), v128.load(row, VECTOR)));
      row += dyStride;
    }
    store<f32>(dbias, sum(total));
    dbias += 4;
    dy += ROW;
  }
}

/** Gradients of weights and biases, in their layout, over all tiles of a batch. */
export function denseGradients(
  x: usize,
  xStride: usize,
  inputs: i32,
  dy: usize,
  dyStride: usize,
  outputs: i32,
  tiles: i32,
  gradients: usize,
): void {
  const dwStride = bytesOf(outputs);
  biasGradient(dy, dyStride, outputs, tiles, gradients + <usize>inputs * dwStride);
  let left = outputs;
  for (; left >= 4; left -= 4) {
    gradientColumns(4, x, xStride, inputs, dy, dyStride, tiles, gradients, dwStride);
    dy += 4 * ROW;
    gradients += 16;
  }
  if (left >= 2) {
    gradientColumns(2, x, xStride, inputs, dy, dyStride, tiles, gradients, dwStride);
    dy += 2 * ROW;
    gradients += 8;
    left -= 2;
  }
  if (left) gradientColumns(1, x, xStride, inputs, dy, dyStride, tiles, gradients, dwStride);
}
