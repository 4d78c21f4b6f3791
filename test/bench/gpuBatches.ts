/** One process of `bench:gpu`: times batches on the adapter that WebGPU finds here, and tells its parent. */
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { batchGpuName, gpuNameOf, gpuTarget } from '../../engine/emit/gpu/gpu.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { networkName } from '../../engine/nn/models.ts';
import type { Activation } from '../../engine/types.ts';
import { isSoftware } from '../../server/targets/gpu.ts';
import { cnnTopologyWith, layersOf } from '../unit/cnnHelpers.ts';
import { emitCnnInputOf, rawImages } from '../unit/emitCnnHelpers.ts';
import { array, emitInputOf, number, randomRows } from '../unit/emitHelpers.ts';

export interface GpuTimes {
  /** Undefined where WebGPU finds none. */
  readonly adapter: string | undefined;
  /** Computes on the processor. */
  readonly software: boolean;
  /** Medians, in nanoseconds per batch. */
  readonly rows: readonly { network: string; count: number; cpuNs: number; gpuNs: number }[];
}

const rounds = 7;
/** Adapters that compute on the processor take minutes for more, and show no more by it. */
const softwareRows = { rounds: 3, most: 1024 } as const;
/** Of the outputs' range: what a GPU that fuses multiplications with additions may differ by. */
const tolerance = 2e-6;

interface Job {
  readonly input: EmitInput;
  readonly rows: (count: number) => Float64Array;
  readonly counts: readonly number[];
}

function perceptron(widths: readonly number[], activation: Activation): Job {
  const input = emitInputOf({
    functionName: 'net',
    parameters: [{ name: 'x', shape: array('Float64Array', widths[0]!, number) }],
    result: array('Float64Array', widths.at(-1)!, number),
    hidden: widths.slice(1, -1),
    activation,
  });
  return { input, rows: (count) => randomRows(input, count, 7), counts: [64, 1024, 16_384, 131_072] };
}

function images(): Job {
  const layers = layersOf({ blocks: 2, perBlock: 3 });
  const topology = cnnTopologyWith({ height: 28, width: 28, blocks: 2, layers, growth: 12, initialFilters: 24 });
  const input = emitCnnInputOf({ topology, range: () => [0, 1] });
  return { input, rows: (count) => rawImages(input, count), counts: [1, 8, 64] };
}

type Batch = (inputs: Float64Array, count: number) => Float64Array | Promise<Float64Array>;

async function time(job: Job): Promise<{ adapter: string | undefined; rows: GpuTimes['rows'] }> {
  const { input } = job;
  const code = stripTypeScriptTypes(String(gpuTarget.emit(input)[0].content));
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  const adapter: string | undefined = await module[gpuNameOf(input.functionName)]();
  if (adapter === undefined) return { adapter, rows: [] };
  const cpu: Batch = module[`${input.functionName}Batch`];
  const gpu: Batch = module[batchGpuName(input.functionName)];
  const rows = [];
  const software = isSoftware(adapter);
  for (const count of job.counts.filter((own) => !software || own <= softwareRows.most)) {
    const inputs = job.rows(count);
    checkSame(await cpu(inputs, count), await gpu(inputs, count));
    const [cpuNs, gpuNs]: [number[], number[]] = [[], []];
    for (let round = 0; round < (software ? softwareRows.rounds : rounds); round++) {
      cpuNs.push(await timeOne(cpu, inputs, count));
      gpuNs.push(await timeOne(gpu, inputs, count));
    }
    rows.push({ network: nameOf(input), count, cpuNs: median(cpuNs), gpuNs: median(gpuNs) });
  }
  return { adapter, rows };
}

async function timeOne(batch: Batch, inputs: Float64Array, count: number): Promise<number> {
  const started = performance.now();
  await batch(inputs, count);
  return (performance.now() - started) * 1e6;
}

const nameOf = ({ network: { topology } }: EmitInput) => `${networkName(topology)} ${topology.activation}`;
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;

/** A figure of code that computes something else would be worth nothing. */
function checkSame(cpu: Float64Array, gpu: Float64Array): void {
  let [least, most, difference] = [Infinity, -Infinity, 0];
  cpu.forEach((value, index) => {
    least = Math.min(least, value);
    most = Math.max(most, value);
    difference = Math.max(difference, Math.abs(value - gpu[index]!));
  });
  if (!(difference <= tolerance * Math.max(most - least, 1e-6))) throw new Error(`WebGPU is off by ${difference}.`);
}

const dawn: { create(flags: readonly string[]): object } = createRequire(join(process.argv[2]!, 'package.json'))(
  'webgpu',
);
Object.defineProperty(globalThis.navigator, 'gpu', { value: dawn.create([]), configurable: true });
const jobs = [
  perceptron([4, 16, 1], 'tanh'),
  perceptron([8, 32, 16, 1], 'tanh'),
  perceptron([16, 64, 64, 8], 'relu'),
  perceptron([64, 200, 200, 10], 'relu'),
  images(),
];
let adapter: string | undefined;
const rows = [];
for (const job of jobs) {
  const timed = await time(job);
  adapter = timed.adapter;
  if (adapter === undefined) break;
  rows.push(...timed.rows);
}
const times: GpuTimes = { adapter, software: adapter !== undefined && isSoftware(adapter), rows };
process.send!(times, () => process.exit());
