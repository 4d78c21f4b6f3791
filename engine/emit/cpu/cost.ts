/**
 * What a call of the generated code costs, from its shape alone: good enough to steer a search by, and the same on every
 * machine, so that a front stays reproducible. Figures that people see are measured.
 */
import { isCnn, multiplyAccumulates } from '../../nn/models.ts';
import { parameterCount } from '../../nn/network.ts';
import type { Activation, AnyTopology } from '../../types.ts';
import { prefersStraightLine } from './straightLine.ts';

/** Nanoseconds, fitted to generated code on one core: median error 6 % for straight-line code, 8 % for the kernel. */
interface Rates {
  readonly call: number;
  readonly parameter: number;
  /** Per hidden unit. */
  readonly cheap: number;
  readonly dear: number;
}

const straightLine: Rates = { call: 1, parameter: 0.6, cheap: 0.1, dear: 3.5 };
/** Of a convolutional network, per multiplication. */
const cnnParameter = 0.063;
const kernel: Rates = { call: 7, parameter: 0.047, cheap: 0.1, dear: 0.95 };

/** A comparison or two; the others divide polynomials or call `Math.exp`. */
const cheapActivations: ReadonlySet<Activation> = new Set(['relu', 'hard-sigmoid', 'linear']);

export interface CallCost {
  readonly ns: number;
  /** The share of it that the activations take. */
  readonly activations: number;
}

/** Of a convolutional network, only the multiplications count: they are nearly all of it. */
export function callCost(topology: AnyTopology): CallCost {
  if (isCnn(topology)) return { ns: multiplyAccumulates(topology) * cnnParameter, activations: 0 };
  const { widths, activation } = topology;
  // Linear layers collapse into one.
  const collapsed = activation === 'linear' ? [widths[0]!, widths.at(-1)!] : widths;
  const params = parameterCount({ widths: collapsed, activation });
  const units = collapsed.slice(1, -1).reduce((sum, width) => sum + width, 0);
  const rates = prefersStraightLine(params, params) ? straightLine : kernel;
  const activations = units * (cheapActivations.has(activation) ? rates.cheap : rates.dear);
  const ns = rates.call + params * rates.parameter + activations;
  return { ns, activations: activations / ns };
}

export const isDear = (activation: Activation): boolean => !cheapActivations.has(activation);
