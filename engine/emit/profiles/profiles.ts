/** The devices of the paper's Table 3, with its printed figures, and what a network takes there at best. */
import type { AnyNetwork } from '../../types.ts';
import { cpuTarget } from '../cpu/cpu.ts';

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
    macsBasis: 'one core with two AVX2 multiply-add units of eight lanes',
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
    macsBasis: 'one of its two processors of 2048 cores; a start and the transfers, tens of microseconds, come on top',
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
    macsBasis: 'one core with one NEON multiply-add of four lanes',
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
    macsBasis:
      'every DSP slice doing one fixed-point product; designs reach a third to two thirds of the printed clock',
  },
];

export interface ProfileEstimate {
  readonly profile: DeviceProfile;
  readonly multiplyAccumulates: number;
  /** Parameters and values of one call, as float32. */
  readonly memoryBytes: number;
  readonly fits: boolean;
  /** No call is faster: multiply-accumulates / (clock * the most per cycle). */
  readonly leastLatencyNs: number;
  /** That time at the printed power; absent where none is printed. */
  readonly leastEnergyNanojoules?: number;
  /** Powers of a thousand below one joule. */
  readonly energyClass?: 'pJ' | 'nJ' | 'µJ' | 'mJ' | 'J';
}

/** What every figure rests on, for whoever shows them. */
export const profileBasis =
  'Bounds, not predictions: latency is multiply-accumulates at the peak of the device, energy that time at the printed ' +
  'TDP. Code for networks this small stays far below the peak.';

export function estimateProfiles(network: AnyNetwork): ProfileEstimate[] {
  const { multiplyAccumulates, parameterBytes, workingBytes } = cpuTarget.estimate(network);
  const memoryBytes = parameterBytes + workingBytes;
  return deviceProfiles.map((profile) => {
    const leastLatencyNs = multiplyAccumulates / (profile.clockGhz * profile.macsPerCycle);
    const energy = profile.tdpWatts === undefined ? undefined : leastLatencyNs * profile.tdpWatts;
    return {
      profile,
      multiplyAccumulates,
      memoryBytes,
      fits: memoryBytes <= profile.memoryBytes,
      leastLatencyNs,
      ...(energy !== undefined && { leastEnergyNanojoules: energy, energyClass: energyClassOf(energy) }),
    };
  });
}

function energyClassOf(nanojoules: number): 'pJ' | 'nJ' | 'µJ' | 'mJ' | 'J' {
  if (nanojoules < 1) return 'pJ';
  if (nanojoules < 1e3) return 'nJ';
  if (nanojoules < 1e6) return 'µJ';
  return nanojoules < 1e9 ? 'mJ' : 'J';
}
