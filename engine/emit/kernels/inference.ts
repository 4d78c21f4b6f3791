/**
 * AssemblyScript: one dense layer of a multi-layer perceptron, for up to 128 samples, vectorised across samples, or for one.
 *
 * The generated code drives it: it lays memory out from address 0 (this module keeps no data of its own),
 * writes the network's weights once, and calls `layer` once per layer and block of samples. Their activations are stored
 * feature-major: value k of sample s is at k * 512 + s * 4, so that four samples make one vector.
 * Plain SIMD only, and small, because it travels inside every generated file: synchronous compilation is allowed on a
 * browser's main thread below 4 kB.
 */
import { activate } from './activate';

export { limit, sp0, sp1, sp2, sp3, sp4, sp5, sq0, sq1, sq2, sq3, sq4, sq5, tp0, tp1, tp2, tp3, tp4, tq0, tq1, tq2, tq3, unit } from './activate';

/** Bytes from one feature to the next: 128 samples of four bytes. */
const stride: usize = 512;

/**
 * y[o,s] = activation(sum_i w[i,o] * x[i,s] + bias[o]).  x: (I,128)  w: (I,O) then bias (O)  y: (O,128)
 * `samples` is rounded up to eight. `activation` is an index into `activations` of engine/types.ts; 6 is linear.
 */
export function layer(
  x: usize,
  w: usize,
  y: usize,
  inputs: usize,
  outputs: usize,
  samples: usize,
  activation: i32,
): void {
  const row = outputs << 2;
  const bias = w + inputs * row;
  const end = ((samples + 7) & ~7) << 2;
  for (let s: usize = 0; s < end; s += 32) {
    let o: usize = 0;
    for (; o + 16 <= row; o += 16) fourOutputs(x + s, w + o, bias + o, y + (o >> 2) * stride + s, inputs, row);
    for (; o < row; o += 4) oneOutput(x + s, w + o, bias + o, y + (o >> 2) * stride + s, inputs, row);
  }
  for (let o: usize = 0; o < outputs; o++, y += stride) activate(y, y + end, activation);
}

/**
 * As `layer` for one sample, vectorised across outputs: y[o] = activation(sum_i x[i] * w[i,o] + bias[o]).  x: (I)  y: (O)
 * Vectors may reach up to seven values past the weights and past y.
 */
export function single(x: usize, w: usize, y: usize, inputs: usize, outputs: usize, activation: i32): void {
  const row = outputs << 2;
  const bias = w + inputs * row;
  const last = x + (inputs << 2);
  if (outputs === 1) {
    dot(x, w, y, last, bias);
  } else {
    let o: usize = 0;
    for (; o + 32 < row; o += 64) wide(x, w + o, bias + o, y + o, last, row);
    for (; o < row; o += 32) narrow(x, w + o, bias + o, y + o, last, row);
  }
  activate(y, y + row, activation);
}

/** Sixteen outputs. */
function wide(x: usize, w: usize, bias: usize, y: usize, last: usize, row: usize): void {
  let a = v128.load(bias);
  let b = v128.load(bias, 16);
  let c = v128.load(bias, 32);
  let d = v128.load(bias, 48);
  for (; x < last; x += 4) {
    const value = v128.load32_splat(x);
    a = f32x4.add(a, f32x4.mul(value, v128.load(w)));
    b = f32x4.add(b, f32x4.mul(value, v128.load(w, 16)));
    c = f32x4.add(c, f32x4.mul(value, v128.load(w, 32)));
    d = f32x4.add(d, f32x4.mul(value, v128.load(w, 48)));
    w += row;
  }
  v128.store(y, a);
  v128.store(y, b, 16);
  v128.store(y, c, 32);
  v128.store(y, d, 48);
}

/** Eight outputs, the inputs in two halves of even and odd ones, so that sums do not wait for each other. */
function narrow(x: usize, w: usize, bias: usize, y: usize, last: usize, row: usize): void {
  let a = v128.load(bias);
  let b = v128.load(bias, 16);
  let c = f32x4.splat(0);
  let d = c;
  for (; x + 4 < last; x += 8) {
    let value = v128.load32_splat(x);
    a = f32x4.add(a, f32x4.mul(value, v128.load(w)));
    b = f32x4.add(b, f32x4.mul(value, v128.load(w, 16)));
    w += row;
    value = v128.load32_splat(x, 4);
    c = f32x4.add(c, f32x4.mul(value, v128.load(w)));
    d = f32x4.add(d, f32x4.mul(value, v128.load(w, 16)));
    w += row;
  }
  if (x < last) {
    const value = v128.load32_splat(x);
    a = f32x4.add(a, f32x4.mul(value, v128.load(w)));
    b = f32x4.add(b, f32x4.mul(value, v128.load(w, 16)));
  }
  v128.store(y, f32x4.add(a, c));
  v128.store(y, f32x4.add(b, d), 16);
}

/** One output, whose weights lie side by side. */
function dot(x: usize, w: usize, y: usize, last: usize, bias: usize): void {
  let a = f32x4.splat(0);
  for (; x + 16 <= last; x += 16) {
    a = f32x4.add(a, f32x4.mul(v128.load(x), v128.load(w)));
    w += 16;
  }
  let sum = f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3);
  for (; x < last; x += 4) {
    sum += load<f32>(x) * load<f32>(w);
    w += 4;
  }
  store<f32>(y, sum + load<f32>(bias));
}

/** A register block: four outputs of eight samples stay in registers while the inputs stream by. */
function fourOutputs(x: usize, w: usize, bias: usize, y: usize, inputs: usize, row: usize): void {
  let a0 = v128.load32_splat(bias);
  let b0 = v128.load32_splat(bias, 4);
  let c0 = v128.load32_splat(bias, 8);
  let d0 = v128.load32_splat(bias, 12);
  let a1 = a0;
  let b1 = b0;
  let c1 = c0;
  let d1 = d0;
  for (; inputs > 0; inputs--) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const a = v128.load32_splat(w);
    a0 = f32x4.add(a0, f32x4.mul(a, x0));
    a1 = f32x4.add(a1, f32x4.mul(a, x1));
    const b = v128.load32_splat(w, 4);
    b0 = f32x4.add(b0, f32x4.mul(b, x0));
    b1 = f32x4.add(b1, f32x4.mul(b, x1));
    const c = v128.load32_splat(w, 8);
    c0 = f32x4.add(c0, f32x4.mul(c, x0));
    c1 = f32x4.add(c1, f32x4.mul(c, x1));
    const d = v128.load32_splat(w, 12);
    d0 = f32x4.add(d0, f32x4.mul(d, x0));
    d1 = f32x4.add(d1, f32x4.mul(d, x1));
    x += stride;
    w += row;
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
  v128.store(y, b0, stride);
  v128.store(y, b1, stride + 16);
  v128.store(y, c0, stride * 2);
  v128.store(y, c1, stride * 2 + 16);
  v128.store(y, d0, stride * 3);
  v128.store(y, d1, stride * 3 + 16);
}

function oneOutput(x: usize, w: usize, bias: usize, y: usize, inputs: usize, row: usize): void {
  let a0 = v128.load32_splat(bias);
  let a1 = a0;
  for (; inputs > 0; inputs--) {
    const a = v128.load32_splat(w);
    a0 = f32x4.add(a0, f32x4.mul(a, v128.load(x)));
    a1 = f32x4.add(a1, f32x4.mul(a, v128.load(x, 16)));
    x += stride;
    w += row;
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
}
