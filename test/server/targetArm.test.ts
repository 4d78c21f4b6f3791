/** The ARM target: its C code against the generated module and the interpreters, on every processor and in every form. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { outputSlots } from '../../engine/data/slots.ts';
import { armTarget } from '../../engine/emit/arm/arm.ts';
import { sizeFlags } from '../../engine/emit/arm/estimate.ts';
import { leaveRows } from '../../engine/quantise/grid.ts';
import { predictQuantised } from '../../engine/quantise/quantise.ts';
import { armServerTarget, strictFlags } from '../../server/targets/arm.ts';
import { missingPrograms, type Programs, runProgram } from '../../server/targets/programs.ts';
import { array, callRows, category, largestDifference, number, type Recipe } from '../unit/emitHelpers.ts';
import {
  armCase,
  armCases,
  assertSame,
  expected,
  groupedCases,
  moduleOf,
  perceptronCases,
  rowCount,
  rowsOf,
  runCases,
  signal,
  writeCases,
} from './armSupport.ts';
import { inFolder, succeeded } from './outcomes.ts';

const programs: Programs = {
  gcc: 'gcc',
  'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
  'arm-linux-gnueabihf-gcc': 'gcc-arm-linux-gnueabihf',
  'arm-none-eabi-gcc': 'gcc-arm-none-eabi libnewlib-arm-none-eabi',
  'qemu-aarch64-static': 'qemu-user-static',
  'qemu-arm-static': 'qemu-user-static',
  'qemu-system-arm': 'qemu-system-arm',
};

before(() => {
  const missing = missingPrograms(programs, () => 'This test');
  if (missing) throw new Error(`${missing.message} ${missing.hint}`);
});

const flags = [...strictFlags, '-O2'];
const a15 = ['-static', '-mcpu=cortex-a15'];
const cortexM4 = ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'];
const onBoard = (board: string) => [
  ...['qemu-system-arm', '-M', board, '-nographic'],
  ...['-semihosting-config', 'enable=on,target=native,arg=program', '-kernel', 'program'],
];

const platforms: readonly {
  readonly name: string;
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly command: readonly string[];
}[] = [
  { name: 'this machine', compiler: 'gcc', flags: [], command: ['./program'] },
  {
    name: '64-bit ARM, NEON',
    compiler: 'aarch64-linux-gnu-gcc',
    flags: ['-static'],
    command: ['qemu-aarch64-static', './program'],
  },
  {
    name: 'Cortex-A15, NEON',
    compiler: 'arm-linux-gnueabihf-gcc',
    flags: [...a15, '-mfpu=neon-vfpv4'],
    command: ['qemu-arm-static', './program'],
  },
  {
    name: 'Cortex-A15, scalar',
    compiler: 'arm-linux-gnueabihf-gcc',
    flags: [...a15, '-mfpu=vfpv4', '-DDEEPMAKER_SCALAR'],
    command: ['qemu-arm-static', './program'],
  },
  {
    name: 'Cortex-M4',
    compiler: 'arm-none-eabi-gcc',
    flags: [...cortexM4, '--specs=rdimon.specs', '-T', 'board.ld', 'board.c'],
    command: onBoard('mps2-an386'),
  },
  {
    name: 'Cortex-M3, floating point in software',
    compiler: 'arm-none-eabi-gcc',
    flags: ['-mcpu=cortex-m3', '-mthumb', '--specs=rdimon.specs', '-T', 'board.ld', 'board.c'],
    command: onBoard('mps2-an385'),
  },
];

/** An address map of the boards that QEMU emulates, and what a processor starts with. */
const linkerScript = `ENTRY(reset)
MEMORY { FLASH : ORIGIN = 0, LENGTH = 4M RAM : ORIGIN = 0x20000000, LENGTH = 4M }
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) KEEP(*(.init)) KEEP(*(.fini)) } > FLASH
  .ARM.exidx : { __exidx_start = .; *(.ARM.exidx*) __exidx_end = .; } > FLASH
  .init_array : { __preinit_array_start = .; __preinit_array_end = .; __init_array_start = .; KEEP(*(.init_array*)) __init_array_end = .; __fini_array_start = .; KEEP(*(.fini_array*)) __fini_array_end = .; } > FLASH
  .data : { *(.data*) } > RAM
  .bss : { __bss_start__ = .; *(.bss*) *(COMMON) __bss_end__ = .; } > RAM
  end = .;
  __end__ = .;
  __stack = ORIGIN(RAM) + LENGTH(RAM);
}
`;
const startup = `extern char __stack;
void _start(void);
void reset(void) {
  *(volatile unsigned *)0xE000ED88 |= 0xFu << 20;
  _start();
}
__attribute__((section(".vectors"), used)) static void *const vectors[] = {&__stack, (void *)reset};
`;

describe('C code answers what the module does, bit for bit', () => {
  const cases = [...armCases, ...groupedCases];
  let wanted: ReturnType<typeof expected> | undefined;
  for (const platform of platforms) {
    test(platform.name, () =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, 'board.ld'), linkerScript);
        writeFileSync(join(folder, 'board.c'), startup);
        const sources = writeCases(folder, cases);
        const args = [...flags, ...platform.flags, '-o', 'program', ...sources];
        succeeded(await runProgram(platform.compiler, args, { cwd: folder, signal }));
        const results = await runCases(folder, cases, platform.command);
        wanted ??= expected(cases);
        (await wanted).forEach((values, k) => {
          assertSame(cases[k]!.name, results[k]!, values);
        });
      }),
    );
  }
});

test('the module answers what the interpreter of its integers does, or the network to float32 accuracy', async () => {
  const results = await expected(perceptronCases);
  perceptronCases.forEach(({ name, input, rows }, k) => {
    const { quantised, encoding } = input;
    if (quantised) assertSame(name, results[k]!, predictQuantised(quantised, encoding, rows, rowCount));
    else {
      // Rows inside the domain; outside, sums are of another size.
      const inside = Math.floor(0.9 * rowCount);
      const difference = largestDifference(
        input,
        rows.subarray(0, inside * encoding.inputs.length),
        results[k]!.subarray(0, inside * encoding.outputs.length),
      );
      assert.ok(difference < 1e-4, `${name}: ${difference}`);
    }
  });
});

const image: Recipe = {
  parameters: [{ name: 'image', shape: array('Array', 784, number) }],
  result: category('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'),
  hidden: [16],
  activation: 'relu',
};

const vector = (activation: Recipe['activation'], changes: Partial<Recipe> = {}): Recipe => ({
  parameters: [{ name: 'x', shape: array('Array', 5, number) }],
  result: array('Array', 2, number),
  hidden: [14, 9],
  activation,
  ...changes,
});

test('flash and RAM of builds for Cortex-M4 and Cortex-M3 are within 5 % of the estimate', () =>
  inFolder(async (folder) => {
    const cases = (['float', 'int8', 'fixed16'] as const).flatMap((form) => [
      armCase(`first_${form}`, vector('tanh'), form),
      armCase(`second_${form}`, vector('relu', { hidden: [40], result: number }), form),
      armCase(`third_${form}`, vector('selu', { hidden: [12, 12, 12] }), form),
      armCase(`uneven_${form}`, vector('tanh', { inputRange: (slot) => [slot, 1 + slot] }), form),
      armCase(`image_${form}`, image, form),
    ]);
    for (const { name, input } of cases) {
      writeCases(folder, [{ name, input, rows: new Float64Array(0) }]);
      const program = `#include "${name}_nn.h"\nstatic ${name}_nn_memory memory;\nvoid use(const double *x, double *y) { ${name}_nn_run(x, y, &memory); }\n`;
      writeFileSync(join(folder, 'use.c'), program);
      const link = ['-nostdlib', '-Wl,--gc-sections,-e,use', '-o', 'use.elf', 'use.c', `${name}_nn.c`, '-lc', '-lgcc'];
      const estimates = armTarget
        .estimate(input.network, input.quantised, { encoding: input.encoding })
        .more.map(({ value }) => value);
      const [flashM4, flashM3, ram] = estimates as [number, number, number];
      const off = (estimated: number, real: number) => Math.abs(estimated - real) / real;
      for (const [flags, flash] of [
        [sizeFlags.m4, flashM4],
        [sizeFlags.m3, flashM3],
      ] as const) {
        succeeded(await runProgram('arm-none-eabi-gcc', [...flags.split(' '), ...link], { cwd: folder, signal }));
        const { stdout } = succeeded(await runProgram('arm-none-eabi-size', ['use.elf'], { cwd: folder, signal }));
        const [text, data, bss] = stdout.split('\n')[1]!.trim().split(/\s+/).map(Number) as [number, number, number];
        assert.ok(off(flash, text + data) < 0.05, `${name}, ${flags}: estimated ${flash}, built ${text + data}`);
        assert.ok(off(ram, data + bss) < 0.05, `${name}: estimated ${ram}, built ${data + bss}`);
      }
    }
  }));

test('the binding for Node answers what the module does without it', () =>
  inFolder(async (folder) => {
    const require = createRequire(import.meta.url);
    const headers = join(dirname(require.resolve('node-api-headers')), 'include');
    const cases = armCases.filter(({ name }) => /^(mixed|softplus|cnn_one_block)/.test(name));
    const wanted = await expected(cases);
    for (const [k, { input, rows }] of cases.entries()) {
      const files = armTarget.emit(input);
      for (const { suffix, content } of files) writeFileSync(join(folder, basename(suffix)), content);
      const name = `${input.functionName}_nn`;
      const args = ['-shared', '-fPIC', '-I', headers, '-o', `${name}.node`, `${name}.c`, `${name}_node.c`];
      succeeded(await runProgram('gcc', [...flags, ...args], { cwd: folder, signal }));
      const loaded: { bind(...arrays: unknown[]): unknown } = require(join(folder, `${name}.node`));
      assert.throws(
        () => loaded.bind(new Float64Array(1), new Float64Array(99)),
        /bind takes a (Float64|Float32|Int8|Int16)Array of/,
      );
      // The binding is loaded now, so that a new copy of the module finds it.
      const single = await moduleOf({ input: { ...input, figures: ['with the binding'] }, name, rows });
      const key = Object.keys(globalThis).find((own) => own.startsWith(`deepmaker_${name}_`))!;
      const binding: (...arrays: unknown[]) => () => void = Reflect.get(globalThis, key);
      let calls = 0;
      Reflect.set(globalThis, key, (...arrays: unknown[]) => {
        const call = binding(...arrays);
        return () => {
          calls++;
          call();
        };
      });
      assertSame(name, callRows(input, single, rows), wanted[k]!);
      assert.equal(calls, rowsOf({ name, input, rows }));
      Reflect.deleteProperty(globalThis, key);
    }
  }));

test('verifying measures the error of the compiled code, and fails where it does not compile', async () => {
  const { input, rows } = perceptronCases.find(({ name }) => name === 'mixed_int8')!;
  const { quantised, encoding, signature, functionName } = input;
  const outputs = leaveRows(new Int8Array(rowCount * encoding.outputColumns), rowCount, encoding, quantised!.output);
  const exact = predictQuantised(quantised!, encoding, rows, rowCount);
  const request = { functionName, signature, outputSlots: outputSlots(signature), signal };
  const files = armTarget.emit(input);
  const verify = (own: typeof files, truth: Float64Array) =>
    armServerTarget.verify({ ...request, files: own, test: { inputs: rows, outputs: truth, count: rowCount } });
  assert.equal(succeeded(await verify(files, exact)).error.max, 0);
  assert.ok(succeeded(await verify(files, outputs)).error.nrmse > 0);
  const [module, ...others] = files;
  const broken = others.map((file) => (file.suffix.endsWith('_nn.c') ? { ...file, content: 'int main' } : file));
  const outcome = await verify([module, ...broken], exact);
  assert.ok(outcome.kind === 'failed' && /gcc failed/.test(outcome.message));
});

test(
  'CMake builds the library, the program and the binding',
  { skip: spawnSync('cmake', ['--version']).error !== undefined && !process.env.CI },
  () =>
    inFolder(async (folder) => {
      const { input } = armCases[0]!;
      for (const { suffix, content } of armTarget.emit(input)) writeFileSync(join(folder, basename(suffix)), content);
      const options = { cwd: folder, signal };
      succeeded(await runProgram('cmake', ['-S', '.', '-B', 'build'], options));
      succeeded(await runProgram('cmake', ['--build', 'build'], options));
      assert.ok(readFileSync(join(folder, 'build', `${input.functionName}_nn_main`)).length > 0);
    }),
);
