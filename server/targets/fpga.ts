/** The FPGA target on this machine: its circuit is simulated, its resources come from Yosys where that is installed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { errorFigures } from '../../engine/data/metrics.ts';
import { fpgaTarget } from '../../engine/emit/fpga/target.ts';
import type { EmittedFiles } from '../../engine/emit/target.ts';
import type { ErrorFigures } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { cpuServerTarget } from './cpu.ts';
import { clockRateOf, clockRateText } from './fpga/clockRate.ts';
import { benchOf, type CircuitFolder, runDriver, runTestbench, simulators } from './fpga/simulate.ts';
import { type Resources, synthesise } from './fpga/synthesise.ts';
import { missingPrograms } from './programs.ts';
import type { ServerTarget, VerifyRequest } from './target.ts';

/** Clocks that are simulated with the driver, about half a minute of them. */
const simulatedClocks = 3e7;

export const fpgaServerTarget: ServerTarget = {
  target: fpgaTarget,
  needs:
    'A device of AMD UltraScale+ or any other with 18-bit multipliers and its maker’s tools; to check it here, Icarus ' +
    'Verilog, Verilator and g++.',
  async unavailable() {
    return missingPrograms(simulators, 'Simulating the circuit');
  },
  async verify(request) {
    const folder = mkdtempSync(join(tmpdir(), 'deepmaker-fpga-'));
    try {
      const circuit = writeCircuit(folder, request.files);
      const bench = await runTestbench(circuit, request.signal);
      if (bench.kind === 'failed') return bench;
      const checked = await checkRows(circuit, request, simulatedClocks);
      if (checked.kind === 'failed') return checked;
      const notes = [
        `Simulated by ${[...new Set([bench.by, 'Verilator'])].join(' and ')}: ${bench.line.replace(/^PASS /, '')}.`,
        ...checked.notes,
        ...(await hardwareNotes(circuit, request.signal)),
      ];
      return { kind: 'verified', error: checked.error, notes };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/**
 * All rows through the driver and the circuit, where that can be simulated in a while. Else the module runs all rows, and
 * the circuit has to give its answers on the first ones.
 */
export async function checkRows(
  circuit: CircuitFolder,
  request: VerifyRequest,
  mostClocks: number,
): Promise<{ readonly kind: 'checked'; readonly error: ErrorFigures; readonly notes: readonly string[] } | Failure> {
  const { test, outputSlots, signal } = request;
  const count = Math.min(test.count, Math.max(1, Math.floor(mostClocks / benchOf(circuit).interval)));
  const inputs = test.inputs.subarray(0, (count * test.inputs.length) / test.count);
  const driven = await runDriver(circuit, { inputs, count }, signal);
  if (driven.kind === 'failed') return driven;
  const { outputs } = driven;
  if (count === test.count) {
    return { kind: 'checked', error: errorFigures(test.outputs, outputs, count, outputSlots), notes: [] };
  }
  const module = await cpuServerTarget.verify(request);
  if (module.kind === 'failed') return module;
  const same = await cpuServerTarget.verify({ ...request, test: { inputs, outputs, count } });
  if (same.kind === 'failed') return same;
  if (same.error.max > 0 || same.error.missRate > 0) {
    return { kind: 'failed', message: `The circuit and the module differ on the first ${count} test rows.` };
  }
  const notes = [
    `The circuit, which is slow to simulate, gave the answers of the module on ${count} of the ${test.count} test rows.`,
  ];
  return { kind: 'checked', error: module.error, notes };
}

/** What tools for hardware say, where they are installed. */
async function hardwareNotes(circuit: CircuitFolder, signal: AbortSignal): Promise<string[]> {
  const synthesis = await synthesise(circuit, process.cwd(), signal);
  if (synthesis.kind === 'failed') return [`Not synthesised: ${synthesis.message} ${synthesis.hint ?? ''}`.trim()];
  const rate = await clockRateOf(circuit, synthesis.resources, signal);
  return [
    resourcesText(synthesis.by, synthesis.resources),
    rate.kind === 'failed'
      ? `No clock rate: ${[rate.message, rate.hint].filter(Boolean).join(' ')}`
      : clockRateText(rate, benchOf(circuit).interval),
  ];
}

const resourcesText = (by: string, { lut, ff, dsp, bram }: Resources): string =>
  `${by} for UltraScale+: ${lut} LUT, ${ff} FF, ${dsp} DSP, ${bram} block RAM of 36 Kbit.`;

/** Writes what belongs to the circuit, all that is not the module, side by side. */
export function writeCircuit(folder: string, [, ...files]: EmittedFiles): CircuitFolder {
  const names = files.map(({ suffix, content }) => {
    const name = basename(suffix);
    writeFileSync(join(folder, name), content);
    return name;
  });
  const name = names.find((file) => file.endsWith('_axi.v'))!.slice(0, -'_axi.v'.length);
  return { folder, name, files: names };
}
