/**
 * The layers of a convolutional network in double precision, forward and backward side by side, as their formulas say
 * it. Maps are (samples N, height H, width W, channels C), channels fastest, as in Keras. What is returned is new; what
 * is given is left alone.
 */

/** Feature maps of a batch: values[((n * height + y) * width + x) * channels + c] */
export interface Maps {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float64Array;
}

export function mapsOf(shape: Omit<Maps, 'values'>): Maps {
  const { count, height, width, channels } = shape;
  return { count, height, width, channels, values: new Float64Array(count * height * width * channels) };
}

/** As many maps of another size or number. */
const reshaped = (maps: Maps, changes: Partial<Omit<Maps, 'values'>>): Maps => mapsOf({ ...maps, ...changes });

const withValues = (maps: Maps, values: Float64Array): Maps => ({ ...maps, values });

/**
 * Calls `visit` with the offsets of every product of a same-padded convolution: of x[.., 0], of w[ky, kx, 0, 0], of
 * y[.., 0].
 */
function forEachTap(
  x: Maps,
  filters: number,
  kernel: number,
  visit: (xAt: number, wAt: number, yAt: number) => void,
): void {
  const pad = (kernel - 1) / 2;
  for (let n = 0; n < x.count; n++) {
    for (let row = 0; row < x.height; row++) {
      for (let column = 0; column < x.width; column++) {
        const yAt = ((n * x.height + row) * x.width + column) * filters;
        for (let ky = 0; ky < kernel; ky++) {
          for (let kx = 0; kx < kernel; kx++) {
            const [fromRow, fromColumn] = [row + ky - pad, column + kx - pad];
            if (fromRow < 0 || fromRow >= x.height || fromColumn < 0 || fromColumn >= x.width) continue;
            const xAt = ((n * x.height + fromRow) * x.width + fromColumn) * x.channels;
            visit(xAt, (ky * kernel + kx) * x.channels * filters, yAt);
          }
        }
      }
    }
  }
}

/** y[n,r,q,f] = sum over ky, kx, c of x[n,r+ky-p,q+kx-p,c] * w[ky,kx,c,f], 0 outside the image.  w: (K,K,C,F) */
export function convolutionForward(x: Maps, w: Float64Array, kernel: number): Maps {
  const filters = w.length / (kernel * kernel * x.channels);
  const y = reshaped(x, { channels: filters });
  forEachTap(x, filters, kernel, (xAt, wAt, yAt) => {
    for (let c = 0; c < x.channels; c++) {
      const value = x.values[xAt + c]!;
      for (let f = 0; f < filters; f++) y.values[yAt + f]! += value * w[wAt + c * filters + f]!;
    }
  });
  return y;
}

/** dx and dw, from dy = dL/dy. */
export function convolutionBackward(
  x: Maps,
  w: Float64Array,
  kernel: number,
  dy: Maps,
): { dx: Maps; dw: Float64Array } {
  const filters = dy.channels;
  const dx = reshaped(x, {});
  const dw = new Float64Array(w.length);
  forEachTap(x, filters, kernel, (xAt, wAt, yAt) => {
    for (let c = 0; c < x.channels; c++) {
      for (let f = 0; f < filters; f++) {
        const gradient = dy.values[yAt + f]!;
        dx.values[xAt + c]! += gradient * w[wAt + c * filters + f]!;
        dw[wAt + c * filters + f]! += gradient * x.values[xAt + c]!;
      }
    }
  });
  return { dx, dw };
}

/** Keras's constant, added to variances. */
export const normalizationEpsilon = 1e-3;
/** What a running mean or variance keeps of itself at each update; Keras's constant. */
export const runningMomentum = 0.99;

/** One mean and one variance per channel. */
export interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Mean and (biased) variance of each channel over samples and pixels. */
export function momentsOf(x: Maps): Moments {
  const { channels, values } = x;
  const pixels = values.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let k = 0; k < values.length; k++) mean[k % channels]! += values[k]! / pixels;
  for (let k = 0; k < values.length; k++) variance[k % channels]! += (values[k]! - mean[k % channels]!) ** 2 / pixels;
  return { mean, variance };
}

export interface Affine {
  readonly gamma: Float64Array;
  readonly beta: Float64Array;
}

/** y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, channel by channel */
export function normalizationForward(x: Maps, { mean, variance }: Moments, { gamma, beta }: Affine): Maps {
  const y = x.values.map((value, k) => {
    const c = k % x.channels;
    return (gamma[c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + normalizationEpsilon) + beta[c]!;
  });
  return withValues(x, y);
}

/**
 * Gradients through a normalisation whose moments are those of x itself. With xhat the normalised x and M a channel's
 * mean over samples and pixels: dx = gamma / sqrt(variance + epsilon) * (dy - M(dy) - xhat * M(dy * xhat)).
 */
export function normalizationBackward(
  x: Maps,
  { mean, variance }: Moments,
  { gamma }: Affine,
  dy: Maps,
): { dx: Maps; dgamma: Float64Array; dbeta: Float64Array } {
  const { channels } = x;
  const pixels = x.values.length / channels;
  const inverse = variance.map((value) => 1 / Math.sqrt(value + normalizationEpsilon));
  const normalized = x.values.map((value, k) => (value - mean[k % channels]!) * inverse[k % channels]!);
  const dgamma = new Float64Array(channels);
  const dbeta = new Float64Array(channels);
  for (let k = 0; k < x.values.length; k++) {
    dgamma[k % channels]! += dy.values[k]! * normalized[k]!;
    dbeta[k % channels]! += dy.values[k]!;
  }
  const dx = dy.values.map((gradient, k) => {
    const c = k % channels;
    return gamma[c]! * inverse[c]! * (gradient - dbeta[c]! / pixels - (normalized[k]! * dgamma[c]!) / pixels);
  });
  return { dx: withValues(x, dx), dgamma, dbeta };
}

/** y = f(x) for each value. */
export const mapForward = (x: Maps, value: (x: number) => number): Maps => withValues(x, x.values.map(value));

/** dx = dy * f'(x) for each value. */
export function mapBackward(x: Maps, slope: (x: number) => number, dy: Maps): Maps {
  return withValues(
    x,
    dy.values.map((gradient, k) => gradient * slope(x.values[k]!)),
  );
}

/** y = x * scale, value by value: dropout, whose scale is 0 or 1 / (1 - rate). Its gradient is the same product. */
export function scaleBy(x: Maps, scale: Float64Array): Maps {
  return withValues(
    x,
    x.values.map((value, k) => value * scale[k]!),
  );
}

/** The maps of a, then those of b. */
export function concatenateForward(a: Maps, b: Maps): Maps {
  const y = reshaped(a, { channels: a.channels + b.channels });
  for (let pixel = 0; pixel * y.channels < y.values.length; pixel++) {
    y.values.set(a.values.subarray(pixel * a.channels, (pixel + 1) * a.channels), pixel * y.channels);
    y.values.set(b.values.subarray(pixel * b.channels, (pixel + 1) * b.channels), pixel * y.channels + a.channels);
  }
  return y;
}

/** The first `channels` maps of dy, and the rest. */
export function concatenateBackward(dy: Maps, channels: number): { da: Maps; db: Maps } {
  const da = reshaped(dy, { channels });
  const db = reshaped(dy, { channels: dy.channels - channels });
  for (let pixel = 0; pixel * dy.channels < dy.values.length; pixel++) {
    const own = dy.values.subarray(pixel * dy.channels, (pixel + 1) * dy.channels);
    da.values.set(own.subarray(0, channels), pixel * da.channels);
    db.values.set(own.subarray(channels), pixel * db.channels);
  }
  return { da, db };
}

/** Calls `visit` with the offset in y of each mean, and of the four values in x that it is of. */
function forEachPool(x: Maps, visit: (yAt: number, xAts: readonly number[]) => void): Maps {
  const y = reshaped(x, { height: Math.floor(x.height / 2), width: Math.floor(x.width / 2) });
  const xAt = (n: number, row: number, column: number, c: number) =>
    ((n * x.height + row) * x.width + column) * x.channels + c;
  for (let yAt = 0; yAt < y.values.length; yAt++) {
    const c = yAt % y.channels;
    const column = 2 * (Math.floor(yAt / y.channels) % y.width);
    const row = 2 * (Math.floor(yAt / (y.channels * y.width)) % y.height);
    const n = Math.floor(yAt / (y.channels * y.width * y.height));
    visit(yAt, [
      xAt(n, row, column, c),
      xAt(n, row, column + 1, c),
      xAt(n, row + 1, column, c),
      xAt(n, row + 1, column + 1, c),
    ]);
  }
  return y;
}

/** Means of 2x2 pixels. An odd last row or column has no part in any. */
export function averagePoolForward(x: Maps): Maps {
  const means: number[] = [];
  const y = forEachPool(x, (_, ats) => means.push(ats.reduce((sum, at) => sum + x.values[at]!, 0) / 4));
  return withValues(y, Float64Array.from(means));
}

export function averagePoolBackward(x: Maps, dy: Maps): Maps {
  const dx = reshaped(x, {});
  forEachPool(x, (yAt, ats) => {
    for (const at of ats) dx.values[at] = dy.values[yAt]! / 4;
  });
  return dx;
}

/** The largest value of each map, (N,C), and where it is in x: the first of equal ones. */
export function globalMaxPoolForward(x: Maps): { y: Float64Array; at: Int32Array } {
  const { count, height, width, channels, values } = x;
  const y = new Float64Array(count * channels).fill(Number.NEGATIVE_INFINITY);
  const at = new Int32Array(count * channels);
  const sampleLength = height * width * channels;
  for (let k = 0; k < values.length; k++) {
    const own = Math.floor(k / sampleLength) * channels + (k % channels);
    // A NaN wins and stays: a diverged network must show it.
    if (values[k]! <= y[own]! || Number.isNaN(y[own])) continue;
    y[own] = values[k]!;
    at[own] = k;
  }
  return { y, at };
}

export function globalMaxPoolBackward(x: Maps, at: Int32Array, dy: Float64Array): Maps {
  const dx = reshaped(x, {});
  at.forEach((k, own) => {
    dx.values[k] = dy[own]!;
  });
  return dx;
}
