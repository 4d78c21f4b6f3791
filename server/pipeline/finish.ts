/** After full training: code for each network, and figures measured on that code. */
import { errorFigures, errorObjective } from '../../engine/data/metrics.ts';
import { perceptron } from '../../engine/nn/models.ts';
import { topologyName } from '../../engine/nn/network.ts';
import { dominates } from '../../engine/search/dominance.ts';
import type { Dataset, Encoding } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { bundleEmitted } from '../sampling/bundle.ts';
import { measure, median } from '../sampling/measure.ts';
import type { MeasuredPoint } from './choose.ts';
import { approxNameOf, emitNetwork, moduleText } from './emit.ts';
import type { SampledContext } from './searchAndFinish.ts';
import type { TrainedCandidate } from './trainFully.ts';

interface MeasuringContext extends SampledContext {
  readonly dataset: Dataset;
  readonly encoding: Encoding;
}

const timingBudgetMs = 400;

/** Emits every network, runs the emitted code on the test samples, and times it against the exact function. */
export async function measureNetworks(
  context: MeasuringContext,
  networks: readonly TrainedCandidate[],
  onMeasured: (done: number) => void,
): Promise<{ kind: 'measured'; points: MeasuredPoint[]; exactNs: number } | Failure> {
  const points: MeasuredPoint[] = [];
  const exactNs: number[] = [];
  for (const trained of networks) {
    if (context.hooks.signal.aborted) break;
    const point = await measureNetwork(context, trained);
    if (point.kind === 'failed') return point;
    points.push(point.point);
    exactNs.push(point.exactNs);
    onMeasured(points.length);
  }
  return { kind: 'measured', points: markFront(points), exactNs: median(Float64Array.from(exactNs)) };
}

async function measureNetwork(
  context: MeasuringContext,
  { candidate, ...trained }: TrainedCandidate,
): Promise<{ kind: 'point'; point: MeasuredPoint; exactNs: number } | Failure> {
  const { region, sandbox, dataset } = context;
  const { signature } = region;
  const { inputs, outputs, count } = dataset.test;
  const network = perceptron(trained.network);
  const text = moduleText(emitNetwork({ ...context, target: context.request.target }, network));
  const bundled = await bundleEmitted(text, approxNameOf(region.name));
  if (bundled.kind === 'failed') return bundled;
  const loaded = await sandbox.load(candidate.id, bundled.code);
  if (loaded.kind === 'failed') return loaded;

  const timing = await measure(sandbox, {
    exactId: 'exact',
    approxId: candidate.id,
    signature,
    inputs,
    count,
    timeBudgetMs: timingBudgetMs,
  });
  if (timing.kind === 'failed') return timing;
  const point: MeasuredPoint = {
    id: candidate.id,
    topology: topologyName(network.topology),
    activation: network.topology.activation,
    params: candidate.params,
    error: errorFigures(outputs, timing.approxOutputs, count, dataset.outputSlots),
    latencyNs: timing.approxNs,
    speedup: timing.speedup,
    speedupInterval: timing.interval,
    generation: candidate.generation,
    onFront: true,
  };
  return { kind: 'point', point, exactNs: timing.exactNs };
}

/** Full training moves points: the final front is what no other measured network dominates. */
function markFront(points: readonly MeasuredPoint[]): MeasuredPoint[] {
  const objectives = (point: MeasuredPoint) => [errorObjective(point.error), point.params];
  return points.map((point) => ({
    ...point,
    onFront: !points.some((other) => dominates(objectives(other), objectives(point))),
  }));
}
