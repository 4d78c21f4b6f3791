/** The command line: parses arguments, calls the pipeline, prints. Exit codes: 0 done, 1 not met, 2 bad usage, 130 cancelled. */
import { runApproximate } from './cli/approximate.ts';
import { runCheck } from './cli/check.ts';
import { type ExitCode, usage } from './cli/common.ts';
import { runExport } from './cli/export.ts';
import { runHotspots } from './cli/hotspots.ts';
import { runProfiles } from './cli/profiles.ts';
import { runPrune } from './cli/prune.ts';
import { runQuantise } from './cli/quantise.ts';
import { runRevert } from './cli/revert.ts';
import { runReport } from './cli/runReport.ts';
import { runSearchCommand } from './cli/search.ts';
import { runWorker } from './cli/worker.ts';
import { runWorkers } from './cli/workers.ts';

async function main(argv: readonly string[]): Promise<ExitCode> {
  const [command, ...rest] = argv;
  if (argv.includes('--help') || argv.includes('-h')) {
    console.log(usage);
    return 0;
  }
  switch (command) {
    case 'approximate':
      return runApproximate(rest);
    case 'search':
      return runSearchCommand(rest);
    case 'export':
      return runExport(rest);
    case 'hotspots':
      return runHotspots(rest);
    case 'profiles':
      return runProfiles(rest);
    case 'prune':
      return runPrune(rest);
    case 'quantise':
      return runQuantise(rest);
    case 'report':
      return runReport(rest);
    case 'revert':
      return runRevert(rest);
    case 'check':
      return runCheck(rest);
    case 'worker':
      return runWorker(rest);
    case 'workers':
      return runWorkers(rest);
    case 'lsp':
      return runLanguageServer(rest);
    case undefined:
    case 'help':
      console.log(usage);
      return command === undefined ? 2 : 0;
    default:
      console.error(`deepmaker: there is no command "${command}".\n\n${usage}`);
      return 2;
  }
}

/** The server reads and writes LSP on this process's own streams until the editor ends it. */
async function runLanguageServer(args: readonly string[]): Promise<ExitCode> {
  if (args.length !== 1 || args[0] !== '--stdio') {
    console.error('deepmaker: lsp needs --stdio, the only way in which it talks.');
    return 2;
  }
  const { serveStdio } = await import('./languageServer.ts');
  await serveStdio();
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.stack : error);
    console.error('\nThis is a bug in deepmaker. Please report it with the lines above.');
    process.exitCode = 1;
  },
);
