/** `deepmaker approximate FILE#FUNCTION`. */
import { resolve } from 'node:path';
import type { ParseArgsConfig, parseArgs } from 'node:util';
import { formatAmount } from '../../engine/format.ts';
import { type TargetId, targetIds } from '../../engine/types.ts';
import { type Config, loadConfig } from '../config.ts';
import { approximate } from '../pipeline/approximate.ts';
import { circuitProblem } from '../pipeline/emit.ts';
import { applyToDisk, exportArtifacts } from '../pipeline/onDisk.ts';
import type { RunResult } from '../pipeline/run.ts';
import type { Failure } from '../protocol.ts';
import { recordCommand } from '../record/fromCommand.ts';
import { defaultLimitBytes } from '../record/recording.ts';
import { callsToKeep } from '../record/use.ts';
import { projectRoot } from '../store.ts';
import { circuitLayer, circuitOptions } from './circuit.ts';
import { type ExitCode, parseRegion, printFailure, printReasons } from './common.ts';
import { abortOnInterrupt, parseFlags, settingsOf } from './flags.ts';
import { createProgress } from './progress.ts';
import { queueOptions, withQueue } from './queue.ts';
import { reportJson, reportTable } from './report.ts';

const options = {
  target: { type: 'string', default: 'cpu' },
  seed: { type: 'string' },
  config: { type: 'string' },
  generations: { type: 'string' },
  population: { type: 'string' },
  'max-error': { type: 'string' },
  'max-params': { type: 'string' },
  'max-bytes': { type: 'string' },
  workers: { type: 'string' },
  ...circuitOptions,
  ...queueOptions,
  trainer: { type: 'string' },
  objectives: { type: 'string' },
  guard: { type: 'string' },
  'guard-predictor': { type: 'boolean' },
  'hard-inputs': { type: 'string' },
  record: { type: 'string' },
  'record-seconds': { type: 'string' },
  'record-limit': { type: 'string' },
  'from-record': { type: 'string' },
  apply: { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

/** Flags that take a number, and the settings that they set. */
const numberFlags = {
  seed: 'seed',
  generations: 'generations',
  population: 'population',
  'max-error': 'maxError',
  'max-params': 'maxParams',
  'max-bytes': 'maxBytes',
  workers: 'workers',
  'hard-inputs': 'hardInputs',
} as const;

const recordNumbers = ['record-seconds', 'record-limit'] as const;

export async function runApproximate(args: readonly string[]): Promise<ExitCode> {
  const parsed = parse(args);
  if (parsed.kind === 'failed') return fail(parsed);
  const { values, file, name, target, circuit } = parsed;

  const root = projectRoot(file);
  const layer = {
    ...settingsOf(values, numberFlags),
    trainer: values.trainer,
    objectives: values.objectives?.split(','),
    guard: values.guard,
    guardPredictor: values['guard-predictor'],
    ...circuit,
  };
  const loaded = loadConfig({ root, layers: [layer], ...(values.config ? { file: resolve(values.config) } : {}) });
  if (loaded.kind === 'failed') return fail(loaded);

  const signal = abortOnInterrupt();
  const record = await recordOf(parsed, root, loaded.config, signal);
  if (typeof record === 'number') return record;
  const progress = createProgress();
  const { config } = loaded;
  const outcome = await withQueue(values, config, progress.note, (evaluators) =>
    approximate(
      { file, name, target, config, ...(record === undefined ? {} : { record }), ...(evaluators && { evaluators }) },
      { signal, onProgress: progress.show, onFront: progress.showFront },
    ),
  );
  progress.end();

  switch (outcome.kind) {
    case 'done':
      return finish(outcome.result, values, { root, config, signal });
    case 'cancelled':
      console.error(`Cancelled after ${outcome.evaluated} candidates. Run the same command again to go on from there.`);
      return 130;
    case 'refused':
      printReasons(file, outcome.reasons);
      return 2;
    case 'needs-ranges':
      console.error(`deepmaker: ${name} was not approximated: the range of some inputs is not known.`);
      console.error('Add these lines to its JSDoc comment, with the smallest and the largest value:');
      for (const { tag } of outcome.missing) console.error(`  * ${tag}`);
      return 2;
    case 'failed':
      return fail(outcome);
  }
}

/** The record to start from: the one that is named, or a new one of a command. An exit code where there can be none. */
async function recordOf(
  { values, file, name }: Parsed & { kind: 'parsed' },
  root: string,
  { samples, seed }: Config,
  signal: AbortSignal,
): Promise<string | undefined | ExitCode> {
  const { record: command, 'record-seconds': seconds, 'record-limit': megabytes } = values;
  if (command === undefined) return values['from-record'];
  console.error(`Recording the calls of ${name} while this runs: ${command}`);
  const recorded = await recordCommand({
    ...{ root, file, name, command, signal, seed },
    calls: callsToKeep(samples),
    limitBytes: megabytes === undefined ? defaultLimitBytes : Number(megabytes) * 2 ** 20,
    ...(seconds === undefined ? {} : { limitMs: Number(seconds) * 1000 }),
  });
  if (recorded.kind === 'refused') {
    printReasons(file, recorded.reasons);
    return 2;
  }
  if (recorded.kind === 'failed') return signal.aborted ? 130 : fail(recorded);
  console.error(`Recorded ${formatAmount(recorded.calls, 'call')} as ${recorded.id}`);
  if (!signal.aborted) return recorded.id;
  console.error(`Cancelled. To go on: deepmaker approximate ${file}#${name} --from-record ${recorded.id}`);
  return 130;
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
type Parsed =
  | { kind: 'parsed'; values: Values; file: string; name: string; target: TargetId; circuit: Pick<Config, 'fpga'> }
  | Failure;

function parse(args: readonly string[]): Parsed {
  const numbers = [...(Object.keys(numberFlags) as (keyof typeof numberFlags)[]), ...recordNumbers];
  const flags = parseFlags(args, options, numbers);
  if (flags.kind === 'failed') return flags;
  const { values, positionals } = flags;
  if (values.record !== undefined && values['from-record'] !== undefined) {
    return {
      kind: 'failed',
      message: '--record makes a new record, --from-record takes an old one.',
      hint: 'Give one.',
    };
  }
  if (positionals.length > 1) {
    return { kind: 'failed', message: `one function at a time; "${positionals[1]}" is too much.` };
  }
  const region = parseRegion(positionals[0]);
  if (region.kind === 'failed') return region;
  const target = targetIds.find((id) => id === values.target);
  if (!target) {
    return {
      kind: 'failed',
      message: `there is no target "${values.target}".`,
      hint: `Targets: ${targetIds.join(', ')}.`,
    };
  }
  const circuit = circuitLayer(values);
  if (circuit.kind === 'failed') return circuit;
  const problem = circuitProblem(target, circuit.layer.fpga);
  if (problem) return problem;
  return { ...region, kind: 'parsed', values, target, circuit: circuit.layer };
}

async function finish(
  result: RunResult,
  values: Values,
  { root, config, signal }: { readonly root: string; readonly config: Config; readonly signal: AbortSignal },
): Promise<ExitCode> {
  const { runId, chosen, target, criterion } = result;
  const written = values.out ? await exportArtifacts(result, resolve(values.out), { config, signal }) : undefined;
  const { force } = values;
  const applied =
    values.apply && (criterion.met || force)
      ? await applyToDisk(root, {
          ...{ runId, candidateId: chosen, target, force, config, signal },
          ...(written?.kind === 'written' && { generated: written.generated }),
        })
      : undefined;
  const artifacts = [
    ...(written?.kind === 'written' ? written.files : []),
    ...(applied?.kind === 'applied' ? [applied.file] : []),
  ];
  const checked = [written, applied].flatMap((outcome) =>
    outcome?.kind === 'written' ? outcome.figures : outcome?.kind === 'applied' ? outcome.checked : [],
  );
  // The figures took a while to get, so they are shown also where the code could not be written.
  const report = values.json ? reportJson : reportTable;
  console.log(report(result, { artifacts, applied: applied?.kind === 'applied', checked: [...new Set(checked)] }));
  if (applied?.kind === 'objection') console.error(`deepmaker: ${applied.message}`);
  if (values.apply && applied?.kind !== 'applied' && applied?.kind !== 'failed') {
    console.error('deepmaker: the network was not applied. Add --force to apply it all the same.');
  }
  const failures = [written, applied].filter((outcome) => outcome?.kind === 'failed');
  for (const failure of failures) printFailure(failure);
  if (failures.length > 0) return 2;
  return criterion.met && applied?.kind !== 'objection' ? 0 : 1;
}

function fail(failure: Failure): ExitCode {
  printFailure(failure);
  return 2;
}
