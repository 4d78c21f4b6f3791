/** What a report of a stored run consists of. */
import { pathToFileURL } from 'node:url';
import { datasetView } from '../pipeline/datasetView.ts';
import type { StoredRun } from '../pipeline/readRun.ts';
import { frontViewOf } from '../pipeline/run.ts';
import { devicesSection } from './devices.ts';
import { factsOf } from './facts.ts';
import type { Report } from './page.ts';
import { sectionsOf } from './sections.ts';

export function reportOf(run: StoredRun): Report {
  const view =
    run.kind === 'dataset'
      ? datasetView(run.result, run.folder)
      : frontViewOf(run.result, pathToFileURL(run.result.region.file).href);
  return {
    title:
      run.kind === 'dataset' ? `Networks for ${view.subject.name}` : `Networks that approximate ${view.subject.name}`,
    lead: run.result.criterion.reason,
    facts: factsOf(run),
    sections: [...sectionsOf(view), devicesSection(run)],
  };
}
