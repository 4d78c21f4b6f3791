/** Convolutional networks on ARM beside what ./targetArm.test.ts checks of all networks: the module's numbers, and sizes. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { armTarget } from '../../engine/emit/arm/arm.ts';
import { isCnnInput } from '../../engine/emit/target.ts';
import { predictIntegers } from '../../engine/quantise/models.ts';
import { missingPrograms, runProgram } from '../../server/targets/programs.ts';
import { cnnTopologyWith } from '../unit/cnnHelpers.ts';
import { emitCnnInputOf, referenceOutputs } from '../unit/emitCnnHelpers.ts';
import { assertSame, cnnCase, cnnCases, expected, rowsOf, signal, writeCases } from './armSupport.ts';
import { inFolder, succeeded } from './outcomes.ts';

before(() => {
  const missing = missingPrograms(
    { 'arm-none-eabi-gcc': 'gcc-arm-none-eabi libnewlib-arm-none-eabi' },
    () => 'This test',
  );
  if (missing) throw new Error(`${missing.message} ${missing.hint}`);
});

test('the module of images answers what the interpreter of its integers does, or the network in double precision', async () => {
  const results = await expected(cnnCases);
  cnnCases.forEach(({ name, input, rows }, k) => {
    assert.ok(isCnnInput(input));
    const { quantised, encoding } = input;
    if (quantised) {
      assertSame(name, results[k]!, predictIntegers(quantised, encoding, rows, rowsOf({ name, input, rows })));
    } else if (input.signature.result.kind !== 'category') {
      // Images inside the domain; outside, sums are of another size.
      const inside = referenceOutputs(input, rows.subarray(0, rows.length - encoding.inputs.length));
      inside.forEach((value, at) => {
        assert.ok(Math.abs(2 * value + 3 - results[k]![at]!) < 1e-4, `${name}: value ${at}`);
      });
    }
  });
});

const sizeFlags = ['-std=c99', '-Os', '-mthumb', '-ffp-contract=off', '-ffunction-sections', '-fdata-sections'];
const processors = {
  m4: ['-mcpu=cortex-m4', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'],
  m3: ['-mcpu=cortex-m3'],
} as const;

test('flash and RAM of builds for Cortex-M4 and Cortex-M3 are within 5 % of the estimate', () =>
  inFolder(async (folder) => {
    const one = cnnTopologyWith({ blocks: 1, layers: 6, activation: 'relu' });
    const cases = (['float', 'int8', 'fixed16'] as const).flatMap((form) => [
      cnnCase(`images_${form}`, { topology: cnnTopologyWith({ activation: 'tanh' }) }, form),
      cnnCase(`classes_${form}`, { topology: one, classes: ['a', 'b', 'c'] }, form),
    ]);
    for (const { name, input } of cases) {
      writeCases(folder, [{ name, input, rows: new Float64Array(0) }]);
      const program = `#include "${name}_nn.h"\nstatic ${name}_nn_memory memory;\nvoid use(const double *x, double *y) { ${name}_nn_run(x, y, &memory); }\n`;
      writeFileSync(join(folder, 'use.c'), program);
      const link = ['-nostdlib', '-Wl,--gc-sections,-e,use', '-o', 'use.elf', 'use.c', `${name}_nn.c`, '-lc', '-lgcc'];
      const estimates = armTarget
        .estimate(input.network, input.quantised, { encoding: input.encoding })
        .more.map(({ value }) => value);
      const [m4, m3, ram] = estimates as [number, number, number];
      for (const [flags, flash] of [
        [processors.m4, m4],
        [processors.m3, m3],
      ] as const) {
        const args = [...sizeFlags, ...flags, ...link];
        succeeded(await runProgram('arm-none-eabi-gcc', args, { cwd: folder, signal }));
        const { stdout } = succeeded(await runProgram('arm-none-eabi-size', ['use.elf'], { cwd: folder, signal }));
        const [text, data, bss] = stdout.split('\n')[1]!.trim().split(/\s+/).map(Number) as [number, number, number];
        const off = (estimated: number, real: number) => Math.abs(estimated - real) / real;
        assert.ok(off(flash, text + data) < 0.05, `${name}: estimated ${flash}, built ${text + data}`);
        assert.ok(off(ram, data + bss) < 0.01, `${name}: estimated ${ram}, built ${data + bss}`);
      }
    }
  }));

test('a network whose maps no Cortex-M4 holds says so', () => {
  const topology = cnnTopologyWith({ height: 32, width: 32, growth: 12, initialFilters: 24, layers: 24 });
  const [flash, , ram] = armTarget.estimate(emitCnnInputOf({ topology }).network).more;
  assert.doesNotMatch(flash!.basis, /Does not fit/);
  assert.match(ram!.basis, /Does not fit: the largest Cortex-M4 has 640 KiB/);
});
