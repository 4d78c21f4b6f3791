/** `deepmaker.config.json`: one schema for the file, the editor's settings and the JSON Schema that the editor shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type FpgaOptions, fpgaForms, mostMacs } from '../engine/emit/fpga/plan.ts';
import { formatCount } from '../engine/format.ts';
import { isCnn } from '../engine/nn/models.ts';
import { bytesPerParameter, integerFormats } from '../engine/quantise/quantise.ts';
import { currentLocale, t } from '../engine/texts.ts';
import { type AnyTopology, guardModes } from '../engine/types.ts';
import type { Failure } from './protocol.ts';

/** The search's objectives, by name. */
export const objectiveNames = ['error', 'params', 'latency'] as const;
export type ObjectiveName = (typeof objectiveNames)[number];

const count = z.int().positive();
const fraction = z.number().min(0).max(1);

const pruning = z.strictObject({
  alphas: z
    .array(z.number().gt(0).lt(1))
    .refine((alphas) => alphas.every((alpha, index) => index === 0 || alpha > alphas[index - 1]!), {
      error: () => t('must ascend'),
    })
    .describe('Shares of the parameters to remove from the networks of the front, ascending. []: prune nothing.'),
  fineTuneEpochs: z.int().min(0).describe('Training epochs after pruning, for each share.'),
  everyStep: z.boolean().describe('Fine-tune after every neuron that goes, instead of once for each share.'),
});

const quantisation = z.strictObject({
  formats: z
    .array(z.enum(integerFormats))
    .describe('Integer formats to offer the networks of the front in: int8, fixed16. []: none.'),
  aware: z
    .boolean()
    .describe(
      'Where integers cost more than half a percentage point of error, train a few epochs with them in the loop.',
    ),
});

const fpga = z.strictObject({
  circuit: z
    .enum(fpgaForms)
    .optional()
    .describe(
      'parallel: a multiplier for each weight of a perceptron. streaming: a few for all. Default: by the size. Convolutional networks stream.',
    ),
  multipliers: z
    .int()
    .min(1)
    .max(mostMacs)
    .optional()
    .describe(
      'Multipliers of streaming circuits, which networks then become. Default: 4, for convolutional networks 12.',
    ),
});

const settings = z.strictObject({
  population: z.int().min(2).describe('Candidates per generation.'),
  generations: count.describe('Generations of the search, the random one included.'),
  searchEpochs: count.describe('Training epochs of each candidate during the search.'),
  fullEpochs: z
    .int()
    .min(0)
    .describe('Training epochs of the networks on the final front. 0: they keep the training of the search.'),
  batchSize: count.describe('Samples per training step.'),
  dropout: z.number().min(0).lt(1).describe('Fraction of a layer that training drops, in convolutional networks.'),
  crossoverRate: fraction.describe('Probability that two parents exchange genes.'),
  mutationRate: fraction.optional().describe('Probability that a gene is drawn anew. Default: 1 / number of genes.'),
  selection: z.enum(['roulette', 'tournament']).describe('How parents are selected.'),
  fidelity: z
    .enum(['full', 'halving'])
    .describe('halving: candidates train an eighth of their epochs, and the best third of a generation all of them.'),
  space: z
    .enum(['paper', 'extended'])
    .describe('Convolutional networks to search. extended: also other growth rates, and DenseNet-BC.'),
  augment: z
    .enum(['none', 'shift', 'shift+flip'])
    .describe('How training images change each time: moved by up to an eighth of their side, and mirrored.'),
  samples: z.int().min(100).describe('Input/output pairs to sample.'),
  maxError: z
    .number()
    .positive()
    .optional()
    .describe('Largest acceptable NRMSE, as a fraction. Default: the @approximate tag, or 0.05.'),
  maxParams: count
    .optional()
    .describe('Largest network to consider, in parameters. Default: 4096 for functions, no limit for datasets.'),
  maxBytes: count
    .optional()
    .describe('Largest network to consider, in bytes of its constants: 4 a parameter. Default: as maxParams.'),
  pruning: pruning.describe('Pruned variants of the networks on the front.'),
  quantisation: quantisation.describe('Variants of the networks on the front in integers.'),
  fpga: fpga.optional().describe('Circuits for FPGAs; the front stays the same.'),
  workers: count.optional().describe('Worker threads that train candidates. Default: the number of cores.'),
  trainer: z
    .enum(['auto', 'wasm', 'reference', 'tensorflow', 'webgpu'])
    .describe('What trains the networks. tensorflow and webgpu need packages of their own; auto is the embedded wasm.'),
  objectives: z
    .array(z.enum(objectiveNames))
    .min(2)
    .refine((names) => new Set(names).size === names.length && names.includes('error'), {
      error: () => t('name error and at least one of params and latency, each once'),
    })
    .describe('What the search minimises. latency is estimated from the network, so that the front stays the same.'),
  guard: z
    .enum(guardModes)
    .describe('What applied code does outside of the trained ranges: call the exact function, clamp, or nothing.'),
  guardPredictor: z
    .boolean()
    .describe('Also call the exact function where the error is expected to be large, for at most 10 % of the inputs.'),
  hardInputs: z
    .int()
    .min(0)
    .max(10)
    .describe('Rounds in which the inputs with the largest errors are searched for and trained on again.'),
  seed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .describe('Seeds sampling, search and training. The same seed gives the same front.'),
});

export type Config = z.infer<typeof settings>;

export const defaultConfig: Config = {
  population: 30,
  generations: 5,
  searchEpochs: 16,
  fullEpochs: 300,
  batchSize: 128,
  dropout: 0.2,
  crossoverRate: 0.9,
  selection: 'roulette',
  fidelity: 'full',
  space: 'paper',
  augment: 'none',
  samples: 20_000,
  pruning: { alphas: [0.1, 0.3, 0.5], fineTuneEpochs: 5, everyStep: false },
  quantisation: { formats: ['int8', 'fixed16'], aware: true },
  trainer: 'auto',
  objectives: ['error', 'params'],
  guard: 'fallback',
  guardPredictor: false,
  hardInputs: 0,
  seed: 1,
};

/** The most parameters that a searched network may have: both limits in one; undefined where there is neither. */
export function parameterLimit({ maxParams, maxBytes }: Config): number | undefined {
  if (maxBytes === undefined) return maxParams;
  return Math.min(maxParams ?? Infinity, Math.floor(maxBytes / bytesPerParameter));
}

/** The circuit that a network becomes; undefined where that is left to the target. */
export function circuitFor({ fpga = {} }: Pick<Config, 'fpga'>, topology: AnyTopology): FpgaOptions | undefined {
  const { circuit, multipliers } = fpga;
  if (circuit === 'parallel' && !isCnn(topology)) return { form: circuit };
  if (multipliers !== undefined) return { form: 'streaming', macs: multipliers };
  return circuit === 'streaming' ? { form: circuit } : undefined;
}

/** A failure for want of parameters says what that means in bytes, where those were limited. */
export function withByteHint<T extends { readonly kind: string }>(outcome: T, { maxBytes }: Config): T {
  if (outcome.kind !== 'failed' || maxBytes === undefined || !('hint' in outcome)) return outcome;
  return {
    ...outcome,
    hint: t(
      '{0} Each takes {1} bytes, of which {2} are allowed.',
      String(outcome.hint),
      formatCount(bytesPerParameter),
      formatCount(maxBytes),
    ),
  };
}

export const configFileName = 'deepmaker.config.json';

const overrides = settings.partial().extend({
  pruning: pruning.partial().optional().describe(settings.shape.pruning.description!),
  quantisation: quantisation.partial().optional().describe(settings.shape.quantisation.description!),
  $schema: z.string().optional(),
});

/** The schema that editors validate `deepmaker.config.json` with. */
export function configJsonSchema(): object {
  return { title: 'DeepMaker configuration', ...z.toJSONSchema(overrides) };
}

export interface ConfigSources {
  /** Folder that may hold a `deepmaker.config.json`. */
  readonly root: string;
  /** A configuration file that must exist, instead of the one in `root`. */
  readonly file?: string;
  /** Editor settings, then command-line flags: later ones win. */
  readonly layers?: readonly Readonly<Record<string, unknown>>[];
}

/** Defaults, then the file, then each layer. A value that does not fit names itself and its source. */
export function loadConfig(sources: ConfigSources): { kind: 'config'; config: Config } | Failure {
  const file = readConfigFile(sources);
  if (file.kind === 'failed') return file;
  let config = defaultConfig;
  for (const [values, origin] of [
    [file.values, file.origin] as const,
    ...(sources.layers ?? []).map((layer) => [layer, t('the settings')] as const),
  ]) {
    const given = Object.fromEntries(
      Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
    );
    const parsed = overrides.safeParse(given, { error: schemaErrors() });
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      return {
        kind: 'failed',
        message: `${origin}: ${issue.path.join('.') || t('the configuration')}: ${issue.message}`,
        hint: t('Correct the value and run again.'),
      };
    }
    const { $schema: _schema, pruning = {}, quantisation = {}, fpga = {}, ...known } = parsed.data;
    config = {
      ...config,
      ...withoutUndefined(known),
      pruning: { ...config.pruning, ...withoutUndefined(pruning) },
      quantisation: { ...config.quantisation, ...withoutUndefined(quantisation) },
      ...((config.fpga || parsed.data.fpga) && { fpga: { ...config.fpga, ...withoutUndefined(fpga) } }),
    };
  }
  return { kind: 'config', config };
}

/** What is wrong with a value, in the reader's language where the schema's library knows it. */
function schemaErrors() {
  const { locales } = z;
  const { name } = currentLocale();
  return (name in locales ? locales[name as keyof typeof locales]() : locales.en()).localeError;
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as never;
}

type ConfigFile = { kind: 'file'; values: Readonly<Record<string, unknown>>; origin: string } | Failure;

function readConfigFile(sources: ConfigSources): ConfigFile {
  const path = sources.file ?? join(sources.root, configFileName);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing && !sources.file) return { kind: 'file', values: {}, origin: path };
    return {
      kind: 'failed',
      message: t('{0} could not be read.', path),
      hint: t('Give the path of a configuration file.'),
    };
  }
  try {
    const values: unknown = JSON.parse(text);
    if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
      return { kind: 'file', values: values as Record<string, unknown>, origin: path };
    }
    return {
      kind: 'failed',
      message: t('{0}: the configuration must be an object.', path),
      hint: t('Write { "population": 30 }.'),
    };
  } catch (error) {
    return {
      kind: 'failed',
      message: `${path}: ${(error as Error).message}`,
      hint: t('Correct the JSON and run again.'),
    };
  }
}
