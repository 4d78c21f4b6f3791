/** Fronts for the tests of the client and of the panel. */
import type { FrontPoint, FrontView, TargetEstimates } from '../../server/protocol.ts';

export function point(
  id: string,
  params: number,
  nrmse: number,
  more: Partial<Omit<FrontPoint, 'id' | 'params' | 'error'>> = {},
): FrontPoint {
  return {
    id,
    params,
    bytes: 4 * params,
    macs: params,
    topology: `2-${params}-1`,
    activation: 'tanh',
    error: { nrmse, meanRelative: nrmse * 10, p99: nrmse * 3, max: nrmse * 9, missRate: 0 },
    generation: 1,
    onFront: true,
    ...more,
  };
}

export const region = { uri: 'file:///project/price.ts', name: 'price' } as const;

export const frontView = (more: Partial<FrontView> = {}): FrontView => ({
  runId: 'price-1',
  subject: { kind: 'function', ...region },
  target: 'cpu',
  measure: 'nrmse',
  stage: 'done',
  generation: 5,
  generations: 5,
  evaluations: 150,
  hypervolume: [0.7, 0.9],
  points: [point('a', 10, 0.1), point('b', 20, 0.01), point('c', 200, 0.008), point('x', 100, 0.2, { onFront: false })],
  chosen: 'b',
  criterion: { met: true, reason: 'It is 3.2 times faster, with 1 % error.' },
  ...more,
});

export const estimatesFor = (
  target: TargetEstimates['target'],
  more: Partial<TargetEstimates> = {},
): TargetEstimates => ({
  kind: 'estimates',
  runId: 'price-1',
  target,
  label: target.toUpperCase(),
  description: 'Some code',
  networks: ['a', 'b', 'c'].map((id, index) => ({
    id,
    figures: [
      { label: 'Parameters', value: 1200 * (index + 1), unit: 'bytes', basis: 'Counted.' },
      { label: 'Latency', value: 7 + index, unit: 'clocks', basis: 'Counted.' },
    ],
    devices: { table: { columns: ['Device', 'Energy'], rows: [['A device', '3 nJ']] }, notes: ['A note.'] },
  })),
  deviceBasis: 'Bounds.',
  ...more,
});
