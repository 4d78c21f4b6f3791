/**
 * Networks of a dataset's run in integers: quantised after training, run by the interpreters on validation and test rows,
 * and added to the run, where they stand beside the front.
 */
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { errorFigures, errorObjective } from '../../engine/data/metrics.ts';
import { createRandom, seedOf } from '../../engine/data/random.ts';
import { isCnnNetwork, multiplyAccumulates } from '../../engine/nn/models.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { calibrateCnn } from '../../engine/quantise/cnn/calibrate.ts';
import { quantiseCnn, quantisedCnnBytes, runQuantisedCnn } from '../../engine/quantise/cnn/quantise.ts';
import { enterColumns, type Grid, leaveRows } from '../../engine/quantise/grid.ts';
import { type IntegerFormat, quantise, quantisedBytes, runQuantised } from '../../engine/quantise/quantise.ts';
import type { AnyNetwork, EncodedSamples, ErrorFigures } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { inRunFolder } from '../runLock.ts';
import type { HeldRows } from '../trainWorker.ts';
import type { FinalPoint } from './chooseNetwork.ts';
import { type PreparedData, prepareData } from './datasetData.ts';
import { type AddedNetwork, withAdded } from './datasetResult.ts';
import { type DatasetPoint, type DatasetResult, type StoredIntegers, writeDatasetResult } from './datasetRun.ts';
import { loadSame } from './exportDataset.ts';
import { type PruneHooks, wantedIds } from './pruneRequest.ts';
import { restoreNetwork } from './storedNetwork.ts';

export interface QuantiseRequest {
  readonly formats: readonly IntegerFormat[];
  /** The network to quantise; where absent, those of the front, pruned ones too. */
  readonly candidateId?: string;
}

/** A network in integers, and how many rows its errors are from. */
export interface QuantisedPoint {
  readonly point: FinalPoint;
  readonly rows: { readonly validation: number; readonly test: number };
}

export type QuantiseOutcome =
  | {
      readonly kind: 'quantised';
      readonly before: readonly DatasetPoint[];
      readonly quantised: readonly QuantisedPoint[];
    }
  | { readonly kind: 'cancelled' }
  | Failure;

/** Rows that ranges are taken from, at most: more change little. */
const calibrationRows = { perceptron: 2000, cnn: 300 } as const;

/** Multiply-accumulates that the interpreters spend on one set of rows: about ten seconds. */
const affordable = 5e9;

/** The same between two looks at the signal. */
const chunk = 1e8;

export async function quantiseDataset(
  result: DatasetResult,
  folder: string,
  request: QuantiseRequest,
  hooks: PruneHooks,
): Promise<QuantiseOutcome> {
  const wanted = wantedIds(result, request, 'quantised');
  if (wanted.kind === 'failed') return wanted;
  const owner = resolve(folder, '../../..');
  hooks.onProgress(`Reading ${result.dataset.source}`, 0);
  const loaded = await loadSame(result, [process.cwd(), owner]);
  if (loaded.kind === 'failed') return loaded;
  const data = prepareData(loaded.dataset, result.config.seed, result.subset);
  const busy = `${result.dataset.name} is being searched`;
  return inRunFolder(owner, result.runId, busy, async (): Promise<QuantiseOutcome> => {
    const added: (AddedNetwork & QuantisedPoint)[] = [];
    for (const [index, id] of wanted.ids.entries()) {
      hooks.onProgress(`Quantising network ${index + 1} of ${wanted.ids.length}`, index / wanted.ids.length);
      const origin = result.points.find((point) => point.id === id)!;
      const network = restoreNetwork(result.networks.find((own) => own.id === id)!);
      const variants = await variantsOf({ data, origin, seed: result.config.seed, ...request, ...hooks }, network);
      if (!variants) return { kind: 'cancelled' };
      added.push(...variants);
    }
    const extended = withAdded(result, added);
    writeDatasetResult(folder, extended);
    const before = extended.points.filter(({ id }) => wanted.ids.includes(id));
    return { kind: 'quantised', before, quantised: added.map(({ point, rows }) => ({ point, rows })) };
  });
}

interface Context extends Pick<PruneHooks, 'signal'>, Pick<QuantiseRequest, 'formats'> {
  readonly data: PreparedData;
  /** The point of the network. */
  readonly origin: DatasetPoint;
  readonly seed: number;
}

/** One for each format; undefined where the signal aborts. */
async function variantsOf(
  { data, origin, seed, formats, signal }: Context,
  network: AnyNetwork,
): Promise<(AddedNetwork & QuantisedPoint)[] | undefined> {
  const macs = multiplyAccumulates(network.topology);
  const most = Math.ceil(affordable / macs);
  const validation = someRows(data.validation, most, seedOf(seed, 'quantise', 'validation'));
  const test = someRows(data.test, most, seedOf(seed, 'quantise', 'test'));
  const rows = { validation: validation.samples.count, test: test.samples.count };
  const variants: (AddedNetwork & QuantisedPoint)[] = [];
  const toIntegers = calibrated(network, data.train, most);
  for (const format of formats) {
    const { bytes, integers, run } = toIntegers(format);
    const errors: ErrorFigures[] = [];
    for (const held of [validation, test]) {
      const error = await errorsOf(held, run, { rows: Math.max(1, Math.floor(chunk / macs)), signal });
      if (!error) return undefined;
      errors.push(error);
    }
    const [validationError, testError] = errors.map(errorObjective) as [number, number];
    const { alpha: _pruning, ...kept } = origin;
    const made = {
      id: `${origin.id}-${format}`,
      variant: format,
      variantOf: origin.id,
      bytes,
      onFront: false,
    } as const;
    const point = { ...kept, ...made, error: errors[1]!, validationError, testError };
    variants.push({ point, network, integers, rows });
  }
  return variants;
}

/** Runs integers (count, columns) on its input grid. */
interface Interpreter {
  readonly input: Grid;
  readonly output: Grid;
  run(inputs: ArrayLike<number>, count: number): Int16Array;
}

interface Integers {
  readonly bytes: number;
  readonly integers: StoredIntegers;
  readonly run: Interpreter;
}

/** Takes the ranges of the network's values once; what comes back quantises it in any format. */
function calibrated(network: AnyNetwork, train: EncodedSamples, most: number): (format: IntegerFormat) => Integers {
  if (isCnnNetwork(network)) {
    const calibration = calibrateCnn(network, train.inputs, rowsOf(calibrationRows.cnn));
    return (format) => {
      const own = quantiseCnn(network, format, calibration);
      const run = (inputs: ArrayLike<number>, count: number) => runQuantisedCnn(own, inputs, count);
      return { bytes: quantisedCnnBytes(own), integers: { kind: 'cnn', format, calibration }, run: { ...own, run } };
    };
  }
  const calibration = calibrate(network, train.inputs, rowsOf(calibrationRows.perceptron));
  return (format) => {
    const own = quantise(network, format, calibration);
    const run = (inputs: ArrayLike<number>, count: number) => runQuantised(own, inputs, count);
    return { bytes: quantisedBytes(own), integers: { kind: 'perceptron', format, calibration }, run: { ...own, run } };
  };
  function rowsOf(wanted: number): number {
    return Math.min(train.count, wanted, most);
  }
}

/** Error figures of the network on the rows, a part at a time; undefined where the signal aborts. */
async function errorsOf(
  { samples, outputs, outputSlots, encoding }: HeldRows,
  { input, output, run }: Interpreter,
  { rows, signal }: { readonly rows: number; readonly signal: AbortSignal },
): Promise<ErrorFigures | undefined> {
  const { count, inputs } = samples;
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
function someRows(held: HeldRows, most: number, seed: number): HeldRows {
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
