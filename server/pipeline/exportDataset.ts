/** The network of a dataset's run as code: what the function takes and gives, and figures measured on that very code. */

import { join } from 'node:path';
import type { InputShape, LabelledSet, OutputShape, Rows } from '../../engine/data/dataset.ts';
import { inputSize } from '../../engine/data/dataset.ts';
import { encodingOf, outputSlotsOf, rawOutputs } from '../../engine/data/labelled.ts';
import { inputSlots } from '../../engine/data/slots.ts';
import { imageSubset } from '../../engine/data/subset.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { formatCount, formatDuration, formatPercent } from '../../engine/format.ts';
import { multiplyAccumulates } from '../../engine/nn/models.ts';
import type { IntegerFormat } from '../../engine/quantise/quantise.ts';
import { inEnglish, t } from '../../engine/texts.ts';
import type { AnyNetwork, Domain, Samples, Shape, Signature, TargetId } from '../../engine/types.ts';
import { type Config, circuitFor } from '../config.ts';
import { loadDataset } from '../datasets/load.ts';
import type { Failure } from '../protocol.ts';
import { guardDisk, writeAtomically } from '../store.ts';
import { findTarget } from '../targets/registry.ts';
import { type MultiplyAccumulates, uncheckedText, type Verification } from '../targets/target.ts';
import { contentHash, prepareData, testRows } from './datasetData.ts';
import type { DatasetResult, StoredIntegers } from './datasetRun.ts';
import { emitFiles } from './emit.ts';
import { calibrated } from './integerNetwork.ts';
import { restoreIntegers, restoreNetwork } from './storedNetwork.ts';

export interface DatasetExport {
  /** Where the files go. */
  readonly folder: string;
  /** Folders that the dataset's path may be relative to. */
  readonly dataFolders: readonly string[];
  readonly candidateId?: string;
  readonly target?: TargetId;
  /** Says which form a circuit has. */
  readonly config: Pick<Config, 'fpga'>;
  readonly signal: AbortSignal;
}

export type ExportOutcome =
  | { readonly kind: 'written'; readonly files: readonly string[]; readonly figures: readonly string[] }
  | Failure;

/** Bounds on checking: about twenty seconds of multiply-accumulates, and what a message to the sandbox may weigh. */
const maxTestMultiplyAccumulates: MultiplyAccumulates = { float: 2e11, integers: 2e10 };
const maxTestValues = 1e7;

/** Emits the code, runs it on test rows, and emits it again with the figures in its head. */
export function exportDataset(result: DatasetResult, options: DatasetExport): Promise<ExportOutcome> {
  const { target: id = 'cpu', candidateId = result.chosen, folder, signal, config } = options;
  return guardDisk(async () => {
    const target = findTarget(id);
    if (target.kind === 'failed') return target;
    const stored = result.networks.find((network) => network.id === candidateId);
    if (!stored) {
      const ids = result.networks.map((network) => network.id).join(', ');
      const message = t('The run {0} holds no trained network {1}.', result.runId, candidateId);
      return { kind: 'failed', message, hint: t('Choose one of {0}.', ids) };
    }
    const loaded = await loadSame(result, options.dataFolders);
    if (loaded.kind === 'failed') return loaded;
    const network = restoreNetwork(stored);
    const refusal = target.found.target.refuses?.(network.topology);
    if (refusal) return { kind: 'failed', message: refusal, hint: t('Choose another target than {0}.', id) };
    const circuit = circuitFor(config, network.topology);
    const { format } = target.found.target;
    const integers = integersFor(result, stored, loaded.dataset, network, format);
    const input = {
      ...emitInputOf(result, loaded.dataset, network),
      ...(integers && { quantised: restoreIntegers(network, integers) }),
      ...(circuit && { circuit }),
    };
    const unusable = await target.found.unavailable();
    // Without the target's tools, its module runs as it does on a machine without the device.
    const measured = await measure(result, loaded.dataset, input, { id, on: unusable ? 'cpu' : id, signal });
    if (measured.kind === 'failed') return measured;
    const figures = () => [...measured.figures(), ...(unusable ? [uncheckedText(unusable)] : [])];
    const files = emitFiles(id, { ...input, figures: inEnglish(figures) }).map(({ suffix, content }) => ({
      path: join(folder, `${fileName(result.dataset.name)}${suffix}`),
      content,
    }));
    for (const { path, content } of files) writeAtomically(path, content);
    return { kind: 'written', files: files.map(({ path }) => path), figures: figures() };
  });
}

/** The stored ones, unless the target computes in another format: then those that training rows make of the network. */
function integersFor(
  { config, subset }: DatasetResult,
  { integers }: DatasetResult['networks'][number],
  dataset: LabelledSet,
  network: AnyNetwork,
  format: IntegerFormat | undefined,
): StoredIntegers | undefined {
  if (format === undefined || integers?.format === format) return integers;
  return calibrated(network, prepareData(dataset, config.seed, subset).train)(format).integers;
}

/** `figures`: one sentence each, in the language of whoever reads them. */
async function measure(
  result: DatasetResult,
  dataset: LabelledSet,
  input: Omit<EmitInput, 'cnnInference'>,
  { id, on, signal }: { readonly id: TargetId; readonly on: TargetId; readonly signal: AbortSignal },
): Promise<{ readonly kind: 'measured'; readonly figures: () => readonly string[] } | Failure> {
  const target = findTarget(on);
  if (target.kind === 'failed') return target;
  const { functionName, signature } = input;
  const test = samplesOf(rowsToRun(result, dataset, input, target.found.maxMultiplyAccumulates));
  const outputSlots = outputSlotsOf(dataset.output);
  const files = emitFiles(id, input);
  const verified = await target.found.verify({ files, functionName, signature, outputSlots, test, signal });
  if (verified.kind === 'failed') return verified;
  return { kind: 'measured', figures: () => figureLines(verified, test.count, dataset.output) };
}

/** Reads the set, and makes sure that it is the one that the run knows. */
export async function loadSame(
  { dataset, runId }: DatasetResult,
  folders: readonly string[],
): Promise<{ readonly kind: 'dataset'; readonly dataset: LabelledSet } | Failure> {
  let problem: Failure | undefined;
  for (const folder of folders) {
    const loaded = await loadDataset(dataset.source, folder);
    if (loaded.kind === 'failed') problem ??= loaded;
    else if (contentHash(loaded.dataset) === dataset.hash) return loaded;
    else {
      const message = t('The dataset {0} is no longer the one that {1} was searched on.', dataset.source, runId);
      problem = { kind: 'failed', message, hint: t('Search it again.') };
    }
  }
  return problem!;
}

/** What the code takes and gives: an image or columns, in the container that the files have them in. */
export function emitInputOf(
  { dataset, normalization }: Pick<DatasetResult, 'dataset' | 'normalization'>,
  set: LabelledSet,
  network: AnyNetwork,
): Omit<EmitInput, 'cnnInference'> {
  const signature = signatureOf(set);
  return {
    functionName: functionNameOf(dataset.name, set.output),
    regionName: dataset.name,
    signature,
    encoding: encodingOf(set, normalization),
    network,
    domain: domainOf(set.train, signature),
    // There is no exact function that could take what a guard turns away.
    guard: { mode: 'none' },
    language: 'typescript',
  };
}

function signatureOf({ input, output, train }: LabelledSet): Signature {
  const container = train.inputs instanceof Uint8Array ? 'Uint8Array' : 'Float32Array';
  const number: Shape = { kind: 'number' };
  return {
    parameters: [
      {
        name: parameterNames[input.kind],
        shape: { kind: 'array', container, length: inputSize(input), element: number },
      },
    ],
    result:
      output.kind === 'classes'
        ? { kind: 'category', values: output.names }
        : { kind: 'array', container: 'Array', length: output.count, element: number },
  };
}

const parameterNames: Readonly<Record<InputShape['kind'], string>> = { image: 'image', columns: 'columns' };

/** From the smallest value of the training rows to the largest; whole bytes where they are bytes. */
function domainOf({ inputs }: Rows, signature: Signature): Domain {
  const bytes = inputs instanceof Uint8Array;
  let [min, max] = bytes ? [0, 255] : [Infinity, -Infinity];
  for (const value of bytes ? [] : inputs) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return inputSlots(signature).map(({ path }) => ({ path, kind: 'number', min, max, integer: bytes }));
}

/** `mnist` -> `classifyMnist`; sets of numbers are predicted. */
function functionNameOf(name: string, output: OutputShape): string {
  const words = name.split(/[^\p{ID_Continue}]+/u).map((word) => word.replace(/^./u, (letter) => letter.toUpperCase()));
  return `${output.kind === 'classes' ? 'classify' : 'predict'}${words.join('')}`;
}

const fileName = (name: string): string => name.replaceAll(/[^\w.-]/g, '_');

/** All test rows, or as many as can be run in a while, each class in its share. */
function rowsToRun(
  { config, subset }: DatasetResult,
  set: LabelledSet,
  { network, quantised }: Pick<EmitInput, 'network' | 'quantised'>,
  most = maxTestMultiplyAccumulates,
): Rows {
  const calls = most[quantised ? 'integers' : 'float'] / multiplyAccumulates(network.topology);
  const affordable = Math.min(calls, maxTestValues / inputSize(set.input));
  return imageSubset(testRows(set, config.seed, subset), Math.max(1, Math.floor(affordable)), config.seed);
}

export const samplesOf = (rows: Rows): Samples => ({
  count: rows.count,
  inputs: Float64Array.from(rows.inputs),
  outputs: rawOutputs(rows),
});

function figureLines({ error, latencyNs, notes = [] }: Verification, count: number, output: OutputShape): string[] {
  const errors =
    output.kind === 'classes'
      ? t(
          'Measured on {0} test rows it was not trained on: wrong class in {1}.',
          formatCount(count),
          formatPercent(error.missRate),
        )
      : t(
          "Measured on {0} test rows it was not trained on: NRMSE {1}, p99 {2}, largest error {3} of the output's range.",
          formatCount(count),
          formatPercent(error.nrmse),
          formatPercent(error.p99),
          formatPercent(error.max),
        );
  const times = latencyNs === undefined ? [] : [t('{0} per call where it was measured.', formatDuration(latencyNs))];
  return [errors, ...times, ...notes.map((note) => note())];
}
