/**
 * What Yosys makes of a circuit for UltraScale+: resources without a vendor's tools. An installed `yosys` runs, or else the
 * npm package @yowasp/yosys, which is Yosys as WebAssembly, from the user's project.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { t } from '../../../engine/texts.ts';
import type { Failure } from '../../protocol.ts';
import { missingPrograms, runProgram } from '../programs.ts';
import { saidWhenRead } from '../sentence.ts';
import { type CircuitFolder, coreSources, memoryFiles } from './simulate.ts';

export interface Resources {
  readonly lut: number;
  readonly ff: number;
  readonly dsp: number;
  /** Blocks of 36 Kbit. */
  readonly bram: number;
}

export type Synthesis = { readonly kind: 'synthesised'; readonly resources: Resources; readonly by: string } | Failure;

const npmPackage = '@yowasp/yosys';

/** `project` is where the npm package is looked for. */
export async function synthesise(circuit: CircuitFolder, project: string, signal: AbortSignal): Promise<Synthesis> {
  const missing = missingPrograms({ yosys: 'yosys' }, () => t('Synthesis'));
  if (!missing) return synthesiseLocally(circuit, signal);
  const found = findPackage(project);
  if (found) return synthesiseByPackage(circuit, found);
  return saidWhenRead(
    () => missing.message,
    () => t('{0}, or in {1}: {2}', missing.hint ?? '', project, `npm install ${npmPackage}`),
  );
}

const scriptOf = (circuit: CircuitFolder): string =>
  `read_verilog ${coreSources(circuit).join(' ')}; ` +
  `synth_xilinx -family xcup -flatten -top ${circuit.name} -noiopad -noclkbuf; tee -q -o stat.json stat -json`;

export async function synthesiseLocally(circuit: CircuitFolder, signal: AbortSignal): Promise<Synthesis> {
  const { folder: cwd } = circuit;
  const ran = await runProgram('yosys', ['-q', '-p', scriptOf(circuit)], { cwd, signal });
  if (ran.kind === 'failed') return ran;
  return { kind: 'synthesised', by: 'Yosys', resources: resourcesIn(readFileSync(join(cwd, 'stat.json'), 'utf8')) };
}

/** The file that the package's name stands for in a project; undefined where it is not installed. */
export function findPackage(project: string): string | undefined {
  try {
    return createRequire(join(project, 'package.json')).resolve(npmPackage);
  } catch {
    return undefined;
  }
}

/** The part of YoWASP's interface that is used here: files go in and come out as a tree. */
interface Yowasp {
  runYosys(
    args: readonly string[],
    files: Readonly<Record<string, string>>,
    options: { readonly stdout: null; readonly stderr: null },
  ): Promise<Readonly<Record<string, string | Uint8Array>>>;
}

export async function synthesiseByPackage(circuit: CircuitFolder, entry: string): Promise<Synthesis> {
  try {
    const { runYosys } = (await import(pathToFileURL(entry).href)) as Yowasp;
    const sources = [...coreSources(circuit), ...memoryFiles(circuit)].map(
      (file) => [file, readFileSync(join(circuit.folder, file), 'utf8')] as const,
    );
    const quiet = { stdout: null, stderr: null };
    const files = await runYosys(['-q', '-p', scriptOf(circuit)], Object.fromEntries(sources), quiet);
    const stat = files['stat.json']!;
    const text = typeof stat === 'string' ? stat : new TextDecoder().decode(stat);
    return { kind: 'synthesised', by: npmPackage, resources: resourcesIn(text) };
  } catch (error) {
    return saidWhenRead(
      () => t('{0} failed: {1}', npmPackage, String(error)),
      () => t('Install Yosys instead.'),
    );
  }
}

/** LUTs that a memory of LUTs takes. */
const lutRams: Readonly<Record<string, number>> = {
  RAM32M: 4,
  RAM64M: 4,
  RAM32M16: 8,
  RAM64M8: 8,
  RAM128X1D: 4,
  RAM256X1D: 8,
  RAM512X1S: 8,
};

/** Cells of a netlist by what they occupy: inverters and shift registers sit in LUTs too. */
function resourcesIn(stat: string): Resources {
  const { design } = JSON.parse(stat) as { design: { num_cells_by_type: Readonly<Record<string, number>> } };
  const [resources, cells] = [{ lut: 0, ff: 0, dsp: 0, bram: 0 }, design.num_cells_by_type];
  for (const [cell, count] of Object.entries(cells)) {
    if (/^(LUT\d|INV|SRL\w+)$/.test(cell)) resources.lut += count;
    else if (cell in lutRams) resources.lut += count * lutRams[cell]!;
    else if (/^FD[RSCP]E$/.test(cell)) resources.ff += count;
    else if (cell === 'DSP48E2') resources.dsp += count;
    else if (cell === 'RAMB36E2') resources.bram += count;
    else if (cell === 'RAMB18E2') resources.bram += count / 2;
  }
  return resources;
}
