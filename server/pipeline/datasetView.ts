/** A finished search on a data set, as panels and reports show it. */
import { pathToFileURL } from 'node:url';
import type { Measure } from '../../engine/plot/figure.ts';
import type { FrontView } from '../protocol.ts';
import type { DatasetIdentity, DatasetResult } from './datasetRun.ts';
import { shownPoints } from './run.ts';
import { runPlots } from './runPlots.ts';

export const datasetMeasure = ({ output }: Pick<DatasetIdentity, 'output'>): Measure =>
  output.kind === 'classes' ? 'classes' : 'nrmse';

/** `folder` is the run's. */
export function datasetView(result: DatasetResult, folder: string): FrontView {
  const { runId, dataset, search, config, chosen, criterion } = result;
  return {
    runId,
    subject: { kind: 'dataset', uri: pathToFileURL(folder).href, name: dataset.name },
    target: 'cpu',
    measure: datasetMeasure(dataset),
    stage: 'done',
    generation: search.generations,
    generations: config.generations,
    evaluations: search.evaluations,
    hypervolume: search.hypervolume,
    points: shownPoints(result.points),
    chosen,
    ...(config.maxError === undefined ? {} : { maxError: config.maxError }),
    criterion,
    plots: runPlots(result),
  };
}
