/** The ARM target on this machine: its C code is compiled and run, under an emulator where the processor is another one. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { errorFigures } from '../../engine/data/metrics.ts';
import { armTarget } from '../../engine/emit/arm/arm.ts';
import { formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import { missingPrograms, type Programs, runProgram } from './programs.ts';
import type { ServerTarget } from './target.ts';

const native = process.arch === 'arm64' || process.arch === 'arm';
const compiler = native ? 'gcc' : 'aarch64-linux-gnu-gcc';

/** What compiles and runs the code, with the packages of Debian and Ubuntu. */
export const armPrograms: Programs = native
  ? { gcc: 'gcc' }
  : { [compiler]: 'gcc-aarch64-linux-gnu', 'qemu-aarch64-static': 'qemu-user-static' };

/** The flags that the promise of equal numbers holds for. */
export const strictFlags = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-ffp-contract=off'] as const;

export const armServerTarget: ServerTarget = {
  target: armTarget,
  get needs() {
    return t('Any C99 compiler for ARM; to check it on another processor, gcc for ARM and the emulator QEMU.');
  },
  // QEMU takes about 7.5 ns for one in float32, 1.6 to 2.1 ns in integers.
  ...(!native && { maxMultiplyAccumulates: { float: 3e9, integers: 1e10 } }),
  async unavailable() {
    return missingPrograms(armPrograms, () => t('Checking code for ARM'));
  },
  async verify({ files, outputSlots, test, signal }) {
    const folder = mkdtempSync(join(tmpdir(), 'deepmaker-arm-'));
    const options = { cwd: folder, signal };
    try {
      const [, ...others] = files;
      for (const { suffix, content } of others) writeFileSync(join(folder, basename(suffix)), content);
      const sources = others.map(({ suffix }) => basename(suffix)).filter((name) => /_nn(_main)?\.c$/.test(name));
      const compiled = await runProgram(
        compiler,
        [...strictFlags, '-O2', '-static', '-o', 'main', ...sources],
        options,
      );
      if (compiled.kind === 'failed') return compiled;
      const { inputs, outputs, count } = test;
      writeFileSync(join(folder, 'rows'), new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength));
      const [program, ...first] = native ? (['./main'] as const) : (['qemu-aarch64-static', './main'] as const);
      const ran = await runProgram(program, [...first, 'rows', 'results'], options);
      if (ran.kind === 'failed') return ran;
      const bytes = readFileSync(join(folder, 'results'));
      if (bytes.length !== 8 * outputs.length) {
        return {
          kind: 'failed',
          message: t(
            '{0} results came back for {1} outputs.',
            formatCount(bytes.length / 8),
            formatCount(outputs.length),
          ),
        };
      }
      const results = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      return { kind: 'verified', error: errorFigures(outputs, results, count, outputSlots) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
