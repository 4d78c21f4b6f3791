/** The FPGA target on this machine: its circuit is simulated, its resources come from Yosys where that is installed. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { errorFigures } from '../../engine/data/metrics.ts';
import { fpgaTarget } from '../../engine/emit/fpga/target.ts';
import type { EmittedFiles } from '../../engine/emit/target.ts';
import { formatCount, significant } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { ErrorFigures } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { cpuServerTarget } from './cpu.ts';
import { clockRateOf, clockRateText } from './fpga/clockRate.ts';
import {
  benchOf,
  type CircuitFolder,
  interpreter,
  interpretTestbench,
  type Passed,
  runDriver,
  runTestbench,
  simulators,
} from './fpga/simulate.ts';
import { type Resources, synthesise } from './fpga/synthesise.ts';
import { missingPrograms } from './programs.ts';
import type { Sentence } from './sentence.ts';
import type { ServerTarget, Verification, VerifyRequest } from './target.ts';

/** Clocks that are simulated with the driver, about half a minute of them. */
const simulatedClocks = 3e7;
/** Clocks that Icarus Verilog runs in a second or two, of the largest parallel circuits too. */
const briefClocks = { parallel: 300, streaming: 20_000 };
/** The module's time says nothing about a circuit. */
const briefTimingMs = 20;

export const fpgaServerTarget: ServerTarget = {
  target: fpgaTarget,
  get needs() {
    return t(
      'A device of AMD UltraScale+ or any other with 18-bit multipliers and its maker’s tools; to check it here, Icarus Verilog, for its driver Verilator and g++, too.',
    );
  },
  async unavailable() {
    return missingPrograms(interpreter, () => t('Simulating the circuit'));
  },
  async verify(request) {
    const folder = mkdtempSync(join(tmpdir(), 'deepmaker-fpga-'));
    try {
      const circuit = writeCircuit(folder, request.files);
      const simulated = await (request.brief
        ? simulateBriefly(circuit, request, moreByExport)
        : simulate(circuit, request));
      if (simulated.kind === 'failed' || request.brief) return simulated;
      const notes = [...simulated.notes, ...(await hardwareNotes(circuit, request.signal))];
      return { ...simulated, notes };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

type Simulated = (Verification & { readonly notes: readonly Sentence[] }) | Failure;

const moreByExport = () => t('Exporting it simulates more of it, with its driver, and synthesises it.');

async function simulate(circuit: CircuitFolder, request: VerifyRequest): Promise<Simulated> {
  const missing = missingPrograms(simulators, () => t('Simulating its driver'));
  if (missing) return simulateBriefly(circuit, request, () => wholeText(missing));
  const bench = await runTestbench(circuit, request.signal);
  if (bench.kind === 'failed') return bench;
  const checked = await checkRows(circuit, request, simulatedClocks);
  if (checked.kind === 'failed') return checked;
  return {
    kind: 'verified',
    error: checked.error,
    notes: [() => simulatedText([bench.by, 'Verilator'], bench), ...checked.notes],
  };
}

const wholeText = ({ message, hint = '' }: Failure): string => `${message} ${hint}`.trim();

function simulatedText(by: readonly string[], { circuit, vectors, latency, interval }: Passed): string {
  const [first, second] = [...new Set(by)];
  const amounts = [circuit, ...[vectors, latency, interval].map(formatCount)] as const;
  return second === undefined
    ? t('Simulated by {0}: {1}: {2} vectors, latency {3} clocks, {4} from result to result.', first!, ...amounts)
    : t(
        'Simulated by {0} and {1}: {2}: {3} vectors, latency {4} clocks, {5} from result to result.',
        first!,
        second,
        ...amounts,
      );
}

/**
 * The module in TypeScript runs the test rows, and the circuit the first vectors of its testbench, which are the module's
 * integers. `more`: a sentence about what is left out.
 */
async function simulateBriefly(circuit: CircuitFolder, request: VerifyRequest, more: Sentence): Promise<Simulated> {
  const module = await cpuServerTarget.verify({ ...request, timingBudgetMs: briefTimingMs });
  if (module.kind === 'failed') return module;
  const { error } = module;
  const { vectors, interval } = benchOf(circuit);
  const affordable = Math.min(vectors, Math.floor(briefClocks[interval === 1 ? 'parallel' : 'streaming'] / interval));
  if (affordable === 0) {
    const slow = () => t('Not simulated: one result takes {0} clocks.', formatCount(interval));
    return { kind: 'verified', error, notes: [slow, more] };
  }
  const bench = await interpretTestbench(circuit, affordable, request.signal);
  if (bench.kind === 'failed') return bench;
  return { kind: 'verified', error, notes: [() => simulatedText([bench.by], bench), more] };
}

/**
 * All rows through the driver and the circuit, where that can be simulated in a while. Else the module runs all rows, and
 * the circuit has to give its answers on the first ones.
 */
export async function checkRows(
  circuit: CircuitFolder,
  request: VerifyRequest,
  mostClocks: number,
): Promise<{ readonly kind: 'checked'; readonly error: ErrorFigures; readonly notes: readonly Sentence[] } | Failure> {
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
    return {
      kind: 'failed',
      message: t('The circuit and the module differ on the first {0} test rows.', formatCount(count)),
    };
  }
  const notes = [
    () =>
      t(
        'The circuit, which is slow to simulate, gave the answers of the module on {0} of the {1} test rows.',
        formatCount(count),
        formatCount(test.count),
      ),
  ];
  return { kind: 'checked', error: module.error, notes };
}

/** What tools for hardware say, where they are installed. */
async function hardwareNotes(circuit: CircuitFolder, signal: AbortSignal): Promise<Sentence[]> {
  const synthesis = await synthesise(circuit, process.cwd(), signal);
  if (synthesis.kind === 'failed') return [() => t('Not synthesised: {0}', wholeText(synthesis))];
  const rate = await clockRateOf(circuit, synthesis.resources, signal);
  const { interval } = benchOf(circuit);
  return [
    () => resourcesText(synthesis.by, synthesis.resources),
    () => (rate.kind === 'failed' ? t('No clock rate: {0}', wholeText(rate)) : clockRateText(rate, interval)),
  ];
}

const resourcesText = (by: string, { lut, ff, dsp, bram }: Resources): string =>
  t(
    '{0} for UltraScale+: {1} LUT, {2} FF, {3} DSP, {4} block RAM of 36 Kbit.',
    ...[by, ...[lut, ff, dsp].map(formatCount), significant(bram)],
  );

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
