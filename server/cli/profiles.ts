/** `deepmaker profiles RUN`: what a network of a finished run takes on the devices of the paper. */
import { resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import type { ProfileEstimate } from '../../engine/emit/profiles/profiles.ts';
import { profileBasis, profileNotes, profileTable } from '../../engine/emit/profiles/table.ts';
import { formatBytes, formatCount } from '../../engine/format.ts';
import { deviceEstimates } from '../pipeline/estimates.ts';
import { readRun } from '../pipeline/readRun.ts';
import { networkOf } from '../pipeline/storedNetworks.ts';
import type { Failure } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { oneRun, parseFlags } from './flags.ts';

import { formatTable } from './report.ts';

const options = {
  candidate: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

export async function runProfiles(args: readonly string[]): Promise<ExitCode> {
  const flags = parseFlags(args, options, []);
  if (flags.kind === 'failed') return refuse(flags);
  const named = oneRun(flags.positionals, 'deepmaker profiles RUN');
  if (named.kind === 'failed') return refuse(named);
  const run = readRun(projectRoot(resolve('package.json')), named.run);
  if (run.kind === 'failed') return refuse(run);
  const found = networkOf(run, flags.values.candidate ?? run.result.chosen);
  if (found.kind === 'failed') return refuse(found);
  const profiles = deviceEstimates(run, found);
  if (flags.values.json) console.log(JSON.stringify({ candidate: found.id, basis: profileBasis(), profiles }, null, 2));
  else for (const line of tableLines(found.id, profiles)) console.log(line);
  return 0;
}

function refuse(failure: Failure): ExitCode {
  printFailure(failure);
  return 2;
}

function tableLines(id: string, profiles: readonly ProfileEstimate[]): string[] {
  const { multiplyAccumulates, memoryBytes } = profiles[0]!;
  const { columns, rows } = profileTable(profiles);
  return [
    `Network ${id}: ${formatCount(multiplyAccumulates)} multiply-accumulates, ${formatBytes(memoryBytes)} of parameters and values.`,
    '',
    ...formatTable([columns, ...rows], 1),
    '',
    profileBasis(),
    ...profileNotes(profiles),
  ];
}
