/**
 * The eight hidden activations over the rows of a tile. Numbers follow the order of `activations` in engine/types.ts.
 * Derivatives are computed from the output y, because only that is kept between the forward and the backward pass.
 */
import {
  expMinusOneOfNegative,
  expOfNegative,
  larger,
  logOnePlus,
  multiplyAdd,
  select,
  smaller,
  splat,
  tanh,
  VECTOR,
} from './vector';

export const enum Activation {
  HardSigmoid,
  Relu,
  Elu,
  Tanh,
  Sigmoid,
  Softplus,
  Linear,
  Selu,
}

const SELU_SCALE: f32 = 1.0507009873554805;
const SELU_SCALE_ALPHA: f32 = 1.7580993408473766;

// @ts-ignore: decorator
@inline
function isPositive(x: v128): v128 {
  return f32x4.gt(x, splat(0));
}

/** The activation of x. Only with a constant `kind` does the compiler fold the choice away. */
// @ts-ignore: decorator
@inline
export function value(kind: i32, x: v128): v128 {
  const zero = splat(0);
  const one = splat(1);
  switch (kind) {
    case Activation.HardSigmoid:
      return smaller(larger(multiplyAdd(x, splat(0.2), splat(0.5)), zero), one);
    case Activation.Relu:
      return larger(x, zero);
    case Activation.Elu:
      return select(isPositive(x), x, expMinusOneOfNegative(x));
    case Activation.Tanh:
      return tanh(x);
    case Activation.Sigmoid: {
      // The exponent is never positive, so that neither side overflows; e / (1 + e) keeps small results exact.
      const e = expOfNegative(f32x4.neg(f32x4.abs(x)));
      return f32x4.div(select(isPositive(x), one, e), f32x4.add(one, e));
    }
    case Activation.Softplus:
      return f32x4.add(larger(x, zero), logOnePlus(expOfNegative(f32x4.neg(f32x4.abs(x)))));
    case Activation.Selu:
      return select(
        isPositive(x),
        f32x4.mul(x, splat(SELU_SCALE)),
        f32x4.mul(expMinusOneOfNegative(x), splat(SELU_SCALE_ALPHA)),
      );
    default:
      return x;
  }
}

/** The derivative at x, given the output y. */
// @ts-ignore: decorator
@inline
export function slope(kind: i32, y: v128): v128 {
  const zero = splat(0);
  const one = splat(1);
  switch (kind) {
    case Activation.HardSigmoid:
      return v128.and(splat(0.2), v128.and(isPositive(y), f32x4.lt(y, one)));
    case Activation.Relu:
      return v128.and(one, isPositive(y));
    case Activation.Elu:
      return select(isPositive(y), one, f32x4.add(y, one));
    case Activation.Tanh:
      return f32x4.sub(one, f32x4.mul(y, y));
    case Activation.Sigmoid:
      return f32x4.mul(y, f32x4.sub(one, y));
    case Activation.Softplus:
      // y = ln(1 + e^x), so the sigmoid of x is 1 - e^-y.
      return f32x4.sub(zero, expMinusOneOfNegative(f32x4.neg(y)));
    case Activation.Selu:
      return select(isPositive(y), splat(SELU_SCALE), f32x4.add(y, splat(SELU_SCALE_ALPHA)));
    default:
      return one;
  }
}

// @ts-ignore: decorator
@inline
function applyTo(kind: i32, rows: usize, bytes: usize): void {
  for (const end = rows + bytes; rows < end; rows += VECTOR) v128.store(rows, value(kind, v128.load(rows)));
}

// @ts-ignore: decorator
@inline
function multiplyBySlope(kind: i32, gradients: usize, outputs: usize, bytes: usize): void {
  for (const end = outputs + bytes; outputs < end; outputs += VECTOR) {
    v128.store(gradients, f32x4.mul(v128.load(gradients), slope(kind, v128.load(outputs))));
    gradients += VECTOR;
  }
}

/** Replaces x by the activation of x. One loop per activation: the compiler folds the inner choice away. */
export function activate(kind: i32, rows: usize, bytes: usize): void {
  switch (kind) {
    case Activation.HardSigmoid:
      return applyTo(Activation.HardSigmoid, rows, bytes);
    case Activation.Relu:
      return applyTo(Activation.Relu, rows, bytes);
    case Activation.Elu:
      return applyTo(Activation.Elu, rows, bytes);
    case Activation.Tanh:
      return applyTo(Activation.Tanh, rows, bytes);
    case Activation.Sigmoid:
      return applyTo(Activation.Sigmoid, rows, bytes);
    case Activation.Softplus:
      return applyTo(Activation.Softplus, rows, bytes);
    case Activation.Selu:
      return applyTo(Activation.Selu, rows, bytes);
  }
}

/** Turns dL/dy into dL/dx, given the outputs y. */
export function activateBackward(kind: i32, gradients: usize, outputs: usize, bytes: usize): void {
  switch (kind) {
    case Activation.HardSigmoid:
      return multiplyBySlope(Activation.HardSigmoid, gradients, outputs, bytes);
    case Activation.Relu:
      return multiplyBySlope(Activation.Relu, gradients, outputs, bytes);
    case Activation.Elu:
      return multiplyBySlope(Activation.Elu, gradients, outputs, bytes);
    case Activation.Tanh:
      return multiplyBySlope(Activation.Tanh, gradients, outputs, bytes);
    case Activation.Sigmoid:
      return multiplyBySlope(Activation.Sigmoid, gradients, outputs, bytes);
    case Activation.Softplus:
      return multiplyBySlope(Activation.Softplus, gradients, outputs, bytes);
    case Activation.Selu:
      return multiplyBySlope(Activation.Selu, gradients, outputs, bytes);
  }
}
