/** The FPGA target on this machine: its circuit is simulated, its resources come from Yosys where that is installed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { errorFigures } from '../../engine/data/metrics.ts';
import { fpgaTarget } from '../../engine/emit/fpga/target.ts';
import type { EmittedFiles } from '../../engine/emit/target.ts';
import { type CircuitFolder, runDriver, runTestbench, simulators } from './fpga/simulate.ts';
import { synthesise } from './fpga/synthesise.ts';
import { missingPrograms } from './programs.ts';
import type { ServerTarget } from './target.ts';

export const fpgaServerTarget: ServerTarget = {
  target: fpgaTarget,
  needs:
    'A device of AMD UltraScale+ or any other with 18-bit multipliers and its maker’s tools; to check it here, Icarus ' +
    'Verilog, Verilator and g++.',
  async unavailable() {
    return missingPrograms(simulators, 'Simulating the circuit');
  },
  async verify({ files, outputSlots, test, signal }) {
    const folder = mkdtempSync(join(tmpdir(), 'deepmaker-fpga-'));
    try {
      const circuit = writeCircuit(folder, files);
      const bench = await runTestbench(circuit, signal);
      if (bench.kind === 'failed') return bench;
      const driven = await runDriver(circuit, test, signal);
      if (driven.kind === 'failed') return driven;
      const error = errorFigures(test.outputs, driven.outputs, test.count, outputSlots);
      const synthesis = await synthesise(circuit, process.cwd(), signal);
      const notes =
        synthesis.kind === 'failed'
          ? [`Not synthesised: ${synthesis.message} ${synthesis.hint ?? ''}`.trim()]
          : [resourcesText(synthesis.by, synthesis.resources)];
      return {
        kind: 'verified',
        error,
        notes: [`Simulated by Icarus Verilog and Verilator: ${bench.line.replace(/^PASS /, '')}.`, ...notes],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const resourcesText = (
  by: string,
  { lut, ff, dsp, bram }: { readonly lut: number; readonly ff: number; readonly dsp: number; readonly bram: number },
): string => `${by} for UltraScale+: ${lut} LUT, ${ff} FF, ${dsp} DSP, ${bram} block RAM of 36 Kbit.`;

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
