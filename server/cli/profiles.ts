/** `deepmaker profiles RUN`: what a network of a finished run takes on the devices of the paper, at best. */
import { resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { estimateProfiles, type ProfileEstimate, profileBasis } from '../../engine/emit/profiles/profiles.ts';
import { formatBytes, formatCount, formatDuration } from '../../engine/format.ts';
import type { AnyNetwork } from '../../engine/types.ts';
import { readRun } from '../pipeline/readRun.ts';
import { decodeWeights } from '../pipeline/run.ts';
import { restoreNetwork } from '../pipeline/storedNetwork.ts';
import type { Failure } from '../protocol.ts';
import { projectRoot } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { oneRun, parseFlags } from './flags.ts';

const options = {
  candidate: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

export async function runProfiles(args: readonly string[]): Promise<ExitCode> {
  const flags = parseFlags(args, options, []);
  if (flags.kind === 'failed') return refuse(flags);
  const named = oneRun(flags.positionals, 'deepmaker profiles RUN');
  if (named.kind === 'failed') return refuse(named);
  const found = findNetwork(named.run, flags.values.candidate);
  if (found.kind === 'failed') return refuse(found);
  const profiles = estimateProfiles(found.network);
  if (flags.values.json) console.log(JSON.stringify({ candidate: found.id, basis: profileBasis, profiles }, null, 2));
  else for (const line of tableLines(found.id, profiles)) console.log(line);
  return 0;
}

function refuse(failure: Failure): ExitCode {
  printFailure(failure);
  return 2;
}

function findNetwork(
  run: string,
  candidate: string | undefined,
): { readonly kind: 'network'; readonly id: string; readonly network: AnyNetwork } | Failure {
  const stored = readRun(projectRoot(resolve('package.json')), run);
  if (stored.kind === 'failed') return stored;
  const { runId, chosen, networks } = stored.result;
  const id = candidate ?? chosen;
  const network =
    stored.kind === 'dataset'
      ? stored.result.networks.filter((own) => own.id === id).map(restoreNetwork)[0]
      : stored.result.networks
          .filter((own) => own.id === id)
          .map(({ widths, activation, weights }) => ({
            topology: { widths, activation },
            weights: decodeWeights(weights),
          }))[0];
  if (network) return { kind: 'network', id, network };
  const message = `The run ${runId} holds no trained network ${id}.`;
  return { kind: 'failed', message, hint: `Choose one of ${networks.map((own) => own.id).join(', ')}.` };
}

function tableLines(id: string, profiles: readonly ProfileEstimate[]): string[] {
  const { multiplyAccumulates, memoryBytes } = profiles[0]!;
  const head = ['device', 'clock', 'memory', 'fits', 'latency at least', 'energy at least'];
  const rows = profiles.map(({ profile, fits, leastLatencyNs, leastEnergyNanojoules, energyClass }) => [
    profile.name,
    `${profile.clockGhz} GHz`,
    profile.memory,
    fits ? 'yes' : 'no',
    formatDuration(leastLatencyNs),
    leastEnergyNanojoules === undefined
      ? 'no power printed'
      : `${leastEnergyNanojoules.toPrecision(3)} nJ (${energyClass})`,
  ]);
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [
    `Network ${id}: ${formatCount(multiplyAccumulates)} multiply-accumulates, ${formatBytes(memoryBytes)} as float32.`,
    '',
    ...[head, ...rows].map(line),
    '',
    profileBasis,
    ...profiles.map(({ profile }) => `${profile.name}: ${profile.macsBasis}.`),
  ];
}
