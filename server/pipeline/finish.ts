/** After full training: code for each network, and figures measured on that code. */
import { errorFigures } from '../../engine/data/metrics.ts';
import type { Dataset, Encoding } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { bundleEmitted } from '../sampling/bundle.ts';
import { measure, median } from '../sampling/measure.ts';
import type { MeasuredPoint } from './choose.ts';
import { approxNameOf, emitNetwork, moduleText } from './emit.ts';
import { type Finalist, finalistPoint, markFront } from './finalists.ts';
import type { SampledContext } from './searchAndFinish.ts';

interface MeasuringContext extends SampledContext {
  readonly dataset: Dataset;
  readonly encoding: Encoding;
}

/** There may be several variants for each network of the front, which together must not take much longer than it. */
const timingMs = 400;
const variantTimingMs = 150;

/** Emits every network, runs the emitted code on the test samples, and times it against the exact function. */
export async function measureNetworks(
  context: MeasuringContext,
  finalists: readonly Finalist[],
  onMeasured: (done: number) => void,
): Promise<{ kind: 'measured'; points: MeasuredPoint[]; exactNs: number } | Failure> {
  const points: MeasuredPoint[] = [];
  const exactNs: number[] = [];
  for (const finalist of finalists) {
    if (context.hooks.signal.aborted) break;
    const point = await measureNetwork(context, finalist);
    if (point.kind === 'failed') return point;
    points.push(point.point);
    exactNs.push(point.exactNs);
    onMeasured(points.length);
  }
  return { kind: 'measured', points: markFront(points), exactNs: median(Float64Array.from(exactNs)) };
}

async function measureNetwork(
  context: MeasuringContext,
  finalist: Finalist,
): Promise<{ kind: 'point'; point: MeasuredPoint; exactNs: number } | Failure> {
  const { region, sandbox, dataset } = context;
  const { signature } = region;
  const { inputs, outputs, count } = dataset.test;
  const { id, network, integers, made } = finalist;
  const quantised = integers ? { quantised: integers.network } : {};
  const text = moduleText(emitNetwork({ ...context, ...quantised, target: context.request.target }, network));
  const bundled = await bundleEmitted(text, approxNameOf(region.name));
  if (bundled.kind === 'failed') return bundled;
  const loaded = await sandbox.load(id, bundled.code);
  if (loaded.kind === 'failed') return loaded;

  const timing = await measure(sandbox, {
    exactId: 'exact',
    approxId: id,
    signature,
    inputs,
    count,
    timeBudgetMs: made ? variantTimingMs : timingMs,
  });
  if (timing.kind === 'failed') return timing;
  const point: MeasuredPoint = {
    ...finalistPoint(finalist),
    error: errorFigures(outputs, timing.approxOutputs, count, dataset.outputSlots),
    latencyNs: timing.approxNs,
    speedup: timing.speedup,
    speedupInterval: timing.interval,
  };
  return { kind: 'point', point, exactNs: timing.exactNs };
}
