/**
 * The clock rate of a circuit where it can be placed and routed without a vendor's tools: on a small device of the Lattice
 * iCE40 family, by Yosys and nextpnr. It says nothing exact about other families; they are newer and faster.
 */

import { formatDuration, significant } from '../../../engine/format.ts';
import { t } from '../../../engine/texts.ts';
import type { Failure } from '../../protocol.ts';
import { missingPrograms, type Programs, runProgram } from '../programs.ts';
import { type CircuitFolder, coreSources } from './simulate.ts';
import type { Resources } from './synthesise.ts';

export const placers: Programs = { yosys: 'yosys', 'nextpnr-ice40': 'nextpnr-ice40' };

interface Device {
  readonly name: string;
  readonly synthesis: string;
  readonly placement: readonly string[];
}

/** The first has blocks of multipliers and few pins, the second neither. */
const devices: readonly Device[] = [
  { name: 'iCE40 UP5K', synthesis: '-dsp', placement: ['--up5k', '--package', 'sg48'] },
  { name: 'iCE40 HX8K', synthesis: '', placement: ['--hx8k', '--package', 'ct256'] },
];

/** What is larger than this on UltraScale+ fits no device of the family, and takes minutes to find out. */
const most = { lut: 4000, bram: 8 };

const timeoutMs = 2 * 60_000;

export type ClockRate = { readonly kind: 'placed'; readonly device: string; readonly hertz: number } | Failure;

/** `resources`: those on UltraScale+. */
export async function clockRateOf(
  circuit: CircuitFolder,
  { lut, bram }: Pick<Resources, 'lut' | 'bram'>,
  signal: AbortSignal,
): Promise<ClockRate> {
  const missing = missingPrograms(placers, () => t('Placing the circuit'));
  if (missing) return missing;
  const tooLarge: Failure = {
    kind: 'failed',
    get message() {
      return t('The circuit fits no device of the family Lattice iCE40.');
    },
  };
  if (lut > most.lut || bram > most.bram) return tooLarge;
  for (const device of devices) {
    const hertz = await placed(circuit, device, signal);
    if (hertz !== undefined) return { kind: 'placed', device: device.name, hertz };
    if (signal.aborted) break;
  }
  return tooLarge;
}

/** Undefined where it does not fit. */
async function placed(
  circuit: CircuitFolder,
  { synthesis, placement }: Device,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { folder: cwd, name } = circuit;
  const script = `read_verilog ${coreSources(circuit).join(' ')}; synth_ice40 ${synthesis} -top ${name} -json ice40.json`;
  const options = { cwd, signal, timeoutMs };
  const synthesised = await runProgram('yosys', ['-q', '-p', script], options);
  if (synthesised.kind === 'failed') return undefined;
  const ran = await runProgram('nextpnr-ice40', [...placement, '--json', 'ice40.json', '--seed', '1'], options);
  if (ran.kind === 'failed') return undefined;
  // Once after placing, once after routing.
  const rates = [...ran.stderr.matchAll(/Max frequency for clock .*: ([\d.]+) MHz/g)];
  const last = rates.at(-1)?.[1];
  return last === undefined ? undefined : 1e6 * Number(last);
}

/** `interval`: clocks from one result to the next. */
export const clockRateText = ({ device, hertz }: { device: string; hertz: number }, interval: number): string =>
  t(
    'Clock rate on a Lattice {0}, placed by nextpnr, not on your device: {1} MHz, a result every {2}.',
    device,
    significant(hertz / 1e6),
    formatDuration((1e9 * interval) / hertz),
  );
