/**
 * The search for networks of a dataset, from its name to a stored front: load, search, train in full, test. The test rows
 * are not even in the memory of the workers before the last step.
 */
import { join } from 'node:path';
import type { LabelledSet } from '../../engine/data/dataset.ts';
import { cnnSpace, extendedTable, tableOne } from '../../engine/search/cnnSpace.ts';
import { mlpSpace } from '../../engine/search/genome.ts';
import type { SpaceOutcome } from '../../engine/search/types.ts';
import { type Config, configFileName, parameterLimit, withByteHint } from '../config.ts';
import { loadDataset } from '../datasets/load.ts';
import type { Failure } from '../protocol.ts';
import { inRunFolder } from '../runLock.ts';
import { formatVersion, projectRoot } from '../store.ts';
import { chooseTrainer, type ModelKind } from '../trainers.ts';
import { contentHash, type PreparedData, prepareData } from './datasetData.ts';
import {
  type DatasetHooks,
  type DatasetOutcome,
  type DatasetPlan,
  type DatasetRequest,
  datasetRunId,
  writeDatasetPlan,
} from './datasetRun.ts';
import { runDatasetStages } from './datasetStages.ts';

export async function searchDataset(request: DatasetRequest, hooks: DatasetHooks): Promise<DatasetOutcome> {
  hooks.onProgress(`Reading ${request.dataset}`, 0);
  const loaded = await loadDataset(request.dataset, request.folder);
  if (loaded.kind === 'failed') return loaded;
  const { dataset } = loaded;
  const model = request.model ?? (dataset.input.kind === 'image' ? 'cnn' : 'mlp');
  const problem = modelProblem(model, dataset) ?? settingsProblem(model, dataset, request.config);
  if (problem) return problem;
  const root = projectRoot(join(request.folder, configFileName));
  const trainer = await chooseTrainer(request.config.trainer, model, root);
  if (trainer.kind === 'failed') return trainer;

  hooks.onProgress('Preparing the rows', 0);
  const { config, subset } = request;
  const data = prepareData(dataset, config.seed, subset);
  const space = spaceOf(model, data, config);
  if (space.kind === 'failed') return space;
  const plan = planOf({ ...request, model }, dataset, data);
  const runId = datasetRunId(plan);
  return inRunFolder(
    root,
    runId,
    (holder) => `${request.dataset} is being searched already, ${holder}.`,
    (folder) => {
      writeDatasetPlan(folder, plan);
      return runDatasetStages({
        request,
        hooks,
        plan,
        runId,
        folder,
        set: dataset,
        data,
        space: space.space,
        trainer: trainer.setup,
      });
    },
  );
}

function modelProblem(model: ModelKind, { name, input }: LabelledSet): Failure | undefined {
  if (model === 'mlp' || input.kind === 'image') return undefined;
  return {
    kind: 'failed',
    message: `The inputs of ${name} are ${input.count} columns, and convolutional networks need images.`,
    hint: 'Search with --model mlp, or give the .json file a "shape": [height, width, channels].',
  };
}

/** Settings that would change nothing are refused: whoever gives them believes that they do. */
function settingsProblem(
  model: ModelKind,
  { name, input }: LabelledSet,
  { space, augment }: Config,
): Failure | undefined {
  if (augment !== 'none' && input.kind !== 'image') {
    const message = `Only images can be moved, and the inputs of ${name} are ${input.count} columns: "augment" is ${augment}.`;
    return {
      kind: 'failed',
      message,
      hint: 'Leave it out, or give the .json file a "shape": [height, width, channels].',
    };
  }
  if (model === 'mlp' && space !== 'paper') {
    const message = `What the extended space adds, growth rates and bottlenecks, perceptrons have not: "space" is ${space}.`;
    return { kind: 'failed', message, hint: 'Leave it out, or search with --model cnn.' };
  }
  return undefined;
}

function spaceOf(model: ModelKind, { input, encoding }: PreparedData, config: Config): SpaceOutcome {
  const { dropout, space } = config;
  const maxParams = parameterLimit(config);
  const { inputColumns, outputColumns } = encoding;
  const limit = maxParams === undefined ? {} : { maxParams };
  if (model === 'mlp' || input.kind !== 'image') {
    return withByteHint(mlpSpace({ ...limit, inputColumns, outputColumns }), config);
  }
  const { height, width, channels } = input;
  const table = space === 'extended' ? extendedTable : tableOne;
  const sizes = { height, width, channels, outputs: outputColumns, dropout };
  return withByteHint(cnnSpace({ ...limit, sizes, table }), config);
}

function planOf(
  { dataset: source, config, model, subset }: DatasetRequest & { readonly model: ModelKind },
  set: LabelledSet,
  { train, validation, test }: PreparedData,
): DatasetPlan {
  const { name, input, output } = set;
  return {
    version: formatVersion,
    kind: 'dataset',
    dataset: { name, source, hash: contentHash(set), input, output },
    model,
    config,
    ...(subset === undefined ? {} : { subset }),
    samples: { train: train.count, validation: validation.samples.count, test: test.samples.count },
  };
}
