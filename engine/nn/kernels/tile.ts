/**
 * A tile is eight samples of one layer: `width` rows of two vectors, one lane per sample, so that every loop over
 * samples is a loop over whole vectors and any width works without padding.
 */
import { bytesOf, storeTransposed, VECTOR } from './vector';

/** Samples in a tile. */
export const TILE: i32 = 8;
/** Bytes of one row of a tile. */
export const ROW: usize = 2 * VECTOR;

/** Number of tiles that hold `samples` samples. */
// @ts-ignore: decorator
@inline
export function tilesFor(samples: i32): i32 {
  return (samples + TILE - 1) / TILE;
}

/**
 * Bytes from one tile to the next. Tiles lie end to end, but for widths of 32, 64, 96 and so on: there a cache line more
 * keeps the same row of successive tiles out of the same few cache sets, which the weight gradients would thrash.
 */
export function tileStride(width: i32): usize {
  const bytes = <usize>width * ROW;
  return bytes % 1024 == 0 ? bytes + 64 : bytes;
}

/** One tile of `gather`: up to eight samples. */
function gatherTile(source: usize, order: usize, samples: i32, width: i32, tile: usize): void {
  if (samples < TILE) memory.fill(tile, 0, <usize>width * ROW);
  const rowBytes = bytesOf(width);
  let lane = 0;
  for (; lane + 4 <= samples; lane += 4) {
    let a = source + <usize>load<u32>(order) * rowBytes;
    let b = source + <usize>load<u32>(order, 4) * rowBytes;
    let c = source + <usize>load<u32>(order, 8) * rowBytes;
    let d = source + <usize>load<u32>(order, 12) * rowBytes;
    let to = tile + bytesOf(lane);
    let column = 0;
    for (; column + 4 <= width; column += 4) {
      storeTransposed(v128.load(a), v128.load(b), v128.load(c), v128.load(d), to, ROW);
      a += VECTOR;
      b += VECTOR;
      c += VECTOR;
      d += VECTOR;
      to += 4 * ROW;
    }
    for (; column < width; column++) {
      store<f32>(to, load<f32>(a));
      store<f32>(to, load<f32>(b), 4);
      store<f32>(to, load<f32>(c), 8);
      store<f32>(to, load<f32>(d), 12);
      a += 4;
      b += 4;
      c += 4;
      d += 4;
      to += ROW;
    }
    order += 16;
  }
  for (; lane < samples; lane++) {
    const from = source + <usize>load<u32>(order) * rowBytes;
    for (let column = 0; column < width; column++) {
      store<f32>(tile + <usize>column * ROW + bytesOf(lane), load<f32>(from + bytesOf(column)));
    }
    order += 4;
  }
}

/**
 * Copies `samples` rows of `width` values, picked by `order` (row numbers, u32), into the lanes of tiles.
 * Lanes without a sample become 0, so that a short batch never computes on what an earlier batch left there.
 */
export function gather(source: usize, order: usize, samples: i32, width: i32, tiles: usize, stride: usize): void {
  for (; samples > 0; samples -= TILE) {
    gatherTile(source, order, min(samples, TILE), width, tiles);
    order += bytesOf(TILE);
    tiles += stride;
  }
}

/** The way back: writes the first `samples` lanes of tiles as consecutive rows of `width` values. */
export function scatter(tiles: usize, stride: usize, samples: i32, width: i32, to: usize): void {
  for (let sample = 0; sample < samples; sample++) {
    const lane = tiles + <usize>(sample / TILE) * stride + bytesOf(sample % TILE);
    for (let column = 0; column < width; column++) {
      store<f32>(to, load<f32>(lane + <usize>column * ROW));
      to += 4;
    }
  }
}
