/** `deepmaker hotspots FILE.cpuprofile`. */
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { formatPercent } from '../../engine/format.ts';
import { findHotspots, type Hotspots, shortReason } from '../hotspots/hotspots.ts';
import type { Failure } from '../protocol.ts';
import { loadSource } from '../source/lazy.ts';
import { projectRoot } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { parseFlags } from './flags.ts';
import { formatTable } from './report.ts';

const options = { json: { type: 'boolean', default: false } } as const satisfies ParseArgsConfig['options'];

/** Rows of the table; `--json` has all. */
const shownFunctions = 20;

export async function runHotspots(args: readonly string[]): Promise<ExitCode> {
  const flags = parseFlags(args, options, []);
  if (flags.kind === 'failed') return fail(flags);
  const [file, tooMuch] = flags.positionals;
  if (file === undefined || tooMuch !== undefined) {
    const message = file === undefined ? 'no profile was named.' : `one profile at a time; "${tooMuch}" is too much.`;
    return fail({ kind: 'failed', message, hint: 'Write deepmaker hotspots FILE.cpuprofile.' });
  }
  if (!existsSync(file)) {
    const hint = 'Make one with node --cpu-prof.';
    return fail({ kind: 'failed', message: `there is no file ${file}.`, hint });
  }
  const module = await loadSource();
  const root = projectRoot(join(process.cwd(), 'profile'));
  const hotspots = await findHotspots({ module, project: module.createSourceProject(), root }, resolve(file));
  if (hotspots.kind === 'failed') return fail(hotspots);
  console.log(flags.values.json ? JSON.stringify(hotspots) : table(hotspots));
  return 0;
}

function table({ seconds, functions, elsewhere, absent }: Hotspots): string {
  const rows = functions
    .slice(0, shownFunctions)
    .map((hotspot) => [
      formatPercent(hotspot.share),
      formatPercent(hotspot.selfShare),
      hotspot.name,
      `${relative(process.cwd(), hotspot.file)}:${hotspot.line}`,
      shortReason(hotspot) ?? 'can be approximated',
    ]);
  const figures = formatTable(
    [['time', 'own code', '', '', ''], ...rows].map((row) => row.slice(0, 2)),
    0,
  );
  const texts = formatTable(
    [['', '', '', 'function', 'at', ''], ...rows.map((row) => ['', '', '', ...row.slice(2)])].map((row) =>
      row.slice(3),
    ),
    3,
  );
  const others = Object.entries(elsewhere).filter(([, share]) => share > 0);
  const names = { packages: 'packages', native: 'Node and V8', absent: 'scripts that are not here' } as const;
  const first = functions.find(({ suitability }) => suitability > 0);
  return [
    `${seconds.toFixed(2)} s of running code; shares of it with what a function calls, and in its own code`,
    '',
    ...(functions.length === 0
      ? ['No function of this project took 0.1 % of it.']
      : figures.map((each, at) => `${each}  ${texts[at]}`)),
    ...(functions.length > shownFunctions ? [`and ${functions.length - shownFunctions} more: --json lists them`] : []),
    '',
    `Own code elsewhere: ${others.map(([kind, share]) => `${names[kind as keyof typeof names]} ${formatPercent(share)}`).join(', ') || 'none'}.`,
    ...absent.map((url) => `Not on this machine: ${url}`),
    ...(first
      ? [
          `Next: deepmaker approximate ${relative(process.cwd(), first.file)}#${first.name} --record "COMMAND", with the command that you profiled.`,
        ]
      : []),
  ].join('\n');
}

function fail(failure: Failure): ExitCode {
  printFailure(failure);
  return 2;
}
