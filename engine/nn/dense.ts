/** A dense layer in double precision: forward and backward, sample by sample as the formulas say it. */

/** Sizes of one product: `batch` samples B, `inputs` I, `outputs` O. All arrays are row-major. */
export interface Dense {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** y[b,o] = bias[o] + sum_i x[b,i] * w[i,o].  x: (B,I)  w: (I,O)  bias: (O)  y: (B,O), written */
export function denseForward(
  x: Float64Array,
  w: Float64Array,
  bias: Float64Array,
  y: Float64Array,
  shape: Dense,
): void {
  const { batch, inputs, outputs } = shape;
  for (let b = 0; b < batch; b++) {
    const row = y.subarray(b * outputs, (b + 1) * outputs);
    row.set(bias);
    for (let i = 0; i < inputs; i++) {
      const value = x[b * inputs + i]!;
      for (let o = 0; o < outputs; o++) row[o]! += value * w[i * outputs + o]!;
    }
  }
}

/** dw[i,o] = sum_b x[b,i] * dy[b,o] and dbias[o] = sum_b dy[b,o], written.  dy: (B,O)  dw: (I,O)  dbias: (O) */
export function denseGradients(
  x: Float64Array,
  dy: Float64Array,
  dw: Float64Array,
  dbias: Float64Array,
  shape: Dense,
): void {
  const { batch, inputs, outputs } = shape;
  dw.fill(0);
  dbias.fill(0);
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outputs; o++) dbias[o]! += dy[b * outputs + o]!;
    for (let i = 0; i < inputs; i++) {
      const value = x[b * inputs + i]!;
      for (let o = 0; o < outputs; o++) dw[i * outputs + o]! += value * dy[b * outputs + o]!;
    }
  }
}

/** dx[b,i] = sum_o dy[b,o] * w[i,o], written.  dx: (B,I) */
export function denseBackward(dy: Float64Array, w: Float64Array, dx: Float64Array, shape: Dense): void {
  const { batch, inputs, outputs } = shape;
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let o = 0; o < outputs; o++) sum += dy[b * outputs + o]! * w[i * outputs + o]!;
      dx[b * inputs + i] = sum;
    }
  }
}
