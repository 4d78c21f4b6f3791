/**
 * Networks of a dataset's run in integers: quantised after training, run by the interpreters on validation and test rows,
 * and added to the run, where they stand beside the front.
 */
import { resolve } from 'node:path';
import { errorObjective } from '../../engine/data/metrics.ts';
import { seedOf } from '../../engine/data/random.ts';
import { perceptron } from '../../engine/nn/models.ts';
import type { IntegerFormat } from '../../engine/quantise/quantise.ts';
import type { AnyNetwork } from '../../engine/types.ts';
import { inRunFolder } from '../runLock.ts';
import type { FinalPoint } from './chooseNetwork.ts';
import { type PreparedData, prepareData } from './datasetData.ts';
import { type AddedNetwork, untimed, withAdded } from './datasetResult.ts';
import { type DatasetPoint, type DatasetResult, writeDatasetResult } from './datasetRun.ts';
import { loadSame } from './exportDataset.ts';
import { affordableRows, calibrated, errorsOf, someRows } from './integerNetwork.ts';
import { type PruneHooks, type VariantsOutcome, wantedIds } from './pruneRequest.ts';
import { restoreNetwork } from './storedNetwork.ts';
import { tolerableRise, tuneAware } from './tuneAware.ts';

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

export type QuantiseOutcome = VariantsOutcome<DatasetPoint, QuantisedPoint>;

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
  const busy = (holder: string) => `${result.dataset.name} is being searched already, ${holder}.`;
  return inRunFolder(owner, result.runId, busy, async (): Promise<QuantiseOutcome> => {
    const { config } = result;
    const context = {
      config: { ...config, quantisation: { ...config.quantisation, formats: [...request.formats] } },
      hooks,
      data,
    };
    const added = await integerVariants(context, result, wanted.ids);
    if (!added) return { kind: 'cancelled' };
    const extended = withAdded(result, added);
    writeDatasetResult(folder, extended);
    const before = extended.points.filter(({ id }) => wanted.ids.includes(id));
    return { kind: 'made', before, made: added.map(({ point, rows }) => ({ point, rows })) };
  });
}

interface Context {
  readonly config: DatasetResult['config'];
  readonly hooks: PruneHooks;
  readonly data: PreparedData;
}

export type QuantisedVariant = AddedNetwork & QuantisedPoint;

/** These networks in every format of the configuration, tested; undefined where the signal aborts. */
export async function integerVariants(
  context: Context,
  result: DatasetResult,
  ids: readonly string[],
): Promise<QuantisedVariant[] | undefined> {
  if (context.config.quantisation.formats.length === 0) return [];
  const added: QuantisedVariant[] = [];
  for (const [index, id] of ids.entries()) {
    context.hooks.onProgress(`Quantising network ${index + 1} of ${ids.length}`, index / ids.length);
    const origin = result.points.find((point) => point.id === id)!;
    const network = restoreNetwork(result.networks.find((own) => own.id === id)!);
    const variants = await variantsOf(context, origin, network);
    if (!variants) return undefined;
    added.push(...variants);
  }
  return added;
}

/** One for each format; undefined where the signal aborts. */
async function variantsOf(
  { config, hooks: { signal }, data }: Context,
  origin: DatasetPoint,
  network: AnyNetwork,
): Promise<QuantisedVariant[] | undefined> {
  const most = affordableRows(network);
  const validation = someRows(data.validation, most, seedOf(config.seed, 'quantise', 'validation'));
  const test = someRows(data.test, most, seedOf(config.seed, 'quantise', 'test'));
  const rows = { validation: validation.samples.count, test: test.samples.count };
  const tuning = { config, loss: data.encoding.loss, train: data.train, validation: data.validation.samples, signal };
  const variants: QuantisedVariant[] = [];
  const toIntegers = calibrated(network, data.train);
  for (const format of config.quantisation.formats) {
    let own = toIntegers(format);
    let error = await errorsOf(validation, own, signal);
    if (!error) return undefined;
    const rise = errorObjective(error) - (origin.validationError ?? 0);
    const { integers } = own;
    if (integers.kind === 'perceptron' && format === 'int8' && config.quantisation.aware && rise > tolerableRise) {
      const tuned = toIntegers(format, await tuneAware(tuning, perceptron(network), origin, integers.calibration));
      const after = await errorsOf(validation, tuned, signal);
      if (!after) return undefined;
      if (errorObjective(after) < errorObjective(error)) [own, error] = [tuned, after];
    }
    const tested = await errorsOf(test, own, signal);
    if (!tested) return undefined;
    const { alpha: _pruning, ...kept } = untimed(origin);
    const made = {
      id: `${origin.id}-${format}`,
      variant: format,
      variantOf: origin.id,
      bytes: own.bytes,
      onFront: false,
    } as const;
    const figures = { error: tested, validationError: errorObjective(error), testError: errorObjective(tested) };
    variants.push({
      point: { ...kept, ...made, ...figures, rows },
      network: own.network,
      integers: own.integers,
      rows,
    });
  }
  return variants;
}
