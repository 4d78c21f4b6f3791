/** From raw values to raw values: the driver, its registers and the circuit, all from what the target emits. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { outputSlots } from '../../engine/data/slots.ts';
import { fpgaTarget } from '../../engine/emit/fpga/target.ts';
import { placers } from '../../server/targets/fpga/clockRate.ts';
import { runDriver, simulators } from '../../server/targets/fpga/simulate.ts';
import { fpgaServerTarget, writeCircuit } from '../../server/targets/fpga.ts';
import { runProgram } from '../../server/targets/programs.ts';
import { cnnTopologyWith } from '../unit/cnnHelpers.ts';
import { callRows, emitInputOf, load, type Recipe, randomRows } from '../unit/emitHelpers.ts';
import { requirePrograms } from './fpgaSupport.ts';
import { inFolder, succeeded } from './outcomes.ts';

const { signal } = new AbortController();
const number = { kind: 'number' } as const;

/** Every kind of slot, on both sides; small enough for a multiplier for each product. */
const mixed: Recipe = {
  parameters: [
    { name: 'spot', shape: number },
    { name: 'call', shape: { kind: 'boolean' } },
    { name: 'mode', shape: { kind: 'category', values: ['slow', 'fast', 'off'] } },
    { name: 'window', shape: { kind: 'array', container: 'Float64Array', length: 3, element: number } },
  ],
  result: {
    kind: 'object',
    fields: [
      { name: 'price', shape: number },
      { name: 'rises', shape: { kind: 'boolean' } },
      { name: 'grade', shape: { kind: 'category', values: ['a', 'b', 'c'] } },
    ],
  },
  hidden: [5],
  activation: 'tanh',
  outputRange: [-40, 300],
};

/** Too large for that, so that it becomes the streaming form. */
const large: Recipe = {
  parameters: [{ name: 'values', shape: { kind: 'array', container: 'Float64Array', length: 9, element: number } }],
  result: { kind: 'tuple', elements: [number, number] },
  hidden: [20, 12],
  activation: 'relu',
};

const rowCount = 300;

describe('the driver of the FPGA target', () => {
  before(() => requirePrograms({ ...simulators, ...placers, gcc: 'gcc' }));

  test('parallel form: circuit, driver and generated module answer the same numbers', () =>
    inFolder(async (folder) => {
      const { files, rows, exact } = await runModule(mixed);
      const circuit = writeCircuit(folder, files);
      const { outputs } = succeeded(await runDriver(circuit, { inputs: rows, count: rowCount }, signal));
      assert.deepEqual(outputs, exact);
    }));

  test('streaming form: the target verifies what it emits', async () => {
    const { input, files, rows, exact } = await runModule(large);
    const { functionName, signature } = input;
    const test = { count: rowCount, inputs: rows, outputs: exact };
    const request = { files, functionName, signature, outputSlots: outputSlots(signature), test, signal };
    const verified = succeeded(await fpgaServerTarget.verify(request));
    // The circuit is compared with what the module answered, not with an exact function.
    assert.deepEqual({ max: verified.error.max, missRate: verified.error.missRate }, { max: 0, missRate: 0 });
    const said = verified.notes!.map((note) => note()).join(' ');
    assert.match(said, /1,000 vectors, latency \d+ clocks.* \d+ DSP/);
    const rate = /iCE40 UP5K, placed by nextpnr, not on your device: ([\d.]+) MHz, a result every [\d.]+ µs/;
    const megahertz = Number(rate.exec(said)?.[1]);
    assert.ok(megahertz > 10 && megahertz < 200, said);
  });

  test('without its programs the target is unavailable, and names the command that installs them', async () => {
    const path = process.env.PATH;
    process.env.PATH = '';
    try {
      const problem = await fpgaServerTarget.unavailable();
      assert.match(problem?.message ?? '', /iverilog/);
      assert.match(problem?.hint ?? '', /apt-get install -y iverilog/);
    } finally {
      process.env.PATH = path;
    }
    assert.equal(await fpgaServerTarget.unavailable(), undefined);
  });

  test('images that are too large for the registers are refused in words', () => {
    assert.match(fpgaTarget.refuses!(cnnTopologyWith({ height: 256, width: 256 })) ?? '', /256x256x1 .* 65,535/);
    assert.equal(fpgaTarget.refuses!(cnnTopologyWith({})), undefined);
    assert.equal(fpgaTarget.refuses!({ widths: [1, 1], activation: 'relu' }), undefined);
  });

  test('the driver is C99 without warnings, and says what is wrong with a device', () =>
    inFolder(async (folder) => {
      const input = emitInputOf(mixed);
      const circuit = writeCircuit(folder, fpgaTarget.emit(input));
      const { name } = circuit;
      writeFileSync(join(folder, 'probe.c'), probeText(name));
      const strict = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-pedantic', '-O2', '-o', 'probe'];
      const options = { cwd: folder, signal };
      succeeded(await runProgram('gcc', [...strict, 'probe.c', `${name}_driver.c`, '-lm'], options));
      const { stdout } = succeeded(await runProgram('./probe', [], options));
      const expected = ['NO_DEVICE', 'OTHER_NETWORK', 'OK', 'TIMEOUT', 'BAD_INPUT', 'explained'];
      assert.deepEqual(stdout.trim().split('\n'), expected);
    }));
});

/** What the generated module answers to random rows, some of them beyond the ranges, where integers saturate. */
async function runModule(recipe: Recipe) {
  const input = emitInputOf(recipe);
  const files = fpgaTarget.emit(input);
  const rows = randomRows(input, rowCount, 5);
  for (let at = 0; at < 40 * input.encoding.inputs.length; at++) {
    if (input.encoding.inputs[at % input.encoding.inputs.length]!.kind === 'number') rows[at]! *= 9;
  }
  const { single } = await load(input, String(files[0].content));
  const exact = callRows(input, single, rows);
  assert.ok(new Set(exact).size > rowCount / 2, 'the results differ from each other');
  return { input, files, rows, exact };
}

/** A file stands in for the registers: it holds what is written to it, and nobody computes. */
function probeText(name: string): string {
  const upper = name.toUpperCase();
  return `#include "${name}_driver.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *names[] = {"OK", "NO_DEVICE", "OTHER_NETWORK", "TIMEOUT", "BAD_INPUT"};

static void write_registers(uint32_t control, uint32_t fingerprint, uint32_t shape) {
  static uint8_t bytes[65536];
  memset(bytes, 0, sizeof bytes);
  memcpy(bytes, &control, 4);
  memcpy(bytes + 4, &fingerprint, 4);
  memcpy(bytes + 8, &shape, 4);
  FILE *file = fopen("registers", "wb");
  fwrite(bytes, 1, sizeof bytes, file);
  fclose(file);
}

/* The driver's own fingerprint, found in its text: nothing but the driver knows it. */
static uint32_t fingerprint(void) {
  static char text[1 << 16];
  FILE *file = fopen("${name}_driver.c", "r");
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  return (uint32_t)strtoul(strstr(text, "fingerprint = ") + 14, NULL, 16);
}

int main(void) {
  ${name}_device device;
  double inputs[${upper}_INPUTS] = {0}, outputs[${upper}_OUTPUTS];
  printf("%s\\n", names[${name}_open(&device, "nowhere", 0)]);
  write_registers(0, 0, 0);
  printf("%s\\n", names[${name}_open(&device, "registers", 0)]);
  write_registers(0, fingerprint(), (uint32_t)${upper}_INPUT_WORDS << 16 | ${upper}_OUTPUT_WORDS);
  printf("%s\\n", names[${name}_open(&device, "registers", 0)]);
  printf("%s\\n", names[${name}_run(&device, inputs, outputs)]);
  inputs[0] = NAN;
  printf("%s\\n", names[${name}_run(&device, inputs, outputs)]);
  ${name}_close(&device);
  printf("%s\\n", strlen(${name}_explain(${upper}_TIMEOUT)) > 40 ? "explained" : "?");
  return 0;
}
`;
}
