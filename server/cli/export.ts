/** `deepmaker export RUN`. */
import { join, resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { targetIds } from '../../engine/types.ts';
import { type Config, loadConfig } from '../config.ts';
import { circuitProblem } from '../pipeline/emit.ts';
import { exportDataset } from '../pipeline/exportDataset.ts';
import { type ExportChoice, exportArtifacts } from '../pipeline/onDisk.ts';
import { readRun } from '../pipeline/readRun.ts';
import { networkOf } from '../pipeline/storedNetworks.ts';
import type { Failure } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { circuitLayer, circuitOptions } from './circuit.ts';
import { type ExitCode, printFailure } from './common.ts';
import { abortOnInterrupt, oneRun, optionsHint, parseFlags } from './flags.ts';

const options = {
  candidate: { type: 'string' },
  target: { type: 'string' },
  out: { type: 'string' },
  ...circuitOptions,
} as const satisfies ParseArgsConfig['options'];

interface ExportRequest {
  readonly kind: 'request';
  readonly run: string;
  readonly folder: string;
  readonly choice: Omit<ExportChoice, 'signal' | 'config'>;
  readonly layer: Pick<Config, 'fpga'>;
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
  const circuit = circuitLayer(flags.values);
  if (circuit.kind === 'failed') return circuit;
  const choice = {
    ...(candidate && { candidateId: candidate }),
    ...(known && { target: known }),
  };
  return { kind: 'request', run, folder: resolve(out), choice, layer: circuit.layer };
}

async function carryOut({
  run,
  folder,
  choice,
  layer,
}: ExportRequest): Promise<
  { readonly kind: 'written'; readonly files: readonly string[]; readonly figures: readonly string[] } | Failure
> {
  const here = process.cwd();
  const signal = abortOnInterrupt();
  const stored = readRun(projectRoot(resolve('package.json')), run);
  if (stored.kind === 'failed') return stored;
  const network = networkOf(stored, choice.candidateId ?? stored.result.chosen);
  if (network.kind === 'failed') return network;
  const target = choice.target ?? (stored.kind === 'function' ? stored.result.target : 'cpu');
  const problem = circuitProblem(target, layer.fpga, network.network.topology);
  if (problem) return problem;
  const loaded = loadConfig({ root: projectRoot(join(stored.folder, 'run.json')), layers: [layer] });
  if (loaded.kind === 'failed') return loaded;
  const { config } = loaded;
  switch (stored.kind) {
    case 'function':
      return exportArtifacts(stored.result, folder, { ...choice, config, signal });
    case 'dataset': {
      const owner = resolve(stored.folder, '../../..');
      return exportDataset(stored.result, {
        folder,
        dataFolders: [here, owner],
        ...{ signal, config },
        ...choice,
      });
    }
  }
}
