/** `deepmaker report RUN`. */
import { join, resolve } from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { readRun } from '../pipeline/readRun.ts';
import type { Failure } from '../protocol.ts';
import { pictureFile, reportPage } from '../report/page.ts';
import { reportOf } from '../report/report.ts';
import { guardDisk, projectRoot, writeAtomically } from '../store.ts';
import { type ExitCode, printFailure } from './common.ts';
import { oneRun, parseFlags } from './flags.ts';

const options = {
  out: { type: 'string' },
  svg: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

interface Request {
  readonly kind: 'request';
  /** An id, or the path of the run's folder or of a file in it. */
  readonly run: string;
  /** Where the page goes; beside the working directory's other files where absent, named after the run. */
  readonly out?: string;
  /** The folder that the pictures go to. */
  readonly svg?: string;
}

export async function runReport(args: readonly string[]): Promise<ExitCode> {
  const request = parse(args);
  const outcome = request.kind === 'failed' ? request : await writeReport(request);
  if (outcome.kind === 'failed') {
    printFailure(outcome);
    return 2;
  }
  for (const file of outcome.files) console.log(`Wrote ${file}`);
  return 0;
}

function parse(args: readonly string[]): Request | Failure {
  const flags = parseFlags(args, options, []);
  if (flags.kind === 'failed') return flags;
  const { values, positionals } = flags;
  const named = oneRun(positionals, 'deepmaker report RUN');
  if (named.kind === 'failed') return named;
  return {
    kind: 'request',
    run: named.run,
    ...(values.out === undefined ? {} : { out: values.out }),
    ...(values.svg === undefined ? {} : { svg: values.svg }),
  };
}

const writeReport = ({
  run: name,
  out,
  svg,
}: Request): Promise<{ readonly kind: 'written'; readonly files: readonly string[] } | Failure> =>
  guardDisk(async () => {
    const run = readRun(projectRoot(resolve('run')), name);
    if (run.kind === 'failed') return run;
    const report = reportOf(run);
    const page = resolve(out ?? `${run.result.runId}.html`);
    writeAtomically(page, reportPage(report));
    const files = [page];
    for (const section of svg === undefined ? [] : report.sections) {
      if (section.kind !== 'figure') continue;
      const file = join(resolve(svg!), `${section.figure.id}.svg`);
      writeAtomically(file, pictureFile(section.figure));
      files.push(file);
    }
    return { kind: 'written', files };
  });
