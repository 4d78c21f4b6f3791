/** The benchmarks of Zitzler, Deb and Thiele (2000), with points of their true fronts. */
import type { Objectives } from '../../engine/search/types.ts';

export interface BenchmarkProblem {
  readonly name: string;
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly evaluate: (x: Float64Array) => Objectives;
  /** The front at a value of the first objective, and the interval of that objective. */
  readonly front: (first: number) => number;
  readonly firstObjective: readonly [number, number];
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const unitBox = (variables: number) => ({
  lower: Array<number>(variables).fill(0),
  upper: Array<number>(variables).fill(1),
});

/** ZDT1 to 3 differ only in how the second objective depends on the first and on g. */
function zdt123(name: string, shape: (first: number, g: number) => number): BenchmarkProblem {
  return {
    name,
    ...unitBox(30),
    evaluate(x) {
      const g = 1 + 9 * mean(x.subarray(1));
      return [x[0]!, g * shape(x[0]!, g)];
    },
    front: (first) => shape(first, 1),
    firstObjective: [0, 1],
  };
}

export const zdtProblems: readonly BenchmarkProblem[] = [
  zdt123('ZDT1', (first, g) => 1 - Math.sqrt(first / g)),
  zdt123('ZDT2', (first, g) => 1 - (first / g) ** 2),
  zdt123('ZDT3', (first, g) => 1 - Math.sqrt(first / g) - (first / g) * Math.sin(10 * Math.PI * first)),
  {
    name: 'ZDT4',
    lower: [0, ...Array<number>(9).fill(-5)],
    upper: [1, ...Array<number>(9).fill(5)],
    evaluate(x) {
      const rest = x.subarray(1);
      const g = 1 + 10 * rest.length + rest.reduce((sum, v) => sum + v * v - 10 * Math.cos(4 * Math.PI * v), 0);
      return [x[0]!, g * (1 - Math.sqrt(x[0]! / g))];
    },
    front: (first) => 1 - Math.sqrt(first),
    firstObjective: [0, 1],
  },
  {
    name: 'ZDT6',
    ...unitBox(10),
    evaluate(x) {
      const first = 1 - Math.exp(-4 * x[0]!) * Math.sin(6 * Math.PI * x[0]!) ** 6;
      const g = 1 + 9 * mean(x.subarray(1)) ** 0.25;
      return [first, g * (1 - (first / g) ** 2)];
    },
    front: (first) => 1 - first ** 2,
    // The smallest value that the first objective takes.
    firstObjective: [0.2807753191, 1],
  },
];

/** Evenly spaced points of the true front; of ZDT3's curve only the five non-dominated pieces. */
export function referenceFront({ front, firstObjective: [from, to] }: BenchmarkProblem, points = 1000): Objectives[] {
  const reference: Objectives[] = [];
  let lowest = Infinity;
  for (let index = 0; index < points; index++) {
    const first = from + ((to - from) * index) / (points - 1);
    const second = front(first);
    if (second >= lowest) continue;
    lowest = second;
    reference.push([first, second]);
  }
  return reference;
}
