/**
 * AssemblyScript: the steps of a convolutional network for one image, which the generated code calls one by one.
 *
 * Maps are pixel after pixel, the channels of a pixel side by side, so that the taps of one kernel row are one run of
 * values and the filters are the lanes of a vector. Positions and sizes are in values (four bytes), as in the plain
 * TypeScript that replaces this module where SIMD is missing. Vectors may reach up to three values past what they are
 * for: every step writes upwards, so what they spoil is written after them, and the last one has room behind it.
 * Plain SIMD only, because then every processor gives the same bits, and below 4 kB, up to which every browser compiles synchronously.
 */
import { activate } from './activate';

export { limit, sp0, sp1, sp2, sp3, sp4, sp5, sq0, sq1, sq2, sq3, sq4, sq5, tp0, tp1, tp2, tp3, tp4, tq0, tq1, tq2, tq3, unit } from './activate';

/**
 * Filters that are summed together. Three vectors of them for each of three pixels leave registers for the weights and
 * for a product: four pixels made the engine spill, and took 1.3 times as long.
 */
const GROUP: i32 = 12;

// @ts-ignore: decorator
@inline
function bytes(values: i32): usize {
  return (<usize>values) << 2;
}

/**
 * to[pixel, c] = activation(scale[c] * source[pixel, c] + shift[c]), row by row, with `margin` pixels of zeros at both
 * ends of each row.
 * source: pixels `stride` values apart; table: scale, then shift, each padded to four; to: (height, width + 2 margin, C)
 */
export function normalize(
  source: i32,
  stride: i32,
  height: i32,
  width: i32,
  channels: i32,
  table: i32,
  activation: i32,
  margin: i32,
  to: i32,
): void {
  const scale = bytes(table);
  const shift = scale + bytes((channels + 3) & ~3);
  const pixel = bytes(channels);
  const marginBytes = <usize>margin * pixel;
  let from = bytes(source);
  let at = bytes(to);
  if (margin > 0) memory.fill(at, 0, marginBytes);
  at += marginBytes;
  for (; height > 0; height--) {
    const start = at;
    for (let column = 0; column < width; column++) {
      for (let k: usize = 0; k < pixel; k += 16) {
        const scaled = f32x4.mul(v128.load(from + k), v128.load(scale + k));
        v128.store(at + k, f32x4.add(scaled, v128.load(shift + k)));
      }
      from += bytes(stride);
      at += pixel;
    }
    activate(start, at, activation);
    if (margin > 0) memory.fill(at, 0, 2 * marginBytes);
    at += 2 * marginBytes;
  }
}

/** Replaces maps by the means of their 2x2 pixels. An odd last row or column has no part in any. */
export function average(maps: i32, height: i32, width: i32, channels: i32): void {
  const quarter = f32x4.splat(0.25);
  const pixel = bytes(channels);
  const row = <usize>width * pixel;
  const start = bytes(maps);
  let to = start;
  for (let y = 0; y + 2 <= height; y += 2) {
    let from = start + <usize>y * row;
    for (let x = 0; x + 2 <= width; x += 2) {
      for (let k: usize = 0; k < pixel; k += 16) {
        const at = from + k;
        const top = f32x4.add(v128.load(at), v128.load(at + pixel));
        const bottom = f32x4.add(v128.load(at + row), v128.load(at + row + pixel));
        const mean = f32x4.mul(f32x4.add(top, bottom), quarter);
        // Of one map, a whole vector would spoil pixels that the next means are of.
        if (channels === 1) v128.store32_lane(to, mean, 0);
        else v128.store(to + k, mean);
      }
      from += 2 * pixel;
      to += pixel;
    }
  }
}

/** to[c] = the largest of maps[pixel, c]; NaN where one is NaN, since a bad input must show. */
export function largest(maps: i32, pixels: i32, channels: i32, to: i32): void {
  const pixel = bytes(channels);
  for (let k: usize = 0; k < pixel; k += 16) {
    let at = bytes(maps) + k;
    let best = v128.load(at);
    for (let left = pixels - 1; left > 0; left--) {
      at += pixel;
      best = f32x4.max(best, v128.load(at));
    }
    v128.store(bytes(to) + k, best);
  }
}

/**
 * y[pixel, f] = bias[f] + sum over ky, kx, c of x[pixel + (ky, kx), c] * w[ky, kx, c, f]; rows outside the image are 0.
 * x: (height, width + kernel - 1, C); y: pixels `stride` values apart
 * weights: for each twelve filters, the last ones padded to four: bias, then w (kernel, kernel, C, 12)
 */
export function convolve(
  x: i32,
  weights: i32,
  y: i32,
  stride: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernel: i32,
  filters: i32,
): void {
  const margin = (kernel - 1) >> 1;
  const pixel = bytes(channels);
  const run = <usize>kernel * pixel;
  const row = <usize>(width + 2 * margin) * pixel;
  const step = bytes(stride);
  let bias = bytes(weights);
  for (let first = 0; first < filters; first += GROUP) {
    const lanes = bytes((min(GROUP, filters - first) + 3) & ~3);
    const runWeights = (run >> 2) * lanes;
    for (let line = 0; line < height; line++) {
      const above = max(0, margin - line);
      const rows = min(kernel, height + margin - line) - above;
      let from = bytes(x) + <usize>(line + above - margin) * row;
      let to = bytes(y + first) + <usize>(line * width) * step;
      const w = bias + lanes + <usize>above * runWeights;
      let left = width;
      for (; left > 0; left -= 3) {
        if (left < 3) {
          if (width < 3) break;
          // The last block overlaps the one before and writes the same values again.
          from -= <usize>(3 - left) * pixel;
          to -= <usize>(3 - left) * step;
        }
        if (lanes === 48) block(3, 3, lanes, from, pixel, row, rows, run, w, bias, to, step);
        else if (lanes === 32) block(2, 3, lanes, from, pixel, row, rows, run, w, bias, to, step);
        else block(1, 3, lanes, from, pixel, row, rows, run, w, bias, to, step);
        from += 3 * pixel;
        to += 3 * step;
      }
      for (; left > 0; left--) {
        for (let lane: usize = 0; lane < lanes; lane += 16) {
          block(1, 1, lanes, from, pixel, row, rows, run, w + lane, bias + lane, to + lane, step);
        }
        from += pixel;
        to += step;
      }
    }
    bias += lanes + <usize>kernel * runWeights;
  }
}

/**
 * Up to three vectors of filters for one or three pixels; `lanes` bytes of weights for each value of x. The first two
 * arguments are constants, so branches vanish.
 */
// @ts-ignore: decorator
@inline
function block(
  vectors: i32,
  pixels: i32,
  lanes: usize,
  x: usize,
  pixel: usize,
  row: usize,
  rows: i32,
  run: usize,
  w: usize,
  bias: usize,
  to: usize,
  step: usize,
): void {
  let a0 = v128.load(bias);
  let a1 = vectors > 1 ? v128.load(bias, 16) : a0;
  let a2 = vectors > 2 ? v128.load(bias, 32) : a0;
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let c0 = a0;
  let c1 = a1;
  let c2 = a2;
  for (; rows > 0; rows--) {
    let at = x;
    for (const end = at + run; at < end; at += 4) {
      const w0 = v128.load(w);
      const w1 = vectors > 1 ? v128.load(w, 16) : w0;
      const w2 = vectors > 2 ? v128.load(w, 32) : w0;
      let value = v128.load32_splat(at);
      a0 = f32x4.add(a0, f32x4.mul(value, w0));
      if (vectors > 1) a1 = f32x4.add(a1, f32x4.mul(value, w1));
      if (vectors > 2) a2 = f32x4.add(a2, f32x4.mul(value, w2));
      if (pixels > 1) {
        value = v128.load32_splat(at + pixel);
        b0 = f32x4.add(b0, f32x4.mul(value, w0));
        if (vectors > 1) b1 = f32x4.add(b1, f32x4.mul(value, w1));
        if (vectors > 2) b2 = f32x4.add(b2, f32x4.mul(value, w2));
        value = v128.load32_splat(at + 2 * pixel);
        c0 = f32x4.add(c0, f32x4.mul(value, w0));
        if (vectors > 1) c1 = f32x4.add(c1, f32x4.mul(value, w1));
        if (vectors > 2) c2 = f32x4.add(c2, f32x4.mul(value, w2));
      }
      w += lanes;
    }
    x += row;
  }
  put(vectors, to, a0, a1, a2);
  if (pixels > 1) {
    put(vectors, to + step, b0, b1, b2);
    put(vectors, to + 2 * step, c0, c1, c2);
  }
}

// @ts-ignore: decorator
@inline
function put(vectors: i32, to: usize, y0: v128, y1: v128, y2: v128): void {
  v128.store(to, y0);
  if (vectors > 1) v128.store(to, y1, 16);
  if (vectors > 2) v128.store(to, y2, 32);
}
