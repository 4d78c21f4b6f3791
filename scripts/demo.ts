/**
 * The main job, end to end, on copies of the examples: approximate two hot functions, apply the networks, run the
 * programs that use them before and after.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const copy = join(root, '.cache', 'demo');

const demos = [
  { region: 'options.ts#americanPut', program: 'portfolio.ts' },
  { region: 'pendulum.ts#swing', program: 'clock.ts' },
];

rmSync(copy, { recursive: true, force: true });
cpSync(join(root, 'examples'), copy, { recursive: true });

for (const { region, program } of demos) {
  heading(`Approximating ${region}`);
  run('dist/cli.cjs', 'approximate', join(copy, region), '--apply');
  heading(`Running ${program}`);
  console.log('exact:       ', output(join(root, 'examples', program)));
  console.log('approximate: ', output(join(copy, program)));
}
heading('Done');
console.log(`The copies with the networks applied are in ${relative(process.cwd(), copy) || '.'}.`);

function heading(text: string): void {
  console.log(`\n== ${text}\n`);
}

/** Runs the command with this terminal's streams, and ends the demo where it fails. */
function run(...args: readonly string[]): void {
  console.log(`$ deepmaker ${args.slice(1).join(' ').replaceAll(`${process.cwd()}/`, '')}\n`);
  const { status } = spawnSync(process.execPath, [...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function output(program: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  if (status !== 0) {
    console.error(stderr);
    process.exit(status ?? 1);
  }
  return stdout.trim();
}
