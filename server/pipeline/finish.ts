/** After the search: full training of the front, code for each network, and figures measured on that code. */
import { errorFigures, errorObjective } from '../../engine/data/metrics.ts';
import { topologyName } from '../../engine/nn/network.ts';
import { dominates } from '../../engine/search/dominance.ts';
import type { Dataset, Encoding, Network } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { TrainingPool } from '../pool.ts';
import type { Failure } from '../protocol.ts';
import { bundleEmitted } from '../sampling/bundle.ts';
import { measure, median } from '../sampling/measure.ts';
import type { JobResult } from '../trainWorker.ts';
import type { MeasuredPoint } from './choose.ts';
import { approxNameOf, emitNetwork } from './emit.ts';
import { type Candidate, fullTask, searchTask } from './search.ts';
import type { SampledContext } from './searchAndFinish.ts';

export interface TrainedCandidate {
  readonly candidate: Candidate;
  readonly network: Network;
}

interface TrainingContext {
  readonly config: Config;
  readonly encoding: Encoding;
  readonly pool: TrainingPool;
}

/**
 * Trains each candidate again with the full budget. Where that ends worse than the search's short training, which can
 * happen with a learning rate at the edge of divergence, the short one is repeated, so that no point of the front is lost.
 */
export async function trainFully(
  context: TrainingContext,
  candidates: readonly Candidate[],
  onTrained: () => void,
): Promise<TrainedCandidate[]> {
  const { pool } = context;
  const tasks = candidates.map((candidate) => fullTask(context, candidate));
  const results = await pool.train(tasks, onTrained);
  const worse = candidates.filter((candidate, index) => !improves(results[index]!, candidate));
  const repeated = await pool.train(worse.map((candidate) => searchTask(context, candidate)));
  return candidates.flatMap((candidate, index) => {
    const at = worse.indexOf(candidate);
    const { network } = at < 0 ? results[index]! : repeated[at]!;
    return network ? [{ candidate, network }] : [];
  });
}

const improves = ({ error }: JobResult, candidate: Candidate): boolean =>
  error !== undefined && errorObjective(error) <= errorObjective(candidate.error!);

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
  { candidate, network }: TrainedCandidate,
): Promise<{ kind: 'point'; point: MeasuredPoint; exactNs: number } | Failure> {
  const { region, sandbox, dataset } = context;
  const { signature } = region;
  const { inputs, outputs, count } = dataset.test;
  const text = emitNetwork({ ...context, target: context.request.target }, network);
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
