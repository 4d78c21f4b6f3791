/**
 * AssemblyScript: one dense layer of a multi-layer perceptron for up to 128 samples, vectorised across samples.
 *
 * The generated batch function drives it: it lays memory out from address 0 (this module keeps no data of its own),
 * writes the network's weights once, and calls `layer` once per layer and block of samples. Activations are stored
 * feature-major: value k of sample s is at k * 512 + s * 4, so that four samples make one vector.
 * Plain SIMD only, and small, because it travels inside every generated file: synchronous compilation is allowed on a
 * browser's main thread below 4 kB.
 */
import { activate } from './activate';

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
