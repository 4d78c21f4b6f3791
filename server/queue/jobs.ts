/**
 * What goes through the queue: a job is a task and the hash of its dataset, a result what became of it. Both are data, and
 * both sides check what the other wrote, as anybody may write to the queue.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { cnnProblem, cnnTemplate } from '../../engine/nn/cnn/template.ts';
import { isCnn, isCnnNetwork, isCnnTask, parametersOf } from '../../engine/nn/models.ts';
import { type AnyNetwork, type AnyTask, type AnyTopology, activations, optimizers } from '../../engine/types.ts';
import type { Evaluation } from '../evaluator.ts';
import { decodeWeights, encodeWeights } from '../pipeline/run.ts';
import { evaluationFields } from '../store.ts';
import { recordName } from './registry.ts';
import { dataHash } from './trainingData.ts';

/** Larger networks than these do not fit into a value of Redis, which holds 512 MiB. */
const maxParameters = 2 ** 26;

const size = z.int().min(1).max(65_536);
const topologyShape = z.union([
  z.strictObject({ widths: z.array(size).min(2).max(64), activation: z.enum(activations) }),
  z.strictObject({
    kind: z.literal('cnn'),
    height: size,
    width: size,
    channels: size,
    outputs: size,
    blocks: z.int().min(1).max(16),
    layers: z.int().min(4).max(4096),
    kernel: z.literal([3, 5]),
    growth: size,
    initialFilters: size,
    activation: z.enum(activations),
    dropout: z.number().min(0).lt(1),
    bottleneck: z.boolean().exactOptional(),
    compression: z.number().gt(0).max(1).exactOptional(),
    filters: z.array(size).max(8192).exactOptional(),
  }),
]);

/** Counting the parameters of a network makes a list of its layers, so it comes after the bounds of these. */
const topology = topologyShape.pipe(
  z
    .custom<z.infer<typeof topologyShape>>()
    .refine((own) => !isCnn(own) || cnnProblem(own) === undefined, { message: 'no network is like this', abort: true })
    .refine((own) => parametersOf(own) <= maxParameters, 'the network is too large for a queue'),
);

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

const taskSchema = z
  .strictObject({
    topology,
    optimizer: z.enum(optimizers),
    learningRate: z.number(),
    schedule: z.enum(['constant', 'cosine']),
    loss: z.enum(['mse', 'softmax-cross-entropy']),
    epochs: z.int().min(0).max(1e9),
    batchSize: z
      .int()
      .min(1)
      .max(2 ** 24),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1),
    initial: z.strictObject({ weights: base64, statistics: base64.exactOptional() }).exactOptional(),
    augment: z
      .strictObject({
        height: size,
        width: size,
        channels: size,
        maxShift: z.int().min(0).max(65_536),
        flip: z.boolean(),
        black: z.array(z.number()).max(65_536),
      })
      .exactOptional(),
  })
  .transform((task, context) => taskOf(task) ?? problem(context, 'initial weights do not fit the network'));

const problem = (context: z.RefinementCtx, message: string): typeof z.NEVER => {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
};

interface WireTask extends Omit<Extract<AnyTask, { readonly augment?: unknown }>, 'topology' | 'initial'> {
  readonly topology: AnyTopology;
  readonly initial?: WireNetwork;
}

/** Floats are base64, as in files. */
interface WireNetwork {
  readonly weights: string;
  readonly statistics?: string;
}

const wireNetwork = (network: Omit<AnyNetwork, 'topology'>): WireNetwork => ({
  weights: encodeWeights(network.weights),
  ...('statistics' in network && { statistics: encodeWeights(network.statistics as Float32Array) }),
});

/** The network of these floats; undefined where the topology asks for other ones. */
function networkOf(topology: AnyTopology, { weights, statistics = '' }: WireNetwork): AnyNetwork | undefined {
  const own = floats(weights, parametersOf(topology));
  if (!own) return undefined;
  if (!isCnn(topology)) return statistics === '' ? { topology, weights: own } : undefined;
  const other = floats(statistics, cnnTemplate(topology).statisticCount);
  return other && { topology, weights: own, statistics: other };
}

/** Undefined where there are not `count` of them; what is too long is not even decoded. */
function floats(text: string, count: number): Float32Array | undefined {
  if (text.length !== 4 * Math.ceil((4 * count) / 3) || Buffer.byteLength(text, 'base64') !== 4 * count)
    return undefined;
  return decodeWeights(text);
}

function taskOf({ topology, initial, augment, ...rest }: WireTask): AnyTask | undefined {
  const network = initial && networkOf(topology, initial);
  if (initial && !network) return undefined;
  if (isCnn(topology)) {
    const start = network && isCnnNetwork(network) ? { initial: network } : {};
    return { ...rest, topology, ...start, ...(augment && { augment }) };
  }
  return { ...rest, topology, ...(network && { initial: network.weights }) };
}

function wireTask(task: AnyTask): WireTask {
  if (isCnnTask(task)) {
    const { initial, ...rest } = task;
    return { ...rest, ...(initial && { initial: wireNetwork(initial) }) };
  }
  const { initial, ...rest } = task;
  return { ...rest, ...(initial && { initial: wireNetwork({ weights: initial }) }) };
}

const jobSchema = z.strictObject({ version: z.string().max(100), data: dataHash, task: taskSchema });

/** A job as it stands in Redis. */
export interface WireJob {
  readonly version: string;
  readonly data: string;
  readonly task: WireTask;
}

export const wireJob = (version: string, data: string, task: AnyTask): WireJob => ({
  version,
  data,
  task: wireTask(task),
});

/** A job as a worker takes it, or why it does not, as a sentence. */
export function parseJob(
  value: unknown,
  version: string,
): { readonly kind: 'job'; readonly data: string; readonly task: AnyTask } | { kind: 'refused'; reason: string } {
  const parsed = jobSchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    return { kind: 'refused', reason: `This is no job of deepmaker: ${path.join('.') || 'it'}: ${message}.` };
  }
  const { version: theirs, ...job } = parsed.data;
  if (theirs !== version) {
    return { kind: 'refused', reason: `The job is of version ${theirs}, and the worker is ${version}.` };
  }
  return { kind: 'job', ...job };
}

/**
 * Names a job by its content and by the run that it is for: a run that goes on after a kill finds the jobs that it left,
 * and two runs never share one.
 */
export const jobIdOf = (job: WireJob, scope: string): string =>
  `c${createHash('sha256')
    .update(JSON.stringify([scope, job]))
    .digest('hex')
    .slice(0, 32)}`;

const resultSchema = z.strictObject({
  outcome: z.enum(['finished', 'diverged']),
  network: z.strictObject({ weights: base64, statistics: base64.exactOptional() }).exactOptional(),
  ...evaluationFields,
  /** Who trained it, and in which arithmetic. */
  worker: recordName,
  arithmetic: recordName,
});

/** Results that are worth keeping; the others are failures of the job. */
export type Finished = Evaluation & { readonly outcome: 'finished' | 'diverged' };

export interface WorkerIdentity {
  readonly worker: string;
  readonly arithmetic: string;
}

export function wireResult(evaluation: Finished, by: WorkerIdentity): string {
  const { outcome, error, network, curve, seconds } = evaluation;
  return JSON.stringify({
    outcome,
    ...(error && { figures: error }),
    ...(network && { network: wireNetwork(network) }),
    ...(curve && { curve }),
    ...(seconds === undefined ? {} : { seconds }),
    ...by,
  });
}

/** What a worker found out about a task; undefined where it is no such thing. The network is of the task's own topology. */
export function parseResult(text: string, task: AnyTask): (WorkerIdentity & { evaluation: Finished }) | undefined {
  const parsed = resultSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { outcome, network: wire, figures, curve, seconds, ...by } = parsed.data;
  const network = wire && networkOf(task.topology, wire);
  const curves = Object.values(curve ?? {});
  if ((outcome === 'finished') !== (network !== undefined && figures !== undefined)) return undefined;
  if (curves.some((perEpoch) => perEpoch !== undefined && perEpoch.length > task.epochs)) return undefined;
  const evaluation: Finished = {
    outcome,
    ...(figures && { error: figures }),
    ...(network && { network }),
    ...(curve && { curve }),
    ...(seconds === undefined ? {} : { seconds }),
  };
  return { ...by, evaluation };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
