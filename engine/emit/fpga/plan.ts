/** Which circuit a network becomes. */

import type { Fixed16Cnn } from '../../quantise/cnn/fixed16.ts';
import type { Fixed16Network } from '../../quantise/fixed16.ts';
import { t } from '../../texts.ts';
import { type Circuit, circuitOf } from './circuit.ts';
import { type CnnProgram, cnnProgram } from './cnn/program.ts';
import { parallelLatency, products } from './parallel.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

export const fpgaForms = ['parallel', 'streaming'] as const;
export type FpgaForm = (typeof fpgaForms)[number];

export interface FpgaOptions {
  /** Absent: parallel where that takes at most `parallelDsps` DSP blocks, streaming above. */
  readonly form?: FpgaForm;
  /** Multipliers of the streaming form, 1 to 64; absent: 4, for convolutional networks 12. */
  readonly macs?: number;
}

export type FpgaPlan =
  | { readonly form: 'parallel'; readonly circuit: Circuit; readonly latency: number; readonly interval: 1 }
  | { readonly form: 'streaming'; readonly schedule: Schedule; readonly latency: number; readonly interval: number };

/** As many as the smallest device of Zynq UltraScale+ has, the XCZU2. */
export const parallelDsps = 240;
const defaultMacs = 4;
/** As many as there are filters in most layers of the paper's networks. */
const defaultCnnMacs = 12;
export const mostMacs = 64;

/** Throws RangeError where `macs` is no whole number from 1 to 64. */
export function planFpga(network: Fixed16Network, { form, macs = defaultMacs }: FpgaOptions = {}): FpgaPlan {
  requireMacs(macs);
  const circuit = circuitOf(network);
  const chosen = form ?? (dspsOf(circuit) <= parallelDsps ? 'parallel' : 'streaming');
  if (chosen === 'parallel') return { form: chosen, circuit, latency: parallelLatency(circuit), interval: 1 };
  const schedule = scheduleOf(network, macs);
  return { form: chosen, schedule, latency: schedule.latency, interval: schedule.interval };
}

/** Throws RangeError for the parallel form, which a convolutional network does not have, and as above. */
export function planCnnFpga(network: Fixed16Cnn, { form, macs = defaultCnnMacs }: FpgaOptions = {}): CnnProgram {
  requireMacs(macs);
  if (form === 'parallel') throw new RangeError(noParallelCnn());
  return cnnProgram(network, macs);
}

export const noParallelCnn = () => t('Convolutional networks have no parallel circuit, only a streaming one.');

function requireMacs(macs: number): void {
  if (!Number.isInteger(macs) || macs < 1 || macs > mostMacs) {
    throw new RangeError(`A streaming circuit has 1 to ${mostMacs} multipliers, not ${macs}.`);
  }
}

/** One for each product that is no shift, and one for each activation's line. */
export const dspsOf = ({ layers }: Circuit): number =>
  layers.reduce((sum, layer) => sum + products(layer).size + (layer.usesTable ? layer.neurons.length : 0), 0);
