/** Fronts for the panel in a browser: with everything that a run of a function knows, and as many networks as wanted. */
import { createRandom } from '../../engine/data/random.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { frontView, point } from '../unit/clientHelpers.ts';

const generations = 20;

/** A run with `count` networks, of which some forty can be used; the same for the same count. */
export function largeFront(count: number): FrontView {
  const random = createRandom(7);
  const front = Array.from({ length: 30 }, (_, index): FrontPoint => {
    const params = Math.round(10 * 1.25 ** index);
    return point(`f${index}`, params, 0.3 / 1.22 ** index, measured(params, 1 + (index % generations)));
  });
  const integers = front.slice(10, 20).map((own) => ({
    ...own,
    ...({ id: `${own.id}-int8`, variant: 'int8', variantOf: own.id, onFront: false, bytes: own.params + 40 } as const),
    error: { ...own.error, nrmse: own.error.nrmse * 1.2 },
  }));
  const rest = Array.from({ length: count - front.length - integers.length }, (_, index) => {
    const params = Math.round(10 * 800 ** random.next());
    const error = Math.min(0.9, (0.3 / (params / 10) ** 0.9) * (1 + 30 * random.next() ** 2));
    return point(`d${index}`, params, error, {
      onFront: false,
      generation: 1 + Math.floor(random.next() * generations),
    });
  });
  const fronts = Array.from({ length: generations }, (_, index) => ({
    generation: index + 1,
    places: front
      .filter(({ generation }) => generation <= index + 1)
      .map(({ id, params, error }) => ({ id, params, error: error.nrmse * 1.1 })),
  }));
  const loss = Array.from({ length: 60 }, (_, epoch) => 1 / (epoch + 1));
  return frontView({
    points: [...front, ...integers, ...rest],
    chosen: 'f12',
    exactNs: 90_000,
    maxError: 0.02,
    evaluations: count,
    generation: generations,
    generations,
    hypervolume: fronts.map((_, index) => 0.9 + 0.09 * (1 - 0.8 ** index)),
    notes: ['The samples take 3 of 3 branches.'],
    plots: {
      fronts,
      curves: [{ name: '2-10-1 tanh', epochs: loss.map((_, epoch) => epoch + 1), loss }],
    },
  });
}

function measured(params: number, generation: number): Partial<FrontPoint> {
  const latencyNs = 20 + params / 4;
  return {
    generation,
    latencyNs,
    speedup: 90_000 / latencyNs,
    speedupInterval: [85_000 / latencyNs, 95_000 / latencyNs],
    certificate: { error: 0.02, share: 0.9, confidence: 0.95, samples: 2000, networks: 40 },
    explanation: {
      histogram: { edges: [0, 0.01, 0.02, 0.05], counts: [700, 200, 100] },
      inputs: [
        {
          path: 'spot',
          bins: Array.from({ length: 8 }, (_, bin) => ({
            ...{ at: bin, label: `${bin} to ${bin + 1}`, mean: 0.01 + bin / 1000, p95: 0.03 + bin / 500 },
          })),
        },
      ],
      pairs: Array.from({ length: 50 }, (_, row) => [row, row + Math.sin(row)] as const),
    },
  };
}
