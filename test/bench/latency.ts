/**
 * `npm run bench:latency`: what latency as a third objective gains. Two searches of the same size on each kernel, with and
 * without it; their fronts compared by hypervolume in (error, measured latency) up to a common reference point.
 */
import { errorObjective } from '../../engine/data/metrics.ts';
import { formatDuration } from '../../engine/format.ts';
import { hypervolume } from '../../engine/search/indicators.ts';
import type { RunResult } from '../../server/pipeline/run.ts';
import { kernelNames } from './kernels/kernels.ts';
import { benchConfig, withKernels } from './kernels/runs.ts';

type Place = readonly [error: number, ns: number];

/** Measured networks only. */
const placesOf = (result: RunResult): Place[] =>
  result.points.flatMap(({ error, latencyNs }) =>
    latencyNs === undefined ? [] : [[errorObjective(error), latencyNs]],
  );

/** As a share of the box up to the worst of both fronts. */
function volumes(a: readonly Place[], b: readonly Place[]): readonly [number, number] {
  const reference = [0, 1].map((axis) => Math.max(...[...a, ...b].map((place) => place[axis]!)));
  const box = reference[0]! * reference[1]!;
  return [hypervolume(a, reference) / box, hypervolume(b, reference) / box];
}

const logarithms = (places: readonly Place[]): Place[] =>
  places.map(([error, ns]) => [6 + Math.log10(Math.max(1e-6, error)), Math.log10(ns)]);

const fastestWithin = (result: RunResult, bound: number): number =>
  Math.min(
    ...result.points.flatMap(({ error, latencyNs }) => (errorObjective(error) <= bound ? (latencyNs ?? []) : [])),
  );

await withKernels(async (run) => {
  console.log('kernel         hypervolume         of the logarithms       fastest within 5 %');
  let [better, logBetter] = [0, 0];
  for (const name of kernelNames) {
    const two = await run(name, benchConfig);
    const three = await run(name, { ...benchConfig, objectives: ['error', 'params', 'latency'] });
    const [a, b] = [placesOf(two), placesOf(three)];
    const [before, after] = volumes(a, b);
    const [logBefore, logAfter] = volumes(logarithms(a), logarithms(b));
    if (after > before) better++;
    if (logAfter > logBefore) logBetter++;
    const fastest = [two, three].map((result) => formatDuration(fastestWithin(result, 0.05)));
    console.log(
      `${name.padEnd(14)} ${`${before.toFixed(4)} -> ${after.toFixed(4)}`.padStart(18)} ` +
        `${`${logBefore.toFixed(4)} -> ${logAfter.toFixed(4)}`.padStart(20)}    ${fastest.join(' -> ')}`,
    );
  }
  console.log(`larger with latency on ${better} of ${kernelNames.length} kernels, of the logarithms on ${logBetter}`);
});
