/** What a convolutional circuit is told about each step, and the clocks that it takes. */
import type { Fixed16Cnn } from '../../../quantise/cnn/fixed16.ts';
import { tableLatency } from '../verilog.ts';
import { type CnnConstants, cnnConstants } from './constants.ts';
import { type CnnStep, type CnnSteps, cnnSteps, groupsOf, pixelsOf, readsOf, tapsOf } from './steps.ts';

/** A number that is told for each step. */
export interface Field {
  readonly name: string;
  /** At least 1. */
  readonly bits: number;
  /** One per step, in two's complement of `bits`. */
  readonly values: readonly number[];
}

export interface CnnProgram extends CnnSteps {
  readonly macs: number;
  readonly constants: CnnConstants;
  /** Those that differ from step to step, narrow ones first: a wider one never passes through a narrower one's place. */
  readonly fields: readonly Field[];
  /** Those that do not. */
  readonly fixed: readonly Field[];
  /** Bits of an address of the memory of maps. */
  readonly addressBits: number;
  /** Bits of a word of the program: of its widest field. */
  readonly wordBits: number;
  /** The largest value of each counter. */
  readonly last: readonly number[];
  /** Clocks from a step's last read to its last write, less one. */
  readonly drain: number;
  /** From the last input taken to the first output offered. */
  readonly latency: number;
  /** From one result to the next where neither side waits. */
  readonly interval: number;
}

export const unsignedBits = (largest: number): number => Math.max(1, Math.ceil(Math.log2(largest + 1)));

export const levels = [0, 1, 2, 3, 4, 5] as const;

/** Clocks from an address to a normalised value. */
export const preparing = (tabled: boolean): number => 5 + (tabled ? tableLatency : 0);

/** Throws RangeError where the limits of its normalisations differ, as quantising never makes them. */
export function cnnProgram(network: Fixed16Cnn, macs: number): CnnProgram {
  limitsOf(network);
  const steps = cnnSteps(network.topology, macs);
  const constants = cnnConstants(network, steps.steps, macs);
  const addressBits = unsignedBits(steps.words - 1);
  const all = fieldsOf(network, steps, constants, addressBits);
  const fields = all.filter(({ values }) => values.some((value) => value !== values[0]));
  fields.sort((a, b) => a.bits - b.bits);
  const drain = preparing(network.table !== undefined) + macs + 7;
  const own = steps.steps.reduce((clocks, step) => {
    const reads = readsOf(step);
    const slots = Math.max(reads, macs);
    // Telling the step, one more clock to begin, its reads, and the pipeline.
    return clocks + fields.length + 2 + pixelsOf(step) * groupsOf(step) * slots - (slots - reads) + drain + 1;
  }, 0);
  const { height, width, channels, outputs } = network.topology;
  return {
    ...steps,
    macs,
    constants,
    fields,
    fixed: all.filter((field) => !fields.includes(field)),
    addressBits,
    wordBits: fields.at(-1)?.bits ?? 1,
    last: lastOf(steps),
    drain,
    latency: own + 2,
    interval: own + height * width * channels + outputs + 1,
  };
}

/** Of what is normalised; undefined where the activation is a table. */
export function limitsOf({ stages, table }: Fixed16Cnn): { minimum: number; maximum: number } | undefined {
  const [first, ...others] = stages.flatMap(({ normalization }) => normalization ?? []);
  const { minimum, maximum } = first!;
  if (others.some((own) => own.minimum !== minimum || own.maximum !== maximum)) {
    throw new RangeError('The normalisations of a convolutional circuit have the same limits.');
  }
  return table ? undefined : { minimum, maximum };
}

/** Whether the image, which is not normalised, must pass the activation by. */
export function activates(network: Fixed16Cnn): boolean {
  const limits = limitsOf(network);
  return !limits || limits.minimum > -32768 || limits.maximum < 32767;
}

const lastOf = ({ steps }: CnnSteps): number[] =>
  levels.map((level) => Math.max(...steps.map(({ counts }) => counts[level]! - 1)));

/** What the address grows by where a level goes on, and with it all levels inside begin again. */
function jumpsOf({ counts, strides }: CnnStep): number[] {
  let back = 0;
  return strides.map((stride, level) => {
    const jump = stride - back;
    back += (counts[level]! - 1) * stride;
    return jump;
  });
}

function fieldsOf(network: Fixed16Cnn, { steps }: CnnSteps, constants: CnnConstants, addressBits: number): Field[] {
  const macs = constants.weights[0]!.length;
  const modulus = 2 ** addressBits;
  const field = (name: string, value: (step: CnnStep, index: number) => number, bits?: number): Field => {
    const values = steps.map(value);
    return { name, values, bits: bits ?? unsignedBits(Math.max(...values)) };
  };
  const address = (name: string, value: (step: CnnStep) => number) =>
    field(name, (step) => ((value(step) % modulus) + modulus) % modulus, addressBits);
  /** Where a step's words of a memory begin. */
  const start = (name: string, words: readonly unknown[], count: (step: CnnStep) => number) => {
    let end = 0;
    const begins = steps.map((step) => {
      end += count(step);
      return end - count(step);
    });
    return field(name, (_, index) => begins[index]!, unsignedBits(words.length - 1));
  };
  return [
    address('read', ({ read }) => read),
    ...levels.map((level) => address(`jump_${level}`, (step) => jumpsOf(step)[level]!)),
    ...levels.map((level) => field(`last_${level}`, ({ counts }) => counts[level]! - 1)),
    address('write', ({ write }) => write),
    address('next_pixel', ({ stride, filters }) => stride - filters + 1),
    field('last_filter', ({ filters }) => filters - 1),
    field('pause', (step) => Math.max(0, macs - readsOf(step))),
    field('pad', ({ pad }) => pad, 2),
    field('mean', ({ reduces }) => Number(reduces === 'mean')),
    field('largest', ({ reduces }) => Number(reduces === 'largest')),
    ...(activates(network) ? [field('raw', ({ raw }) => Number(raw))] : []),
    field('is_final', (_, index) => Number(index === steps.length - 1)),
    start('first_channel', constants.channels, ({ channels }) => channels),
    start('first_weight', constants.weights, (step) => groupsOf(step) * tapsOf(step)),
    start('first_filter', constants.filters, (step) => groupsOf(step) * macs),
  ];
}

/** Words of the program: the fields of each step in the order in which they are told, widest last. */
export const programWords = ({ steps, fields }: CnnProgram): number[] =>
  steps.flatMap((_, step) => fields.map(({ values }) => values[step]!));
