/** Samples of the kernels without a sandbox, for benchmarks that need no code of anybody else's. */
import { fileURLToPath } from 'node:url';
import { decode, encode, fitEncoding } from '../../../engine/data/encoding.ts';
import { sampleErrors } from '../../../engine/data/metrics.ts';
import { predict } from '../../../engine/nn/network.ts';
import type { Domain, Encoding, Network, Samples, Slot, Topology, TrainingTask } from '../../../engine/types.ts';
import { analyse, createSourceProject } from '../../../server/source/index.ts';
import { chooseTrainer, createTrainer } from '../../../server/trainers.ts';
import { beam, control, drag, elbow, europeanCall, friction, type kernelNames, pairForce, payout } from './kernels.ts';

export type KernelName = (typeof kernelNames)[number];

const kernelFunctions = { europeanCall, elbow, drag, beam, control, pairForce, payout, friction };

export interface Kernel {
  readonly name: KernelName;
  readonly domain: Domain;
  readonly inputSlots: readonly Slot[];
  readonly outputSlots: readonly Slot[];
  label(rows: Float64Array): Samples;
}

export function kernelOf(name: KernelName): Kernel {
  const file = fileURLToPath(new URL('kernels.ts', import.meta.url));
  const analysis = analyse(createSourceProject(), { file, name });
  if (analysis.kind !== 'region') throw new Error(JSON.stringify(analysis));
  const { domain, region } = analysis;
  const { inputSlots, outputSlots } = region;
  const call = kernelFunctions[name] as (...values: number[]) => number;
  const label = (inputs: Float64Array): Samples => {
    const count = inputs.length / domain.length;
    const row = (index: number) => inputs.subarray(index * domain.length, (index + 1) * domain.length);
    return { count, inputs, outputs: Float64Array.from({ length: count }, (_, index) => call(...row(index))) };
  };
  return { name, domain, inputSlots, outputSlots, label };
}

const chosen = await chooseTrainer('wasm', 'mlp', '.');
if (chosen.kind === 'failed') throw new Error(chosen.message);
const trainer = await createTrainer(chosen.setup);

export const encodingOf = ({ inputSlots, outputSlots, domain }: Kernel, train: Samples): Encoding =>
  fitEncoding(inputSlots, outputSlots, domain, train);

export async function trainOn(
  encoding: Encoding,
  { train, validation }: { readonly train: Samples; readonly validation: Samples },
  settings: { readonly hidden: readonly number[]; readonly epochs: number; readonly seed: number },
): Promise<Network> {
  const widths = [encoding.inputColumns, ...settings.hidden, encoding.outputColumns];
  const topology: Topology = { widths, activation: 'tanh' };
  const task: TrainingTask = {
    ...{ topology, optimizer: 'adam', learningRate: 0.01, schedule: 'cosine', loss: encoding.loss, batchSize: 32 },
    epochs: settings.epochs,
    seed: settings.seed,
  };
  return (await trainer.train(task, encode(train, encoding), encode(validation, encoding))).network as Network;
}

/** One error per row, as shares of `units`. */
export function errorsOf(
  kernel: Kernel,
  encoding: Encoding,
  network: Network,
  samples: Samples,
  units: readonly number[],
) {
  const approx = decode(predict(network, encode(samples, encoding).inputs, samples.count), samples.count, encoding);
  return sampleErrors(samples.outputs, approx, kernel.outputSlots, units);
}

export const quantile = (values: Float64Array, share: number): number =>
  values.toSorted()[Math.ceil(share * values.length) - 1]!;
