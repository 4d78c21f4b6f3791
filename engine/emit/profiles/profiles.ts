/** The devices of the paper's Table 3, with its printed figures, and what a network takes there. */

import { formatAmount, significant } from '../../format.ts';
import { type AnyQuantised, integerBytes } from '../../quantise/models.ts';
import { t } from '../../texts.ts';
import type { AnyNetwork, Processor } from '../../types.ts';
import { cpuTarget } from '../cpu/cpu.ts';
import { estimateFpga } from '../fpga/core.ts';
import { fixedUnseen } from '../fpga/fixed.ts';
import { fpgaTarget } from '../fpga/target.ts';

export interface DeviceProfile {
  readonly id: 'cpu' | 'gpu' | 'arm' | 'fpga';
  readonly name: string;
  /** As printed. */
  readonly clockGhz: number;
  readonly technologyNm: number;
  readonly tdpWatts?: number;
  readonly units: string;
  readonly memory: string;
  readonly priceUsd?: number;
  /** The printed memory: caches, block RAM, or the board's own memory. */
  readonly memoryBytes: number;
  /** float32 multiply-accumulates that one call can do per cycle at most; not in the table. */
  readonly macsPerCycle: number;
  readonly macsBasis: string;
}

const megabyte = 2 ** 20;

export const deviceProfiles: readonly DeviceProfile[] = [
  {
    id: 'cpu',
    name: 'Intel Core i7-7820',
    clockGhz: 2.9,
    technologyNm: 14,
    tdpWatts: 45,
    units: '4 cores, 8 threads',
    memory: '8 MB cache',
    priceUsd: 378,
    memoryBytes: 8 * megabyte,
    macsPerCycle: 16,
    get macsBasis() {
      return t('one core with two AVX2 multiply-add units of eight lanes');
    },
  },
  {
    id: 'gpu',
    name: 'NVIDIA Tesla M60',
    clockGhz: 1.178,
    technologyNm: 28,
    tdpWatts: 300,
    units: '4096 cores',
    memory: '16 GB GDDR5',
    priceUsd: 7532,
    memoryBytes: 16 * 1024 * megabyte,
    macsPerCycle: 2048,
    get macsBasis() {
      return t('one of its two processors of 2048 cores; a start and the transfers, tens of microseconds, come on top');
    },
  },
  {
    id: 'arm',
    name: 'ARM Cortex-A15',
    clockGhz: 1.9,
    technologyNm: 28,
    tdpWatts: 5,
    units: '8 cores, 8 threads',
    memory: '2.5 MB cache',
    priceUsd: 60,
    memoryBytes: 2.5 * megabyte,
    macsPerCycle: 4,
    get macsBasis() {
      return t('one core with one NEON multiply-add of four lanes');
    },
  },
  {
    id: 'fpga',
    name: 'Xilinx UltraScale+',
    clockGhz: 0.8,
    technologyNm: 16,
    units: '2.5 million FF, 1.18 million LUT, 6800 DSP',
    memory: '75.5 Mb block RAM',
    memoryBytes: Math.floor(75.5e6 / 8),
    macsPerCycle: 6800,
    get macsBasis() {
      return t('every DSP slice doing one fixed-point product');
    },
  },
];

export interface ProfileEstimate {
  readonly profile: DeviceProfile;
  readonly multiplyAccumulates: number;
  /** Parameters, in the form in which they are stored, and values of one call. */
  readonly memoryBytes: number;
  readonly fits: boolean;
  /** No call is faster. */
  readonly leastLatencyNs: number;
  /** What that rests on; one sentence without its full stop. */
  readonly leastBasis: string;
  /** What a call is expected to take, where a measurement says so. */
  readonly expected?: { readonly latencyNs: number; readonly basis: string };
  /** The expected time, or else the least, at the printed power; absent where none is printed. */
  readonly energyNanojoules?: number;
  /** Powers of a thousand below one joule. */
  readonly energyClass?: EnergyClass;
}

export type EnergyClass = 'pJ' | 'nJ' | 'µJ' | 'mJ' | 'J';

/** A call of the network's code for CPUs, and the processor that it was measured on. */
export interface MeasuredCall {
  readonly latencyNs: number;
  readonly processor: Processor;
}

export interface ProfileOptions {
  /** The network in integers, where the code computes in these. */
  readonly quantised?: AnyQuantised;
  readonly measured?: MeasuredCall;
}

export function estimateProfiles(network: AnyNetwork, options: ProfileOptions = {}): ProfileEstimate[] {
  const { quantised, measured } = options;
  const { multiplyAccumulates, parameterBytes, workingBytes } = cpuTarget.estimate(network);
  const memoryBytes = (quantised ? integerBytes(quantised) : parameterBytes) + workingBytes;
  const circuit = circuitOf(network, quantised);
  return deviceProfiles.map((profile) => {
    const atPeak = multiplyAccumulates / (profile.clockGhz * profile.macsPerCycle);
    const onCircuit = profile.id === 'fpga' ? circuit : undefined;
    const leastLatencyNs = onCircuit ? onCircuit.clocks / profile.clockGhz : atPeak;
    const expected = profile.id === 'cpu' ? measured && expectedOn(profile, measured) : undefined;
    const energy = profile.tdpWatts && (expected?.latencyNs ?? leastLatencyNs) * profile.tdpWatts;
    return {
      profile,
      multiplyAccumulates,
      memoryBytes,
      fits: memoryBytes <= profile.memoryBytes && (onCircuit?.dsp ?? 0) <= profile.macsPerCycle,
      leastLatencyNs,
      leastBasis: onCircuit ? circuitBasis(onCircuit) : t('multiply-accumulates at the peak of {0}', profile.macsBasis),
      ...(expected && { expected }),
      ...(energy !== undefined && { energyNanojoules: energy, energyClass: energyClassOf(energy) }),
    };
  });
}

interface Circuit {
  readonly clocks: number;
  readonly dsp: number;
}

/** The circuit that the target FPGA would make of it; undefined where it makes none. */
function circuitOf(network: AnyNetwork, quantised: AnyQuantised | undefined): Circuit | undefined {
  if (fpgaTarget.refuses?.(network.topology) !== undefined) return undefined;
  const { latencyClocks, dsp } = estimateFpga(quantised?.kind === 'fixed16' ? quantised : fixedUnseen(network));
  return { clocks: latencyClocks, dsp };
}

const circuitBasis = ({ clocks }: Circuit): string =>
  t(
    '{0} of the circuit that is generated for it, at the printed rate, of which designs reach a third to two thirds',
    formatAmount(clocks, 'clock'),
  );

/** The same number of cycles; processors of one kind differ in that by less than by their clocks, but they do differ. */
const expectedOn = ({ clockGhz }: DeviceProfile, { latencyNs, processor }: MeasuredCall) => ({
  latencyNs: (latencyNs * processor.clockGhz) / clockGhz,
  basis: t(
    'as many cycles as its generated code took on {0} at {1} GHz',
    processor.name,
    significant(processor.clockGhz),
  ),
});

function energyClassOf(nanojoules: number): EnergyClass {
  if (nanojoules < 1) return 'pJ';
  if (nanojoules < 1e3) return 'nJ';
  if (nanojoules < 1e6) return 'µJ';
  return nanojoules < 1e9 ? 'mJ' : 'J';
}
