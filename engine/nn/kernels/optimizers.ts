/**
 * The seven optimisers, one pass over all parameters each, with Keras's default constants. `first` and `second` are the
 * two state buffers. Formulas: engine/nn/optimizers.ts, the readable version that tests compare this one with.
 * Numbers follow the order of `optimizers` in engine/types.ts.
 */
import { larger, multiplyAdd, splat, VECTOR } from './vector';

export const enum OptimizerKind {
  Rmsprop,
  Adam,
  Sgd,
  Adagrad,
  Adadelta,
  Adamax,
  Nadam,
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const RHO_RMSPROP = 0.9;
const RHO_ADADELTA = 0.95;
const ADAGRAD_START: f32 = 0.1;
const EPSILON: f32 = 1e-7;
const NADAM_DECAY = 0.96;

/** Lives as long as the network that it updates. Buffers hold whole vectors; `bytes` is their size. */
@unmanaged
export class Optimizer {
  kind: i32;
  bytes: usize;
  weights: usize;
  gradients: usize;
  first: usize;
  second: usize;
  /** Powers of the decay rates at the current step, and Nadam's product of momenta. */
  beta1Power: f64;
  beta2Power: f64;
  nadamPower: f64;
  momentumProduct: f64;
}

export function resetOptimizer(o: Optimizer): void {
  o.beta1Power = 1;
  o.beta2Power = 1;
  o.nadamPower = 1;
  o.momentumProduct = 1;
  memory.fill(o.second, 0, o.bytes);
  memory.fill(o.first, 0, o.bytes);
  if (o.kind != OptimizerKind.Adagrad) return;
  for (let at: usize = 0; at < o.bytes; at += VECTOR) v128.store(o.second + at, splat(ADAGRAD_START));
}

/** decay * average + (1 - decay) * value */
// @ts-ignore: decorator
@inline
function average(decay: f64, old: v128, value: v128): v128 {
  return multiplyAdd(old, splat(<f32>decay), f32x4.mul(value, splat(<f32>(1 - decay))));
}

/** Takes `step` away from the parameters at `at`. */
// @ts-ignore: decorator
@inline
function subtract(o: Optimizer, at: usize, step: v128): void {
  v128.store(o.weights + at, f32x4.sub(v128.load(o.weights + at), step));
}

function sgd(o: Optimizer, rate: f32): void {
  for (let at: usize = 0; at < o.bytes; at += VECTOR) {
    subtract(o, at, f32x4.mul(v128.load(o.gradients + at), splat(rate)));
  }
}

function rmsprop(o: Optimizer, rate: f32): void {
  for (let at: usize = 0; at < o.bytes; at += VECTOR) {
    const g = v128.load(o.gradients + at);
    const v = average(RHO_RMSPROP, v128.load(o.second + at), f32x4.mul(g, g));
    v128.store(o.second + at, v);
    subtract(o, at, f32x4.div(f32x4.mul(g, splat(rate)), f32x4.sqrt(f32x4.add(v, splat(EPSILON)))));
  }
}

function adagrad(o: Optimizer, rate: f32): void {
  for (let at: usize = 0; at < o.bytes; at += VECTOR) {
    const g = v128.load(o.gradients + at);
    const v = multiplyAdd(g, g, v128.load(o.second + at));
    v128.store(o.second + at, v);
    subtract(o, at, f32x4.div(f32x4.mul(g, splat(rate)), f32x4.sqrt(f32x4.add(v, splat(EPSILON)))));
  }
}

function adadelta(o: Optimizer, rate: f32): void {
  for (let at: usize = 0; at < o.bytes; at += VECTOR) {
    const g = v128.load(o.gradients + at);
    const moves = v128.load(o.first + at);
    const v = average(RHO_ADADELTA, v128.load(o.second + at), f32x4.mul(g, g));
    v128.store(o.second + at, v);
    const ratio = f32x4.div(f32x4.add(moves, splat(EPSILON)), f32x4.add(v, splat(EPSILON)));
    const move = f32x4.mul(f32x4.sqrt(ratio), g);
    v128.store(o.first + at, average(RHO_ADADELTA, moves, f32x4.mul(move, move)));
    subtract(o, at, f32x4.mul(move, splat(rate)));
  }
}

function adam(o: Optimizer, rate: f32): void {
  const step = splat(<f32>(<f64>rate / (1 - o.beta1Power)));
  const scale = splat(<f32>(1 / Math.sqrt(1 - o.beta2Power)));
  for (let at: usize = 0; at < o.bytes; at += VECTOR) {
    const g = v128.load(o.gradients + at);
    const m = average(BETA1, v128.load(o.first + at), g);
    const v = average(BETA2, v128.load(o.second + at), f32x4.mul(g, g));
    v128.store(o.first + at, m);
    v128.store(o.second + at, v);
    subtract(o, at, f32x4.div(f32x4.mul(m, step), multiplyAdd(f32x4.sqrt(v), scale, splat(EPSILON))));
  }
}

function adamax(o: Optimizer, rate: f32): void {
  const step = splat(<f32>(<f64>rate / (1 - o.beta1Power)));
  for (let at: usize = 0; at < o.bytes; at += VECTOR) {
    const g = v128.load(o.gradients + at);
    const m = average(BETA1, v128.load(o.first + at), g);
    const norm = larger(f32x4.mul(v128.load(o.second + at), splat(<f32>BETA2)), f32x4.abs(g));
    v128.store(o.first + at, m);
    v128.store(o.second + at, norm);
    subtract(o, at, f32x4.div(f32x4.mul(m, step), f32x4.add(norm, splat(EPSILON))));
  }
}

function nadam(o: Optimizer, rate: f32): void {
  o.nadamPower *= NADAM_DECAY;
  const momentum = BETA1 * (1 - 0.5 * o.nadamPower);
  const nextMomentum = BETA1 * (1 - 0.5 * o.nadamPower * NADAM_DECAY);
  o.momentumProduct *= momentum;
  const stepM = splat(<f32>((<f64>rate * nextMomentum) / (1 - o.momentumProduct * nextMomentum)));
  const stepG = splat(<f32>((<f64>rate * (1 - momentum)) / (1 - o.momentumProduct)));
  const scale = splat(<f32>(1 / Math.sqrt(1 - o.beta2Power)));
  for (let at: usize = 0; at < o.bytes; at += VECTOR) {
    const g = v128.load(o.gradients + at);
    const m = average(BETA1, v128.load(o.first + at), g);
    const v = average(BETA2, v128.load(o.second + at), f32x4.mul(g, g));
    v128.store(o.first + at, m);
    v128.store(o.second + at, v);
    const ahead = multiplyAdd(m, stepM, f32x4.mul(g, stepG));
    subtract(o, at, f32x4.div(ahead, multiplyAdd(f32x4.sqrt(v), scale, splat(EPSILON))));
  }
}

/** One update of all parameters from `gradients`. */
export function step(o: Optimizer, learningRate: f32): void {
  o.beta1Power *= BETA1;
  o.beta2Power *= BETA2;
  switch (o.kind) {
    case OptimizerKind.Rmsprop:
      return rmsprop(o, learningRate);
    case OptimizerKind.Adam:
      return adam(o, learningRate);
    case OptimizerKind.Sgd:
      return sgd(o, learningRate);
    case OptimizerKind.Adagrad:
      return adagrad(o, learningRate);
    case OptimizerKind.Adadelta:
      return adadelta(o, learningRate);
    case OptimizerKind.Adamax:
      return adamax(o, learningRate);
    default:
      return nadam(o, learningRate);
  }
}
