/** The chosen network on the devices of the paper's Table 3. */
import { profileBasis, profileNotes, profileTable } from '../../engine/emit/profiles/table.ts';
import { networkLabel } from '../../engine/plot/runFigures.ts';
import { deviceEstimates } from '../pipeline/estimates.ts';
import type { StoredRun } from '../pipeline/readRun.ts';
import { networkOf } from '../pipeline/storedNetworks.ts';
import type { Section } from './sections.ts';

export function devicesSection(run: StoredRun): Section {
  const common = { id: 'devices', title: 'Devices of the paper' } as const;
  const { chosen, points } = run.result;
  const found = networkOf(run, chosen);
  if (found.kind === 'failed')
    return { kind: 'missing', ...common, text: `${found.message} ${found.hint ?? ''}`.trim() };
  const estimates = deviceEstimates(run, found);
  const point = points.find(({ id }) => id === chosen);
  const name = point ? networkLabel(point) : chosen;
  return {
    kind: 'table',
    ...common,
    caption: [`The chosen network, ${name}. ${profileBasis()}`, ...profileNotes(estimates)].join(' '),
    table: profileTable(estimates),
  };
}
