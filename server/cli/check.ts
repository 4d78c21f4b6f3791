/** `deepmaker check [PATH] [--json]`. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { formatBound, formatCertificate, formatPercent } from '../../engine/format.ts';
import { type Checked, checkProject, passes } from '../pipeline/check.ts';
import { projectRoot } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { formatTable } from './report.ts';

export async function runCheck(args: readonly string[]): Promise<ExitCode> {
  let json = false;
  let paths: string[] = [];
  try {
    const parsed = parseArgs({ args: [...args], options: { json: { type: 'boolean' } }, allowPositionals: true });
    json = parsed.values.json ?? false;
    paths = parsed.positionals;
  } catch {
    return refuse('check takes a path and --json, and nothing else.');
  }
  if (paths.length > 1) return refuse('one path at a time.');
  const wanted = resolve(paths[0] ?? '.');
  if (!existsSync(wanted)) return refuse(`${paths[0]} does not exist.`);
  const path = realpathSync(wanted);
  const cancel = new AbortController();
  process.once('SIGINT', () => cancel.abort());
  const outcome = await checkProject(projectRoot(statSync(path).isDirectory() ? join(path, 'any') : path), path, {
    signal: cancel.signal,
    onChecking: (name) => console.error(`Checking ${name}`),
  });
  if (outcome.kind === 'failed') {
    printFailure(outcome);
    return cancel.signal.aborted ? 130 : 2;
  }
  const { checked } = outcome;
  const passed = checked.every(passes);
  console.log(json ? JSON.stringify({ passed, approximations: checked }) : tableOf(checked));
  return passed ? 0 : 1;
}

function refuse(message: string): ExitCode {
  printFailure({ kind: 'failed', message, hint: 'Run deepmaker help for the list of options.' });
  return 2;
}

function tableOf(checked: readonly Checked[]): string {
  if (checked.length === 0) return 'Nothing is approximated here.';
  const header = ['function', 'status', 'certificate', 'error', 'bound'];
  const rows = checked.map(({ file, name, status, error, maxError, certificate }) => [
    `${file}#${name}`,
    status.replace('-', ' '),
    certificate ? formatCertificate(certificate) : '',
    error === undefined ? '' : formatPercent(error),
    maxError === undefined ? '' : formatBound(maxError),
  ]);
  const failed = checked.filter((each) => !passes(each));
  return [
    ...formatTable([header, ...rows], 3),
    ...(failed.length > 0 ? [''] : []),
    // As compilers write them, so that editors and terminals find the place.
    ...failed.map(({ file, line, name, message }) => `${file}:${line}: ${name}: ${message}`),
  ].join('\n');
}
