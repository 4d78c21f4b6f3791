/** Linear and logarithmic axes: from data to pixels, with ticks at numbers that people like. */

export interface Scale {
  readonly kind: 'linear' | 'log';
  /** The data range that the axis covers, rounded outwards to where it looks settled. */
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  /** Pixels of a data value. */
  place(value: number): number;
  /** The data value at a pixel; beyond the axis, the one at its end. */
  valueAt(pixel: number): number;
}

export interface ScaleOptions {
  readonly kind: 'linear' | 'log';
  /** Pixels at the two ends of the domain; the first may be the larger one. */
  readonly range: readonly [number, number];
  /** About how many ticks fit. */
  readonly ticks: number;
}

/** Covers all finite values (positive ones on a log axis). Without any, the domain is [0, 1], or [0.1, 1] for log. */
export function createScale(values: readonly number[], options: ScaleOptions): Scale {
  const usable = values.filter((value) => Number.isFinite(value) && (options.kind === 'linear' || value > 0));
  const extent: readonly [number, number] =
    usable.length === 0
      ? [options.kind === 'log' ? 0.1 : 0, 1]
      : [usable.reduce((a, b) => Math.min(a, b)), usable.reduce((a, b) => Math.max(a, b))];
  const { domain, ticks } =
    options.kind === 'log' ? logTicks(padLog(extent), options.ticks) : linearTicks(padLinear(extent), options.ticks);
  const project = options.kind === 'log' ? Math.log10 : (value: number) => value;
  const [low, high] = [project(domain[0]), project(domain[1])];
  const [start, end] = options.range;
  return {
    kind: options.kind,
    domain,
    ticks,
    place: (value) => start + ((project(clamp(value, domain)) - low) / (high - low)) * (end - start),
    valueAt(pixel) {
      const projected = low + ((pixel - start) / (end - start)) * (high - low);
      return clamp(options.kind === 'log' ? 10 ** projected : projected, domain);
    },
  };
}

/** A log axis is worth its strangeness once the values span one and a half decades. */
export function kindFor(values: readonly number[]): 'linear' | 'log' {
  const usable = values.filter((value) => Number.isFinite(value));
  if (usable.length < 2 || usable.some((value) => value < 0)) return 'linear';
  const positive = usable.filter((value) => value > 0);
  if (positive.length < 2) return 'linear';
  const ratio = positive.reduce((a, b) => Math.max(a, b)) / positive.reduce((a, b) => Math.min(a, b));
  return Math.log10(ratio) > 1.5 ? 'log' : 'linear';
}

const clamp = (value: number, [low, high]: readonly [number, number]) => Math.min(Math.max(value, low), high);

/** Room at both ends, so that no mark sits on a border. Values that hardly differ get a tenth of themselves. */
function padLinear([min, max]: readonly [number, number]): [number, number] {
  const magnitude = Math.max(Math.abs(min), Math.abs(max));
  const margin = max - min > magnitude * 1e-6 ? (max - min) * 0.06 : magnitude * 0.1 || 1;
  return [min >= 0 ? Math.max(0, min - margin) : min - margin, max + margin];
}

function padLog([min, max]: readonly [number, number]): [number, number] {
  const margin = Math.max((max / min) ** 0.06, 1.15);
  return [min / margin, max * margin];
}

/** Multiples of 1, 2 or 5 times a power of ten. */
function linearTicks(domain: readonly [number, number], count: number) {
  const rough = (domain[1] - domain[0]) / Math.max(1, count);
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * ([1, 2, 5].find((multiple) => multiple * magnitude >= rough) ?? 10);
  const first = Math.ceil(domain[0] / step - 1e-9);
  const last = Math.floor(domain[1] / step + 1e-9);
  // Rounded, because 3 * 0.1 is not 0.3.
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  return { domain, ticks };
}

/** Powers of ten with 2 and 5 between them while they fit; every so many powers when even those are too many. */
function logTicks(domain: readonly [number, number], count: number) {
  const [from, to] = [Math.floor(Math.log10(domain[0])), Math.ceil(Math.log10(domain[1]))];
  const inside = (value: number) => value >= domain[0] * (1 - 1e-9) && value <= domain[1] * (1 + 1e-9);
  const powers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  for (const multiples of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = powers
      .flatMap((power) => multiples.map((multiple) => Number((multiple * 10 ** power).toPrecision(12))))
      .filter(inside);
    if (ticks.length >= 2 && ticks.length <= Math.max(2, count)) return { domain, ticks };
  }
  const powersInside = powers.filter((power) => inside(10 ** power));
  if (powersInside.length < 2) return linearTicks(domain, count);
  const stride = Math.ceil(powersInside.length / Math.max(2, count));
  return {
    domain,
    ticks: powersInside
      .filter((_, index) => index % stride === 0)
      .map((power) => Number((10 ** power).toPrecision(12))),
  };
}
