/**
 * TensorFlow Lite's C library, version 2.9, on this processor and, emulated, on 64-bit ARM. The npm package
 * tfjs-tflite-node carries it for both; installing the package would compile a binding, so only its archive is fetched,
 * into the cache folder.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from '../../server/targets/programs.ts';
import { runProgram } from '../../server/targets/programs.ts';
import { HostError, installOnce } from '../extension/host/cache.ts';
import { expectSuccess } from '../extension/host/command.ts';
import { signal } from './armSupport.ts';
import { succeeded } from './outcomes.ts';

const name = 'tfjs-tflite-node';
const version = '0.0.2';
const integrity = 'sha512-Zed9biOz9lkWsekvPwdEmxXnsjXJnZO8iOV0s2Y20QU15cwiPedzFEBYiGbK7smYpkJpQNNY9SukoKmUi9bk9w==';

export const runtimePrograms: Programs = {
  gcc: 'gcc',
  'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
  'qemu-aarch64-static': 'qemu-user-static',
};

const processors = {
  'x86-64': { library: 'linux_amd64', compiler: 'gcc', emulator: [] },
  '64-bit ARM': {
    library: 'linux_arm64',
    compiler: 'aarch64-linux-gnu-gcc',
    emulator: ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'],
  },
} as const;

export interface TfliteRuntime {
  readonly processor: keyof typeof processors;
  readonly kernels: 'built-in' | 'XNNPACK';
}

export const tfliteRuntimes: readonly TfliteRuntime[] = (['x86-64', '64-bit ARM'] as const).flatMap((processor) =>
  (['built-in', 'XNNPACK'] as const).map((kernels) => ({ processor, kernels })),
);

/** A folder with the headers and libraries. */
export const installTflite = (log: (line: string) => void): Promise<string> =>
  installOnce(`${name}-${version}`, async (folder) => {
    log(`Fetching the archive of ${name} ${version} (once)`);
    const options = { cwd: folder, timeoutMs: 5 * 60_000, hint: 'The tests of .tflite files need this npm package.' };
    await expectSuccess('npm', ['pack', `${name}@${version}`, '--ignore-scripts', '--loglevel=error'], options);
    const archive = join(folder, `${name}-${version}.tgz`);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity) throw new HostError(`The archive of ${name} ${version} is another one: ${found}.`);
    const libraries = Object.values(processors).map(({ library }) => `${library}/libtensorflowlite_c.so`);
    const wanted = ['include', ...libraries].map((path) => `package/cc_deps/${path}`);
    await expectSuccess('tar', ['-xzf', archive, '--strip-components=2', ...wanted], options);
    await rm(archive);
    return { [name]: version };
  });

export interface TfliteJob {
  readonly model: Uint8Array;
  /** Rows of the input, one after the other, in the type that the file has it in. */
  readonly rows: Float32Array | Int8Array;
}

const programOf = (processor: string): string => `run-${processor.replace(' ', '-')}`;

/** Compiles the program that runs files, for each processor, into a folder. */
export async function buildRunners(folder: string, library: string): Promise<void> {
  for (const [processor, own] of Object.entries(processors)) {
    const path = join(library, own.library);
    const flags = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-O1', `-I${join(library, 'include')}`];
    // What the library needs of C++ is found when it is loaded.
    const link = [join(path, 'libtensorflowlite_c.so'), `-Wl,-rpath,${path}`, '-Wl,--allow-shlib-undefined'];
    const source = join(import.meta.dirname, 'tfliteRun.c');
    const args = [...flags, '-o', programOf(processor), source, ...link];
    succeeded(await runProgram(own.compiler, args, { cwd: folder, signal }));
  }
}

/** The outputs of each job, row after row, as bytes. */
export async function runTflite(
  folder: string,
  { processor, kernels }: TfliteRuntime,
  jobs: readonly TfliteJob[],
): Promise<Buffer[]> {
  jobs.forEach(({ model, rows }, k) => {
    writeFileSync(join(folder, `${k}.tflite`), model);
    writeFileSync(join(folder, `${k}.in`), new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  });
  const names = jobs.map((_, k) => String(k));
  const [program, ...args] = [...processors[processor].emulator, join(folder, programOf(processor))] as [string];
  succeeded(await runProgram(program, [...args, kernels, ...names], { cwd: folder, signal }));
  return names.map((own) => readFileSync(join(folder, `${own}.out`)));
}

export const floatsOf = (bytes: Buffer): Float32Array =>
  new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));

export const integersOf = (bytes: Buffer): Int8Array => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
