/** `deepmaker export RUN`. */
import { resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { type FpgaOptions, fpgaForms, mostMacs } from '../../engine/emit/fpga/plan.ts';
import { targetIds } from '../../engine/types.ts';
import { exportDataset } from '../pipeline/exportDataset.ts';
import { type ExportChoice, exportArtifacts } from '../pipeline/onDisk.ts';
import { readRun } from '../pipeline/readRun.ts';
import type { Failure } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { abortOnInterrupt, oneRun, optionsHint, parseFlags } from './flags.ts';

const options = {
  candidate: { type: 'string' },
  target: { type: 'string' },
  out: { type: 'string' },
  circuit: { type: 'string' },
  multipliers: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

interface ExportRequest {
  readonly kind: 'request';
  readonly run: string;
  readonly folder: string;
  readonly choice: Omit<ExportChoice, 'signal'>;
}

export async function runExport(args: readonly string[]): Promise<ExitCode> {
  const request = parse(args);
  const written = request.kind === 'failed' ? request : await carryOut(request);
  if (written.kind === 'failed') {
    printFailure(written);
    return 2;
  }
  for (const line of [...written.files.map((file) => `Wrote ${file}`), ...written.figures]) console.log(line);
  return 0;
}

function parse(args: readonly string[]): ExportRequest | Failure {
  const flags = parseFlags(args, options, []);
  if (flags.kind === 'failed') return flags;
  const { candidate, target, out } = flags.values;
  const named = oneRun(flags.positionals, 'deepmaker export RUN --out DIR');
  if (named.kind === 'failed') return named;
  const { run } = named;
  if (out === undefined) return { kind: 'failed', message: 'export needs --out DIR.', hint: optionsHint };
  const known = targetIds.find((id) => id === target);
  if (target !== undefined && known === undefined) {
    const message = `there is no target "${target}".`;
    return { kind: 'failed', message, hint: `Targets: ${targetIds.join(', ')}.` };
  }
  const circuit = circuitOf(flags.values);
  if (circuit.kind === 'failed') return circuit;
  const choice = {
    ...(candidate && { candidateId: candidate }),
    ...(known && { target: known }),
    ...(circuit.options && { circuit: circuit.options }),
  };
  return { kind: 'request', run, folder: resolve(out), choice };
}

/** The circuit that the flags ask for; no options where they leave it to the target. */
function circuitOf({
  circuit,
  multipliers,
}: {
  readonly circuit?: string;
  readonly multipliers?: string;
}): { readonly kind: 'circuit'; readonly options?: FpgaOptions } | Failure {
  const form = fpgaForms.find((known) => known === circuit);
  if (circuit !== undefined && form === undefined) {
    const message = `there is no circuit "${circuit}".`;
    return { kind: 'failed', message, hint: `Circuits: ${fpgaForms.join(', ')}.` };
  }
  if (multipliers === undefined) return { kind: 'circuit', ...(form && { options: { form } }) };
  const macs = Number(multipliers);
  if (!Number.isInteger(macs) || macs < 1 || macs > mostMacs) {
    const message = `--multipliers ${multipliers} is no whole number from 1 to ${mostMacs}.`;
    return { kind: 'failed', message, hint: optionsHint };
  }
  if (form === 'parallel') {
    const message = 'a parallel circuit has as many multipliers as it needs.';
    return { kind: 'failed', message, hint: 'Leave --multipliers out, or ask for --circuit streaming.' };
  }
  return { kind: 'circuit', options: { form: 'streaming', macs } };
}

async function carryOut({
  run,
  folder,
  choice,
}: ExportRequest): Promise<
  { readonly kind: 'written'; readonly files: readonly string[]; readonly figures: readonly string[] } | Failure
> {
  const here = process.cwd();
  const signal = abortOnInterrupt();
  const stored = readRun(projectRoot(resolve('package.json')), run);
  switch (stored.kind) {
    case 'function':
      return exportArtifacts(stored.result, folder, { ...choice, signal });
    case 'dataset': {
      const owner = resolve(stored.folder, '../../..');
      return exportDataset(stored.result, {
        folder,
        dataFolders: [here, owner],
        signal,
        ...choice,
      });
    }
    case 'failed':
      return stored;
  }
}
