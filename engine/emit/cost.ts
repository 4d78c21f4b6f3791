/** What a network costs wherever it runs, and what a target adds to that. */
import { multiplyAccumulates, parametersOf } from '../nn/models.ts';
import type { AnyNetwork } from '../types.ts';

export interface Cost {
  /** Trainable parameters. */
  readonly parameters: number;
  /** Of what is stored, in the form in which the target stores it. */
  readonly parameterBytes: number;
  /** Memory that a call works in, parameters left aside. */
  readonly workingBytes: number;
  /** Multiplications of a parameter by a value in one call. */
  readonly multiplyAccumulates: number;
  /** What only this target has, for example logic cells: each with the basis of its estimate. */
  readonly more: readonly CostItem[];
}

export interface CostItem {
  readonly label: string;
  readonly value: number;
  /** Empty for a count. */
  readonly unit: string;
  /** One sentence: what the figure rests on, and how exact it is. */
  readonly basis: string;
}

/** The part of a cost that depends on no device. */
export const countsOf = ({ topology }: AnyNetwork): Pick<Cost, 'parameters' | 'multiplyAccumulates'> => ({
  parameters: parametersOf(topology),
  multiplyAccumulates: multiplyAccumulates(topology),
});
