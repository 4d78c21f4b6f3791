/** `deepmaker search DATASET`. */
import { join, resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { loadConfig } from '../config.ts';
import type { DatasetRequest, DatasetResult } from '../pipeline/datasetRun.ts';
import { searchDataset } from '../pipeline/datasetSearch.ts';
import type { Failure } from '../protocol.ts';
import { guardDisk, projectRoot, writeAtomically } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { abortOnInterrupt, optionsHint, parseFlags, settingsOf } from './flags.ts';
import { createProgress } from './progress.ts';
import { type QueueFlags, queueOptions, withQueue } from './queue.ts';
import { datasetJson, datasetTable, networkJson } from './searchReport.ts';
import { alphasOf, formatsOf } from './variants.ts';

const options = {
  model: { type: 'string' },
  seed: { type: 'string' },
  config: { type: 'string' },
  generations: { type: 'string' },
  population: { type: 'string' },
  epochs: { type: 'string' },
  'full-epochs': { type: 'string' },
  subset: { type: 'string' },
  seconds: { type: 'string' },
  'max-error': { type: 'string' },
  'max-params': { type: 'string' },
  'max-bytes': { type: 'string' },
  workers: { type: 'string' },
  ...queueOptions,
  trainer: { type: 'string' },
  fidelity: { type: 'string' },
  space: { type: 'string' },
  augment: { type: 'string' },
  alpha: { type: 'string' },
  format: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

/** Flags that set a number of the configuration. */
const numberFlags = {
  seed: 'seed',
  generations: 'generations',
  population: 'population',
  epochs: 'searchEpochs',
  'full-epochs': 'fullEpochs',
  'max-error': 'maxError',
  'max-params': 'maxParams',
  'max-bytes': 'maxBytes',
  workers: 'workers',
} as const;

/** A candidate may take longer than this by itself; timers cannot count much further. */
const longestSeconds = 2_000_000;

export async function runSearchCommand(args: readonly string[]): Promise<ExitCode> {
  const parsed = parse(args);
  if (parsed.kind === 'failed') return fail(parsed);
  const progress = createProgress({ measuring: 'Testing the front' });
  const { request, flags } = parsed;
  const hooks = { signal: abortOnInterrupt(), onProgress: progress.show, onFront: progress.showFront };
  const outcome = await withQueue(flags, request.config, progress.note, (evaluators) =>
    searchDataset({ ...request, ...(evaluators && { evaluators }) }, hooks),
  );
  progress.end();
  switch (outcome.kind) {
    case 'done':
      return finish(outcome.result, parsed);
    case 'cancelled':
      console.error(`Cancelled after ${outcome.evaluated} candidates. Run the same command again to go on from there.`);
      return 130;
    case 'failed':
      return fail(outcome);
  }
}

interface Parsed {
  readonly kind: 'parsed';
  readonly request: DatasetRequest;
  readonly flags: QueueFlags;
  readonly json: boolean;
  readonly out?: string;
}

function parse(args: readonly string[]): Parsed | Failure {
  const numbers = [...(Object.keys(numberFlags) as (keyof typeof numberFlags)[]), 'subset', 'seconds'] as const;
  const flags = parseFlags(args, options, numbers);
  if (flags.kind === 'failed') return flags;
  const { values, positionals } = flags;
  const [dataset, tooMuch] = positionals;
  if (dataset === undefined || tooMuch !== undefined) {
    const message =
      dataset === undefined ? 'no dataset was named.' : `one dataset at a time; "${tooMuch}" is too much.`;
    return { kind: 'failed', message, hint: 'Write deepmaker search mnist, or the path of a .json or .npy file.' };
  }
  const { model, trainer, fidelity, space, augment } = values;
  if (model !== undefined && model !== 'cnn' && model !== 'mlp') {
    return { kind: 'failed', message: `there is no model "${model}".`, hint: 'Models: cnn, mlp.' };
  }
  const subset = values.subset === undefined ? undefined : Number(values.subset);
  if (subset !== undefined && !(Number.isInteger(subset) && subset >= 10)) {
    return { kind: 'failed', message: `--subset needs at least 10 rows, not ${values.subset}.`, hint: optionsHint };
  }
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
  if (seconds !== undefined && !(seconds > 0 && seconds <= longestSeconds)) {
    const message = `--seconds needs more than 0 and at most ${longestSeconds} seconds, not ${values.seconds}.`;
    return { kind: 'failed', message, hint: optionsHint };
  }
  const variants = variantSettings(values);
  if (variants.kind === 'failed') return variants;
  const folder = process.cwd();
  const loaded = loadConfig({
    root: projectRoot(join(folder, dataset)),
    layers: [{ ...settingsOf(values, numberFlags), trainer, fidelity, space, augment, ...variants.settings }],
    ...(values.config ? { file: resolve(values.config) } : {}),
  });
  if (loaded.kind === 'failed') return loaded;
  return {
    kind: 'parsed',
    request: {
      dataset,
      folder,
      config: loaded.config,
      ...(model && { model }),
      ...(subset === undefined ? {} : { subset }),
      ...(seconds === undefined ? {} : { seconds }),
    },
    flags: values,
    json: values.json === true,
    ...(values.out === undefined ? {} : { out: resolve(values.out) }),
  };
}

/** What is made of the front, where a flag says it; `none` makes nothing. */
function variantSettings({
  alpha,
  format,
}: {
  readonly alpha?: string | undefined;
  readonly format?: string | undefined;
}): { readonly kind: 'settings'; readonly settings: object } | Failure {
  const rates = alpha === undefined || alpha === 'none' ? undefined : alphasOf(alpha);
  if (rates?.kind === 'failed') return rates;
  const numbers = format === undefined || format === 'none' ? undefined : formatsOf(format);
  if (numbers?.kind === 'failed') return numbers;
  return {
    kind: 'settings',
    settings: {
      ...(alpha !== undefined && { pruning: { alphas: rates?.alphas ?? [] } }),
      ...(format !== undefined && { quantisation: { formats: numbers?.formats ?? [] } }),
    },
  };
}

async function finish(result: DatasetResult, { json, out }: Parsed): Promise<ExitCode> {
  const written = out === undefined ? undefined : await writeNetwork(result, out);
  const artifacts = written?.kind === 'written' ? [written.file] : [];
  // The figures took a while to get, so they are shown also where the network could not be written.
  console.log(json ? datasetJson(result, artifacts) : datasetTable(result, artifacts));
  if (written?.kind === 'failed') return fail(written);
  return result.criterion.met ? 0 : 1;
}

/** Writes the chosen network, with all that it takes to feed it, as one JSON file. */
const writeNetwork = (
  result: DatasetResult,
  folder: string,
): Promise<{ readonly kind: 'written'; readonly file: string } | Failure> =>
  guardDisk(async () => {
    const file = join(folder, `${result.dataset.name}-${result.model}.json`);
    writeAtomically(file, networkJson(result));
    return { kind: 'written', file };
  });

function fail(failure: Failure): ExitCode {
  printFailure(failure);
  return 2;
}
