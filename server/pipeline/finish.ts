/** After full training: code for each network, and figures measured on that code. */
import { errorFigures, outputUnits, sampleErrors } from '../../engine/data/metrics.ts';
import { type Explanation, explain } from '../../engine/trust/explain.ts';
import type { Dataset, Encoding } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { bundleEmitted } from '../sampling/bundle.ts';
import { measure, measureBatch, median } from '../sampling/measure.ts';
import type { Sandbox } from '../sampling/sandbox.ts';
import type { MeasuredPoint } from './choose.ts';
import { appliedExpression, batchExpression, emitNetwork, estimatedCost, moduleText } from './emit.ts';
import { type Finalist, finalistPoint, type GuardedFinalist, markFront } from './finalists.ts';
import { drawFresh, type Fresh, type FreshPlan, judge, planFresh } from './fresh.ts';
import { guardFor } from './guard.ts';
import type { SampledContext } from './searchAndFinish.ts';

interface MeasuringContext extends SampledContext {
  readonly dataset: Dataset;
  readonly encoding: Encoding;
}

/** There may be several variants for each network of the front, which together must not take much longer than it. */
const timingMs = 400;
const variantTimingMs = 150;
const batchTimingMs = 100;

export interface Measured {
  readonly kind: 'measured';
  readonly points: MeasuredPoint[];
  readonly finalists: readonly GuardedFinalist[];
  readonly exactNs: number;
  /** How the inputs of the certificates were drawn. */
  readonly fresh: FreshPlan;
}

/** Emits every network, runs the emitted code on the test samples, and times it against the exact function. */
export async function measureNetworks(
  context: MeasuringContext,
  finalists: readonly Finalist[],
  onMeasured: (done: number) => void,
): Promise<Measured | Failure> {
  const { config } = context.request;
  const plan = planFresh(config.seed, { ...context, train: context.dataset.train });
  const inputs = context.recorded?.fresh.inputs;
  const fresh = await drawFresh({ ...context, ...(inputs ? { inputs } : {}) }, plan);
  if (fresh.kind === 'failed') return fresh;
  const points: MeasuredPoint[] = [];
  const guarded: GuardedFinalist[] = [];
  const exactNs: number[] = [];
  for (const finalist of finalists) {
    if (context.hooks.signal.aborted) break;
    const own = { ...finalist, guard: guardFor(context, finalist.network) };
    const point = await measureNetwork({ ...context, fresh }, own, finalists.length);
    if (point.kind === 'failed') return point;
    guarded.push(own);
    points.push(point.point);
    exactNs.push(point.exactNs);
    onMeasured(points.length);
  }
  return {
    kind: 'measured',
    points: markFront(points, config),
    finalists: guarded,
    exactNs: median(Float64Array.from(exactNs)),
    fresh: plan,
  };
}

/** Loads the code as it will run: guarded, under `id`, and its batch function under `id batch`. */
export async function loadApplied(
  sandbox: Sandbox,
  id: string,
  text: string,
  names: Parameters<typeof appliedExpression>[0],
): Promise<Failure | undefined> {
  for (const [name, expression] of [
    [id, appliedExpression(names)],
    [`${id} batch`, batchExpression(names)],
  ] as const) {
    const bundled = await bundleEmitted(text, expression);
    if (bundled.kind === 'failed') return bundled;
    const loaded = await sandbox.load(name, bundled.code, { exactId: 'exact' });
    if (loaded.kind === 'failed') return loaded;
  }
  return undefined;
}

async function measureNetwork(
  context: MeasuringContext & { readonly fresh: Fresh },
  finalist: GuardedFinalist,
  networks: number,
): Promise<{ kind: 'point'; point: MeasuredPoint; exactNs: number } | Failure> {
  const { region, sandbox, dataset, encoding } = context;
  const { signature } = region;
  const { inputs, outputs, count } = dataset.test;
  const { id, network, integers, made, guard } = finalist;
  const quantised = integers ? { quantised: integers.network } : {};
  const { target, config } = context.request;
  const text = moduleText(emitNetwork({ ...context, ...quantised, target, guard }, network));
  const problem = await loadApplied(sandbox, id, text, { region, guard });
  if (problem) return problem;

  const options = { exactId: 'exact', signature, inputs, count };
  const timeBudgetMs = made ? variantTimingMs : timingMs;
  const timing = await measure(sandbox, { ...options, approxId: id, timeBudgetMs });
  if (timing.kind === 'failed') return timing;
  const batch = await measureBatch(sandbox, { ...options, approxId: `${id} batch`, timeBudgetMs: batchTimingMs });
  if (batch.kind === 'failed') return batch;
  const judged = await judge(context, { id, guard, networks });
  if (judged.kind === 'failed') return judged;
  const cost = estimatedCost(target, { config, encoding }, network, integers?.network);
  const point: MeasuredPoint = {
    ...finalistPoint(finalist),
    ...(cost.length > 0 && { cost }),
    error: errorFigures(outputs, timing.approxOutputs, count, dataset.outputSlots),
    latencyNs: timing.approxNs,
    speedup: timing.speedup,
    speedupInterval: timing.interval,
    batch: { latencyNs: batch.approxNs, speedup: batch.speedup, speedupInterval: batch.interval },
    ...judged.figures,
    explanation: explainOn(context, timing.approxOutputs),
  };
  return { kind: 'point', point, exactNs: timing.exactNs };
}

/** From the test samples, on which the emitted code has just been run. */
function explainOn({ dataset, domain }: MeasuringContext, approx: Float64Array): Explanation {
  const { train, test, outputSlots } = dataset;
  const units = outputUnits(train.outputs, train.count, outputSlots);
  const numeric = outputSlots.findIndex(({ kind }) => kind === 'number');
  const column = (values: Float64Array) => values.filter((_, at) => at % outputSlots.length === numeric);
  return explain({
    inputs: test.inputs,
    errors: sampleErrors(test.outputs, approx, outputSlots, units),
    domain,
    ...(numeric < 0 ? {} : { outputs: { exact: column(test.outputs), approx: column(approx) } }),
  });
}
