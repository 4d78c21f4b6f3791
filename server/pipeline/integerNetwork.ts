/** A network of a dataset's run in integers: fitted on training rows, run by the interpreters on others. */
import { setImmediate } from 'node:timers/promises';
import { errorFigures } from '../../engine/data/metrics.ts';
import { createRandom } from '../../engine/data/random.ts';
import { spreadRows } from '../../engine/data/subset.ts';
import { isCnnNetwork, multiplyAccumulates } from '../../engine/nn/models.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { calibrateCnn } from '../../engine/quantise/cnn/calibrate.ts';
import { quantiseCnn, quantisedCnnBytes, runQuantisedCnn } from '../../engine/quantise/cnn/quantise.ts';
import { enterColumns, type Grid, leaveRows } from '../../engine/quantise/grid.ts';
import { type IntegerFormat, quantise, quantisedBytes, runQuantised } from '../../engine/quantise/quantise.ts';
import type { AnyNetwork, EncodedSamples, ErrorFigures, Network } from '../../engine/types.ts';
import type { HeldRows } from '../trainWorker.ts';
import type { StoredIntegers } from './datasetRun.ts';

/** Rows that ranges are taken from, at most: more change little. */
const calibrationRows = { perceptron: 2000, cnn: 300 } as const;

/** Multiply-accumulates that the interpreters spend on one set of rows: about ten seconds. */
const affordable = 5e9;

/** The same between two looks at the signal. */
const chunk = 1e8;

/** Runs integers (count, columns) on its input grid. */
interface Interpreter {
  readonly input: Grid;
  readonly output: Grid;
  run(inputs: ArrayLike<number>, count: number): Int16Array;
}

export interface Integers {
  /** In single precision, from which the integers are made. */
  readonly network: AnyNetwork;
  readonly bytes: number;
  readonly integers: StoredIntegers;
  readonly interpreter: Interpreter;
}

/**
 * Takes the ranges of the network's values once; what comes back quantises it, or one that it was tuned to, in any format.
 */
export function calibrated(
  network: AnyNetwork,
  train: EncodedSamples,
): (format: IntegerFormat, tuned?: Network) => Integers {
  const most = affordableRows(network);
  if (isCnnNetwork(network)) {
    const rows = spreadRows(train, Math.min(most, calibrationRows.cnn));
    const calibration = calibrateCnn(network, rows.inputs, rows.count);
    return (format) => {
      const own = quantiseCnn(network, format, calibration);
      const run = (inputs: ArrayLike<number>, count: number) => runQuantisedCnn(own, inputs, count);
      const integers = { kind: 'cnn', format, calibration } as const;
      return { network, bytes: quantisedCnnBytes(own), integers, interpreter: { ...own, run } };
    };
  }
  const rows = spreadRows(train, Math.min(most, calibrationRows.perceptron));
  const calibration = calibrate(network, rows.inputs, rows.count);
  return (format, tuned = network) => {
    const own = quantise(tuned, format, calibration);
    const run = (inputs: ArrayLike<number>, count: number) => runQuantised(own, inputs, count);
    const integers = { kind: 'perceptron', format, calibration } as const;
    return { network: tuned, bytes: quantisedBytes(own), integers, interpreter: { ...own, run } };
  };
}

/** So many rows the interpreters run in a while. */
export const affordableRows = ({ topology }: AnyNetwork): number =>
  Math.ceil(affordable / multiplyAccumulates(topology));

/** Error figures of the integers on the rows, a part at a time; undefined where the signal aborts. */
export async function errorsOf(
  { samples, outputs, outputSlots, encoding }: HeldRows,
  { network, interpreter: { input, output, run } }: Integers,
  signal: AbortSignal,
): Promise<ErrorFigures | undefined> {
  const { count, inputs } = samples;
  const rows = Math.max(1, Math.floor(chunk / multiplyAccumulates(network.topology)));
  const approx = new Float64Array(outputs.length);
  const width = inputs.length / count;
  for (let first = 0; first < count; first += rows) {
    await setImmediate();
    if (signal.aborted) return undefined;
    const own = Math.min(rows, count - first);
    const integers = run(enterColumns(inputs.subarray(first * width, (first + own) * width), input), own);
    approx.set(leaveRows(integers, own, encoding, output), (first * outputs.length) / count);
  }
  return errorFigures(outputs, approx, count, outputSlots);
}

/** All rows, or so many of them, drawn at random. */
export function someRows(held: HeldRows, most: number, seed: number): HeldRows {
  const { samples, outputs } = held;
  if (samples.count <= most) return held;
  const random = createRandom(seed);
  const order = Array.from({ length: samples.count }, (_, row) => ({ row, at: random.next() }));
  const rows = order
    .sort((a, b) => a.at - b.at)
    .slice(0, most)
    .map(({ row }) => row);
  const columns = (values: Float32Array) => Float32Array.from(taken(values, rows, samples.count));
  return {
    ...held,
    samples: { count: most, inputs: columns(samples.inputs), targets: columns(samples.targets) },
    outputs: Float64Array.from(taken(outputs, rows, samples.count)),
  };
}

function taken(values: Float32Array | Float64Array, rows: readonly number[], count: number): number[] {
  const width = values.length / count;
  return rows.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]);
}
