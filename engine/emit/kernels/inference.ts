/**
 * AssemblyScript: one dense layer of a multi-layer perceptron for up to 128 samples, vectorised across samples.
 *
 * The generated batch function drives it: it lays memory out from address 0 (this module keeps no data of its own),
 * writes the network's weights once, and calls `layer` once per layer and block of samples. Activations are stored
 * feature-major: value k of sample s is at k * 512 + s * 4, so that four samples make one vector.
 * Plain SIMD only, and small, because it travels inside every generated file: synchronous compilation is allowed on a
 * browser's main thread below 4 kB.
 */

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

/** Replaces the values in [from, to) by their activation. */
function activate(from: usize, to: usize, activation: i32): void {
  if (activation === 6) return;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const half = f32x4.splat(0.5);
  for (; from < to; from += 16) {
    const z = v128.load(from);
    let h = z;
    if (activation === 0) h = f32x4.pmin(one, f32x4.pmax(zero, f32x4.add(f32x4.mul(f32x4.splat(0.2), z), half)));
    else if (activation === 1) h = f32x4.pmax(zero, z);
    else if (activation === 5) h = softplus(z);
    else if (activation === 3) h = tanh(z, false);
    else if (activation === 4) h = f32x4.add(half, f32x4.mul(half, tanh(f32x4.mul(half, z), false)));
    else {
      // elu and selu: positive values pass, negative ones become alpha * (exp(z) - 1); selu scales both.
      h = tanh(f32x4.mul(half, f32x4.pmin(zero, z)), true);
      if (activation === 7) h = f32x4.mul(f32x4.splat(1.6732632423543772), h);
      h = v128.bitselect(z, h, f32x4.gt(z, zero));
      if (activation === 7) h = f32x4.mul(f32x4.splat(1.0507009873554805), h);
    }
    v128.store(from, h);
  }
}

/** a * s + b. */
function step(a: v128, s: v128, b: f32): v128 {
  return f32x4.add(f32x4.mul(a, s), f32x4.splat(b));
}

/**
 * tanh(z) = z P(z²) / Q(z²), the least maximum error on [-8.4, 8.4]: 1.2e-8 before rounding to float32.
 * With `exponential` it answers exp(2z) - 1 = 2 z P / (Q - z P) instead, for z <= 0, where nothing cancels.
 */
function tanh(value: v128, exponential: bool): v128 {
  const z = f32x4.pmin(f32x4.splat(8.4), f32x4.pmax(f32x4.splat(-8.4), value));
  const s = f32x4.mul(z, z);
  let p = step(f32x4.splat(1.42880414e-8), s, 2.12518686e-5);
  p = step(p, s, 0.00353356419);
  p = step(p, s, 0.134126885);
  p = f32x4.mul(step(p, s, 0.999999951), z);
  let q = step(f32x4.splat(8.14896265e-7), s, 0.000334846403);
  q = step(q, s, 0.0260204716);
  q = step(q, s, 0.467460022);
  q = step(q, s, 1);
  if (exponential) {
    q = f32x4.sub(q, p);
    p = f32x4.add(p, p);
  }
  return f32x4.div(p, q);
}

/** log(1 + exp(z)) = max(z, 0) + R(|z|), R the least maximum error of log(1 + exp(-u)) on [0, 17]: 1.8e-8; 0 beyond. */
function softplus(z: v128): v128 {
  const u = f32x4.pmin(f32x4.splat(17), f32x4.abs(z));
  let p = step(f32x4.splat(-7.91108263e-7), u, 5.85819344e-5);
  p = step(p, u, -0.00176490917);
  p = step(p, u, 0.0271428079);
  p = step(p, u, -0.213876588);
  p = step(p, u, 0.693147164);
  let q = step(f32x4.splat(8.51774728e-5), u, 0.000344017364);
  q = step(q, u, 0.00540815233);
  q = step(q, u, 0.0359063882);
  q = step(q, u, 0.156602169);
  q = step(q, u, 0.412787229);
  q = step(q, u, 1);
  return f32x4.add(f32x4.pmax(f32x4.splat(0), z), f32x4.div(p, q));
}
