/**
 * AssemblyScript: the hidden activations, four float32 values at a time, for convolutional networks; the modules of
 * perceptrons have the same steps from ../activationSteps.
 */

/**
 * Coefficients of tanh, and of softplus below, highest degrees first. The kernel exports them, because the compiler takes
 * variables that others may write for variables: constants it would write into each use, and V8 makes a constant vector
 * anew wherever it is used, three instructions each time.
 */
export let tp0: f32 = 1.42880414e-8;
export let tp1: f32 = 2.12518686e-5;
export let tp2: f32 = 0.00353356419;
export let tp3: f32 = 0.134126885;
export let tp4: f32 = 0.999999951;
export let tq0: f32 = 8.14896265e-7;
export let tq1: f32 = 0.000334846403;
export let tq2: f32 = 0.0260204716;
export let tq3: f32 = 0.467460022;
export let sp0: f32 = -7.91108263e-7;
export let sp1: f32 = 5.85819344e-5;
export let sp2: f32 = -0.00176490917;
export let sp3: f32 = 0.0271428079;
export let sp4: f32 = -0.213876588;
export let sp5: f32 = 0.693147164;
export let sq0: f32 = 8.51774728e-5;
export let sq1: f32 = 0.000344017364;
export let sq2: f32 = 0.00540815233;
export let sq3: f32 = 0.0359063882;
export let sq4: f32 = 0.156602169;
export let sq5: f32 = 0.412787229;
export let unit: f32 = 1;
export let limit: f32 = 8.4;

/**
 * Replaces the values in [from, to) by their activation, four at a time: up to three beyond `to` are overwritten.
 * `activation` is an index into `activations` of engine/types.ts; 6 is linear. NaN stays: `pmin` and `pmax` keep one in
 * their first argument.
 */
export function activate(from: usize, to: usize, activation: i32): void {
  if (activation === 6) return;
  const zero = f32x4.splat(0);
  if (activation === 1) {
    for (; from < to; from += 16) v128.store(from, f32x4.pmax(v128.load(from), zero));
    return;
  }
  const half = f32x4.splat(0.5);
  const one = f32x4.splat(unit);
  if (activation === 0) {
    const slope = f32x4.splat(0.2);
    for (; from < to; from += 16) {
      const h = f32x4.add(f32x4.mul(slope, v128.load(from)), half);
      v128.store(from, f32x4.pmin(f32x4.pmax(h, zero), one));
    }
    return;
  }
  if (activation === 5) return softplus(from, to);
  const p0 = f32x4.splat(tp0);
  const p1 = f32x4.splat(tp1);
  const p2 = f32x4.splat(tp2);
  const p3 = f32x4.splat(tp3);
  const p4 = f32x4.splat(tp4);
  const q0 = f32x4.splat(tq0);
  const q1 = f32x4.splat(tq1);
  const q2 = f32x4.splat(tq2);
  const q3 = f32x4.splat(tq3);
  const top = f32x4.splat(limit);
  const bottom = f32x4.neg(top);
  for (; from < to; from += 16) {
    // tanh(z) = z P(z²) / Q(z²), the least maximum error on [-8.4, 8.4]: 1.2e-8 before rounding to float32.
    const value = v128.load(from);
    let z = value;
    if (activation !== 3) {
      if (activation !== 4) z = f32x4.pmin(z, zero);
      z = f32x4.mul(half, z);
    }
    z = f32x4.pmin(f32x4.pmax(z, bottom), top);
    const s = f32x4.mul(z, z);
    let p = f32x4.add(f32x4.mul(p0, s), p1);
    let q = f32x4.add(f32x4.mul(q0, s), q1);
    p = f32x4.add(f32x4.mul(p, s), p2);
    q = f32x4.add(f32x4.mul(q, s), q2);
    p = f32x4.add(f32x4.mul(p, s), p3);
    q = f32x4.add(f32x4.mul(q, s), q3);
    p = f32x4.mul(f32x4.add(f32x4.mul(p, s), p4), z);
    q = f32x4.add(f32x4.mul(q, s), one);
    if (activation === 3) v128.store(from, f32x4.div(p, q));
    else if (activation === 4) v128.store(from, f32x4.add(half, f32x4.mul(half, f32x4.div(p, q))));
    else {
      // elu and selu: positive values pass, negative ones become alpha * (exp(z) - 1); selu scales both. exp(2z) - 1 is
      // 2 z P / (Q - z P), where nothing cancels for z <= 0.
      let h = f32x4.div(f32x4.add(p, p), f32x4.sub(q, p));
      if (activation === 7) h = f32x4.mul(f32x4.splat(1.6732632423543772), h);
      h = v128.bitselect(value, h, f32x4.gt(value, zero));
      if (activation === 7) h = f32x4.mul(f32x4.splat(1.0507009873554805), h);
      v128.store(from, h);
    }
  }
}

/** log(1 + exp(z)) = max(z, 0) + R(|z|), R the least maximum error of log(1 + exp(-u)) on [0, 17]: 1.8e-8; 0 beyond. */
function softplus(from: usize, to: usize): void {
  const p0 = f32x4.splat(sp0);
  const p1 = f32x4.splat(sp1);
  const p2 = f32x4.splat(sp2);
  const p3 = f32x4.splat(sp3);
  const p4 = f32x4.splat(sp4);
  const p5 = f32x4.splat(sp5);
  const q0 = f32x4.splat(sq0);
  const q1 = f32x4.splat(sq1);
  const q2 = f32x4.splat(sq2);
  const q3 = f32x4.splat(sq3);
  const q4 = f32x4.splat(sq4);
  const q5 = f32x4.splat(sq5);
  const one = f32x4.splat(unit);
  for (; from < to; from += 16) {
    const z = v128.load(from);
    const u = f32x4.pmin(f32x4.abs(z), f32x4.splat(17));
    let p = f32x4.add(f32x4.mul(p0, u), p1);
    let q = f32x4.add(f32x4.mul(q0, u), q1);
    p = f32x4.add(f32x4.mul(p, u), p2);
    q = f32x4.add(f32x4.mul(q, u), q2);
    p = f32x4.add(f32x4.mul(p, u), p3);
    q = f32x4.add(f32x4.mul(q, u), q3);
    p = f32x4.add(f32x4.mul(p, u), p4);
    q = f32x4.add(f32x4.mul(q, u), q4);
    p = f32x4.add(f32x4.mul(p, u), p5);
    q = f32x4.add(f32x4.mul(q, u), q5);
    q = f32x4.add(f32x4.mul(q, u), one);
    v128.store(from, f32x4.add(f32x4.pmax(z, f32x4.splat(0)), f32x4.div(p, q)));
  }
}
