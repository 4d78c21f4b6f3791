/** k-means++ (Arthur and Vassilvitskii, 2007): the seeding that Algorithm 2 groups filters with, and Lloyd's iterations. */
import type { Random } from '../data/random.ts';
import { takeRows } from '../data/rows.ts';

/** `values` holds point after point, each of `size` numbers. */
export interface Points {
  readonly count: number;
  readonly size: number;
  readonly values: Float64Array;
}

export interface Clusters {
  /** The cluster of each point, 0 to k - 1; every cluster has at least one. */
  readonly clusterOf: Int32Array;
  /** (k, size) row-major: the mean of each cluster's points. */
  readonly centroids: Float64Array;
}

/** Lloyd's iterations end by themselves; this bounds what rounding could keep alive. */
const maxIterations = 100;

/**
 * Exactly k clusters, none of them empty. Edge cases: where fewer than k points are distinct, equal points are spread over
 * clusters of their own, lowest index first; k = n gives every point its own cluster; a cluster that loses its last point
 * takes over the one farthest from its own centroid. Throws RangeError unless 1 <= k <= count.
 */
export function kMeans(points: Points, k: number, random: Random): Clusters {
  if (!(Number.isInteger(k) && k >= 1 && k <= points.count)) {
    throw new RangeError(`${points.count} points do not make ${k} clusters.`);
  }
  const chosen = seeds(points, k, random);
  let centroids = takeRows(points.values, points.size, chosen);
  let clusterOf = new Int32Array(points.count).fill(-1);
  // Where to look first: most points stay where they are, and a seed begins in its own cluster.
  let likely = new Int32Array(points.count);
  chosen.forEach((point, cluster) => {
    likely[point] = cluster;
  });
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const assigned = assign(points, centroids, k, likely);
    centroids = means(points, assigned, k);
    if (assigned.every((cluster, point) => cluster === clusterOf[point])) break;
    clusterOf = assigned;
    likely = assigned;
  }
  return { clusterOf, centroids };
}

/** For each cluster, in ascending order of points, the point nearest to the centroid; the first of equals. */
export function representatives(points: Points, { clusterOf, centroids }: Clusters): number[] {
  const nearest = new Map<number, { readonly point: number; readonly distance: number }>();
  clusterOf.forEach((cluster, point) => {
    const distance = squaredDistance(points.values, point, centroids, cluster, points.size);
    const best = nearest.get(cluster);
    if (!best || distance < best.distance) nearest.set(cluster, { point, distance });
  });
  return [...nearest.values()].map(({ point }) => point).sort((a, b) => a - b);
}

/** |a[i] - b[j]|² of two lists of points. */
function squaredDistance(a: Float64Array, i: number, b: Float64Array, j: number, size: number): number {
  return distanceUpTo(Number.POSITIVE_INFINITY, a, i, b, j, size);
}

/** The numbers between two looks at a bound. */
const stride = 16;

/** The same, or some number above `bound` where it is above that: most distances need not be known. */
function distanceUpTo(bound: number, a: Float64Array, i: number, b: Float64Array, j: number, size: number): number {
  let sum = 0;
  const end = (i + 1) * size;
  for (let at = i * size, other = j * size; at < end && sum <= bound; ) {
    const stop = Math.min(end, at + stride);
    for (; at < stop; at++, other++) sum += (a[at]! - b[other]!) ** 2;
  }
  return sum;
}

/**
 * k different points. The first is drawn uniformly, each further one with a probability in proportion to its squared
 * distance from the nearest so far; of a few such draws the one that leaves the least distance in all is taken (the greedy
 * variant that the authors recommend). Where all that are left coincide with a seed, the first of them is taken.
 */
function seeds(points: Points, k: number, random: Random): number[] {
  const { count, size, values } = points;
  const trials = 2 + Math.floor(Math.log(k));
  const taken = new Uint8Array(count);
  const chosen: number[] = [];
  let nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  // Drawn again and again by the trials, and each row is as long as all points together.
  const rows = new Map<number, Float64Array>();
  const distancesFrom = (point: number): Float64Array => {
    const known = rows.get(point);
    if (known) return known;
    const row = Float64Array.from({ length: count }, (_, other) => squaredDistance(values, other, values, point, size));
    rows.set(point, row);
    return row;
  };
  const distancesWith = (point: number) => {
    const row = distancesFrom(point);
    return nearest.map((distance, other) => Math.min(distance, row[other]!));
  };
  const take = (point: number, distances: Float64Array<ArrayBuffer>) => {
    chosen.push(point);
    taken[point] = 1;
    nearest = distances;
  };
  const first = random.integer(count);
  take(first, distancesWith(first));
  while (chosen.length < k) {
    const total = sum(nearest);
    if (!(total > 0)) {
      take(taken.indexOf(0), nearest);
      continue;
    }
    let best:
      | { readonly point: number; readonly distances: Float64Array<ArrayBuffer>; readonly left: number }
      | undefined;
    for (let trial = 0; trial < trials; trial++) {
      const point = drawByWeight(nearest, total * random.next());
      const distances = distancesWith(point);
      const left = sum(distances);
      if (!best || left < best.left) best = { point, distances, left };
    }
    take(best!.point, best!.distances);
  }
  return chosen;
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** The point at which the running sum of the weights passes `threshold`; a point of weight 0 is never it. */
function drawByWeight(weights: Float64Array, threshold: number): number {
  let last = -1;
  let running = 0;
  for (let point = 0; point < weights.length; point++) {
    if (weights[point] === 0) continue;
    running += weights[point]!;
    last = point;
    if (running > threshold) break;
  }
  return last;
}

/**
 * Each point to the nearest centroid, the first of equals; then empty clusters take points over. `likely` names a cluster
 * for each point that is perhaps its own, which changes nothing but the time that it takes.
 */
function assign(points: Points, centroids: Float64Array, k: number, likely: Int32Array): Int32Array<ArrayBuffer> {
  const { count, size, values } = points;
  const clusterOf = new Int32Array(count);
  const members = new Int32Array(k);
  const distances = new Float64Array(count);
  for (let point = 0; point < count; point++) {
    let best = likely[point]!;
    let least = squaredDistance(values, point, centroids, best, size);
    for (let cluster = 0; cluster < k; cluster++) {
      const distance = distanceUpTo(least, values, point, centroids, cluster, size);
      if (distance < least || (distance === least && cluster < best)) [best, least] = [cluster, distance];
    }
    clusterOf[point] = best;
    distances[point] = least;
    members[best]!++;
  }
  for (let cluster = 0; cluster < k; cluster++) {
    if (members[cluster]! > 0) continue;
    const point = farthestToSpare(clusterOf, members, distances);
    members[clusterOf[point]!]!--;
    members[cluster] = 1;
    clusterOf[point] = cluster;
    distances[point] = 0;
  }
  return clusterOf;
}

/** The point farthest from its centroid among those that are not alone in their cluster. */
function farthestToSpare(clusterOf: Int32Array, members: Int32Array, distances: Float64Array): number {
  let farthest = -1;
  for (let point = 0; point < clusterOf.length; point++) {
    if (members[clusterOf[point]!]! < 2) continue;
    if (farthest < 0 || distances[point]! > distances[farthest]!) farthest = point;
  }
  return farthest;
}

function means({ count, size, values }: Points, clusterOf: Int32Array, k: number): Float64Array<ArrayBuffer> {
  const centroids = new Float64Array(k * size);
  const members = new Float64Array(k);
  for (let point = 0; point < count; point++) {
    const cluster = clusterOf[point]!;
    members[cluster]!++;
    for (let at = 0; at < size; at++) centroids[cluster * size + at]! += values[point * size + at]!;
  }
  return centroids.map((total, at) => total / members[Math.floor(at / size)]!);
}
