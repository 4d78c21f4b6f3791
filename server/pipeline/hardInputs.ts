/**
 * Hard inputs: after training, a search for the inputs on which the front's networks are most wrong. What it finds can
 * join the training samples for another round; the worst that it finds for the chosen network is reported.
 */

import { outputUnits, sampleErrors } from '../../engine/data/metrics.ts';
import { seedOf } from '../../engine/data/random.ts';
import { concatenateSamples, splitSamples } from '../../engine/data/split.ts';
import type { Labelled } from '../../engine/trust/errorTree.ts';
import { type HardSearch, hardSearch } from '../../engine/trust/hardInputs.ts';
import type { AnyNetwork, Dataset, Encoding, Samples } from '../../engine/types.ts';
import { starterOf, startPool } from '../pool.ts';
import type { Failure } from '../protocol.ts';
import { describeRow } from '../sampling/describe.ts';
import { rowStatus } from '../sampling/messages.ts';
import { fullTask } from './candidates.ts';
import { networkOutputs } from './guard.ts';
import type { SampledContext } from './searchAndFinish.ts';
import type { TrainedCandidate } from './trainFully.ts';

interface HardContext extends SampledContext {
  readonly dataset: Dataset;
  readonly encoding: Encoding;
}

/** Each round calls the exact function for this share of the samples, in as many generations. */
const shareOfSamples = 0.5;
const generations = 5;

/** Trains the networks again on samples that hold their own hard inputs, `config.hardInputs` times. */
export async function hardenNetworks(
  context: HardContext,
  networks: readonly TrainedCandidate[],
  onRound: (round: number) => void,
): Promise<
  { readonly kind: 'hardened'; readonly networks: readonly TrainedCandidate[]; readonly added: number } | Failure
> {
  const { hardInputs, seed } = context.request.config;
  let { dataset } = context;
  let hardened = networks;
  let added = 0;
  for (let round = 1; round <= hardInputs && !context.hooks.signal.aborted; round++) {
    onRound(round);
    const count = Math.round((context.samples.count * shareOfSamples) / hardInputs / networks.length);
    for (const { candidate, network } of hardened) {
      const found = await findHard({ ...context, dataset }, network, {
        count,
        seed: seedOf(seed, candidate.key, round),
      });
      if (found.kind === 'failed') return found;
      dataset = withHard(dataset, found.samples, seedOf(seed, candidate.key, round, 'split'));
      added += found.samples.count;
    }
    hardened = await trainAgain({ ...context, dataset }, hardened, round);
  }
  return { kind: 'hardened', networks: hardened, added };
}

export interface FoundHard {
  readonly kind: 'found';
  /** The children, with the exact function's results; those without a result are left out. */
  readonly samples: Samples;
  readonly worst: HardSearch['worst'];
}

/** Searches from all samples of the dataset but the test samples, which stay for the figures. */
export async function findHard(
  context: HardContext,
  network: AnyNetwork,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<FoundHard | Failure> {
  const { dataset, domain, region, sandbox } = context;
  const known = concatenateSamples(dataset.train, dataset.validation);
  const search = hardSearch(domain, labelled(context, network, known), seed);
  let found: Samples = { count: 0, inputs: new Float64Array(), outputs: new Float64Array() };
  for (let generation = 0; generation < generations; generation++) {
    const size = Math.ceil(count / generations);
    const rows = search.ask(size);
    const evaluated = await sandbox.evaluate('exact', region.signature, rows, size);
    if (evaluated.kind === 'failed') return evaluated;
    const kept = [...evaluated.statuses.keys()].filter((row) => evaluated.statuses[row] === rowStatus.ok);
    const samples = pickRows({ count: size, inputs: rows, outputs: evaluated.outputs }, kept);
    search.tell(labelled(context, network, samples));
    found = concatenateSamples(found, samples);
  }
  return { kind: 'found', samples: found, worst: search.worst };
}

function labelled({ dataset, encoding }: HardContext, network: AnyNetwork, samples: Samples): Labelled {
  const { outputSlots, train } = dataset;
  const units = outputUnits(train.outputs, train.count, outputSlots);
  const errors = sampleErrors(samples.outputs, networkOutputs(network, encoding, samples), outputSlots, units);
  return { count: samples.count, inputs: samples.inputs, errors };
}

function pickRows({ count, inputs, outputs }: Samples, rows: readonly number[]): Samples {
  const pick = (values: Float64Array) => {
    const width = values.length / count;
    return Float64Array.from(rows.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]));
  };
  return { count: rows.length, inputs: pick(inputs), outputs: pick(outputs) };
}

/** Hard inputs join the validation samples too: otherwise the epoch that is kept would be one that ignores them. */
function withHard(dataset: Dataset, hard: Samples, seed: number): Dataset {
  if (hard.count < 3) return dataset;
  const split = splitSamples(hard, seed);
  const train = concatenateSamples(dataset.train, concatenateSamples(split.train, split.test));
  return { ...dataset, train, validation: concatenateSamples(dataset.validation, split.validation) };
}

/** In full, from new weights; a network that is no better for it, on the samples as they were drawn, stays as it was. */
async function trainAgain(
  context: HardContext,
  networks: readonly TrainedCandidate[],
  round: number,
): Promise<readonly TrainedCandidate[]> {
  const { dataset, encoding, request, trainer, hooks } = context;
  const { config } = request;
  const start = starterOf(request.evaluators, context.folder);
  const pool = startPool(dataset, encoding, { trainer, workers: config.workers }, start);
  const cancel = () => pool.cancel();
  hooks.signal.addEventListener('abort', cancel);
  try {
    const tasks = networks.map(({ candidate }) => ({
      ...fullTask({ config, loss: encoding.loss }, candidate),
      seed: seedOf(config.seed, candidate.key, 'hard', round),
    }));
    const results = await pool.train(tasks);
    return networks.map((before, index) => {
      const { network, error, curve } = results[index]!;
      if (!network || !error || !(tail(context, network) < tail(context, before.network))) {
        return before;
      }
      return { ...before, network, error, ...(curve && { curve }) };
    });
  } finally {
    hooks.signal.removeEventListener('abort', cancel);
    await pool.dispose();
  }
}

/** The 99th percentile of the errors on all samples as they were drawn, without the hard inputs. */
function tail(context: HardContext, network: AnyNetwork): number {
  const errors = labelled(context, network, context.samples).errors.sort();
  return errors[Math.ceil(0.99 * errors.length) - 1]!;
}

/** What a user reads: `38 % of the output's range, for spot = 100, strike = 100.2`. */
export interface WorstInput {
  readonly error: number;
  readonly input: string;
}

/** A search on the chosen network alone, for the report. */
export async function findWorst(context: HardContext, network: AnyNetwork): Promise<WorstInput | Failure> {
  const { samples, request, region } = context;
  const count = Math.max(100, Math.round(samples.count / 10));
  const found = await findHard(context, network, { count, seed: seedOf(request.config.seed, 'worst') });
  if (found.kind === 'failed') return found;
  const { row, error } = found.worst;
  return {
    error,
    input: describeRow(
      region.inputSlots,
      row.map((value) => Number(value.toPrecision(4))),
      0,
    ),
  };
}
