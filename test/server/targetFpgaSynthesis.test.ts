/** The estimate against Yosys: DSP blocks and block RAM exactly, LUTs and flip-flops within 25 %. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { estimateFpga } from '../../engine/emit/fpga/core.ts';
import { clockRateOf, placers } from '../../server/targets/fpga/clockRate.ts';
import type { Resources } from '../../server/targets/fpga/synthesise.ts';
import { findPackage, synthesiseByPackage, synthesiseLocally } from '../../server/targets/fpga/synthesise.ts';
import { installOnce } from '../extension/host/cache.ts';
import { expectSuccess } from '../extension/host/command.ts';
import { cnnTopologyWith } from '../unit/cnnHelpers.ts';
import {
  type CircuitCase,
  quantisedCnnOf,
  quantisedOf,
  requirePrograms,
  writeCase,
  writeCnnCase,
} from './fpgaSupport.ts';
import { inFolder, succeeded } from './outcomes.ts';

const { signal } = new AbortController();

const cases: readonly CircuitCase[] = [
  { name: 'sigmoid', widths: [2, 3, 2], activation: 'sigmoid', options: { form: 'parallel' } },
  { name: 'pruned', widths: [4, 6, 2], activation: 'hard-sigmoid', options: { form: 'parallel' }, prunedBelow: 0.6 },
  { name: 'streaming', widths: [6, 20, 5, 3], activation: 'softplus', options: { form: 'streaming', macs: 3 } },
];

describe('the estimate of the FPGA target', () => {
  before(() => requirePrograms(placers));

  for (const circuit of cases) {
    test(`${circuit.name}: ${circuit.widths.join('-')}, ${circuit.activation}`, (context) =>
      inFolder(async (folder) => {
        const estimate = estimateFpga(quantisedOf(circuit).network, circuit.options);
        const { resources } = succeeded(await synthesiseLocally(writeCase(folder, circuit), signal));
        context.diagnostic(`${JSON.stringify(resources)} estimated ${JSON.stringify(estimate)}`);
        assertClose(estimate, resources);
      }));
  }

  test('a convolutional network: 5x5 kernels, three multipliers', (context) =>
    inFolder(async (folder) => {
      const topology = cnnTopologyWith({ kernel: 5, channels: 2, activation: 'sigmoid' });
      const circuit = { name: 'cnn', topology, options: { macs: 3 }, images: 2 };
      const { network } = quantisedCnnOf(circuit);
      const estimate = estimateFpga(network, circuit.options);
      const { resources } = succeeded(await synthesiseLocally(writeCnnCase(folder, circuit), signal));
      context.diagnostic(`${JSON.stringify(resources)} estimated ${JSON.stringify(estimate)}`);
      assertClose(estimate, resources);
    }));

  test('a circuit that is too large for nextpnr is not tried', async () => {
    const large = await clockRateOf({ folder: '.', name: 'absent', files: [] }, { lut: 300, bram: 50 }, signal);
    assert.ok(large.kind === 'failed' && /fits no device/.test(large.message));
  });

  test('Yosys from npm counts the same, give or take its version', () =>
    inFolder(async (folder) => {
      const circuit: CircuitCase = {
        name: 'relu',
        widths: [2, 4, 1],
        activation: 'relu',
        options: { form: 'parallel' },
      };
      const entry = findPackage(await installYosys());
      assert.ok(entry);
      const { resources } = succeeded(await synthesiseByPackage(writeCase(folder, circuit), entry));
      assertClose(estimateFpga(quantisedOf(circuit).network, circuit.options), resources);
    }));
});

/** To the cache folder, as a user's would go to a project. */
function installYosys(): Promise<string> {
  const version = '0.55.944';
  return installOnce(`yowasp-yosys-${version}`, async (folder) => {
    await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await expectSuccess('npm', ['install', '--prefix', folder, ...flags, `@yowasp/yosys@${version}`], {
      cwd: folder,
      timeoutMs: 5 * 60_000,
      hint: 'The test of Yosys from npm needs this package.',
    });
    return { '@yowasp/yosys': version };
  });
}

function assertClose(estimate: Resources, measured: Resources): void {
  assert.equal(estimate.dsp, measured.dsp);
  assert.equal(estimate.bram, measured.bram);
  for (const kind of ['lut', 'ff'] as const) {
    const off = estimate[kind] / measured[kind] - 1;
    assert.ok(Math.abs(off) < 0.25, `${kind}: ${estimate[kind]} estimated, ${measured[kind]} measured`);
  }
}
