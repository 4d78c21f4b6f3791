/** `deepmaker export RUN`. */
import { resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { type TargetId, targetIds } from '../../engine/types.ts';
import { exportDataset } from '../pipeline/exportDataset.ts';
import { exportArtifacts } from '../pipeline/onDisk.ts';
import { readRun } from '../pipeline/readRun.ts';
import type { Failure } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { abortOnInterrupt, oneRun, optionsHint, parseFlags } from './flags.ts';

const options = {
  candidate: { type: 'string' },
  target: { type: 'string' },
  out: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

interface ExportRequest {
  readonly kind: 'request';
  readonly run: string;
  readonly folder: string;
  readonly choice: { readonly candidateId?: string; readonly target?: TargetId };
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
  const choice = { ...(candidate && { candidateId: candidate }), ...(known && { target: known }) };
  return { kind: 'request', run, folder: resolve(out), choice };
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
