/** Estimates for devices as a table, which the command line, reports and the panel share. */

import { formatBytes, formatDuration, significant } from '../../format.ts';
import type { Table } from '../../plot/figure.ts';
import { t } from '../../texts.ts';
import type { EnergyClass, ProfileEstimate } from './profiles.ts';

/** What every figure rests on, for whoever shows them. */
export const profileBasis = () =>
  t(
    'Devices and their figures are those of Table 3 of Loni et al. (2020). The least time is a bound, not a prediction: code for networks this small stays far below a peak, and a call on a GPU has tens of microseconds of start and transfers on top. Energy is the expected time, or else the least, at the printed power of the whole device.',
  );

const unitOf: Readonly<Record<EnergyClass, number>> = { pJ: 1e-3, nJ: 1, µJ: 1e3, mJ: 1e6, J: 1e9 };

const printed = (value: number | undefined, unit: string): string =>
  value === undefined ? t('not printed') : `${value} ${unit}`;

export function profileTable(estimates: readonly ProfileEstimate[]): Table {
  return {
    columns: [
      t('Device'),
      t('Clock'),
      t('Power'),
      t('Memory'),
      t('Fits'),
      t('Call at least'),
      t('Call expected'),
      t('Energy'),
    ],
    rows: estimates.map(({ profile, fits, leastLatencyNs, expected, energyNanojoules, energyClass }) => [
      profile.name,
      printed(profile.clockGhz, 'GHz'),
      printed(profile.tdpWatts, 'W'),
      profile.memory,
      fits ? t('yes') : t('no'),
      formatDuration(leastLatencyNs),
      expected ? formatDuration(expected.latencyNs) : t('not known'),
      energyNanojoules === undefined || energyClass === undefined
        ? t('not known')
        : energyText(`${significant(energyNanojoules / unitOf[energyClass])} ${energyClass}`, expected !== undefined),
    ]),
  };
}

const energyText = (energy: string, isExpected: boolean): string => (isExpected ? energy : t('at least {0}', energy));

/** One sentence for each device: what its times rest on. */
export const profileNotes = (estimates: readonly ProfileEstimate[]): string[] =>
  estimates.map(({ profile, leastBasis, expected, memoryBytes }) => {
    const sizes = [formatBytes(memoryBytes), profile.memory] as const;
    return expected
      ? t(
          '{0}: at least, {1}; expected, {2}; {3} of parameters and values against {4}.',
          profile.name,
          leastBasis,
          expected.basis,
          ...sizes,
        )
      : t('{0}: at least, {1}; {2} of parameters and values against {3}.', profile.name, leastBasis, ...sizes);
  });
