/** AssemblyScript: the hidden activations, four float32 values at a time; both kernels of generated code use them. */

/**
 * Replaces the values in [from, to) by their activation, four at a time: up to three beyond `to` are overwritten.
 * `activation` is an index into `activations` of engine/types.ts; 6 is linear. NaN stays: `pmin` and `pmax` keep one in
 * their first argument.
 */
export function activate(from: usize, to: usize, activation: i32): void {
  if (activation === 6) return;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const half = f32x4.splat(0.5);
  for (; from < to; from += 16) {
    const z = v128.load(from);
    let h = z;
    if (activation === 0) h = f32x4.pmin(f32x4.pmax(f32x4.add(f32x4.mul(f32x4.splat(0.2), z), half), zero), one);
    else if (activation === 1) h = f32x4.pmax(z, zero);
    else if (activation === 5) h = softplus(z);
    else if (activation === 3) h = tanh(z, false);
    else if (activation === 4) h = f32x4.add(half, f32x4.mul(half, tanh(f32x4.mul(half, z), false)));
    else {
      // elu and selu: positive values pass, negative ones become alpha * (exp(z) - 1); selu scales both.
      h = tanh(f32x4.mul(half, f32x4.pmin(z, zero)), true);
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
  const z = f32x4.pmin(f32x4.pmax(value, f32x4.splat(-8.4)), f32x4.splat(8.4));
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
  const u = f32x4.pmin(f32x4.abs(z), f32x4.splat(17));
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
  return f32x4.add(f32x4.pmax(z, f32x4.splat(0)), f32x4.div(p, q));
}
