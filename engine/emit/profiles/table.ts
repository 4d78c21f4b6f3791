/** Estimates for devices as a table, which the command line, reports and the panel share. */
import { formatBytes, formatDuration, significant } from '../../format.ts';
import type { Table } from '../../plot/figure.ts';
import type { EnergyClass, ProfileEstimate } from './profiles.ts';

/** What every figure rests on, for whoever shows them. */
export const profileBasis =
  'Devices and their figures are those of Table 3 of Loni et al. (2020). The least time is a bound, not a prediction: ' +
  'code for networks this small stays far below a peak, and a call on a GPU has tens of microseconds of start and ' +
  'transfers on top. Energy is the expected time, or else the least, at the printed power of the whole device.';

const unitOf: Readonly<Record<EnergyClass, number>> = { pJ: 1e-3, nJ: 1, µJ: 1e3, mJ: 1e6, J: 1e9 };

const printed = (value: number | undefined, unit: string): string =>
  value === undefined ? 'not printed' : `${value} ${unit}`;

export function profileTable(estimates: readonly ProfileEstimate[]): Table {
  return {
    columns: ['Device', 'Clock', 'Power', 'Memory', 'Fits', 'Call at least', 'Call expected', 'Energy'],
    rows: estimates.map(({ profile, fits, leastLatencyNs, expected, energyNanojoules, energyClass }) => [
      profile.name,
      printed(profile.clockGhz, 'GHz'),
      printed(profile.tdpWatts, 'W'),
      profile.memory,
      fits ? 'yes' : 'no',
      formatDuration(leastLatencyNs),
      expected ? formatDuration(expected.latencyNs) : 'not known',
      energyNanojoules === undefined || energyClass === undefined
        ? 'not known'
        : `${expected ? '' : 'at least '}${significant(energyNanojoules / unitOf[energyClass])} ${energyClass}`,
    ]),
  };
}

/** One sentence for each device: what its times rest on. */
export const profileNotes = (estimates: readonly ProfileEstimate[]): string[] =>
  estimates.map(
    ({ profile, leastBasis, expected, memoryBytes }) =>
      `${profile.name}: at least, ${leastBasis}${expected ? `; expected, ${expected.basis}` : ''}; ` +
      `${formatBytes(memoryBytes)} of parameters and values against ${profile.memory}.`,
  );
