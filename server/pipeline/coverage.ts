/** Which branches of the function the samples take: a network knows nothing about those that they do not. */

import { relative } from 'node:path';
import { t } from '../../engine/texts.ts';
import type { Samples, Signature } from '../../engine/types.ts';
import { regionHolder } from '../sampling/messages.ts';
import type { Sandbox } from '../sampling/sandbox.ts';
import { loadSource } from '../source/lazy.ts';
import type { Region } from '../source/types.ts';
import { bundleOf } from './regionBundle.ts';

export interface Coverage {
  readonly branches: number;
  readonly covered: number;
  /** Samples that were looked at. */
  readonly samples: number;
  readonly uncovered: readonly UncoveredBranch[];
}

export interface UncoveredBranch {
  /** Relative to the region's folder. */
  readonly file: string;
  readonly line: number;
  /** `spot > strike is never true`. */
  readonly text: string;
}

/** Time for the counted calls; a slow function is looked at on fewer samples. */
const budgetMs = 2000;
const pilotRows = 200;

/** Undefined where the counted code does not run: coverage is a help, and no reason for a run to fail. */
export async function measureCoverage(
  sandbox: Sandbox,
  { region, samples, overlay }: { readonly region: Region; readonly samples: Samples; readonly overlay?: string },
): Promise<Coverage | undefined> {
  const { createSourceProject, instrument, branchCounters } = await loadSource();
  const project = createSourceProject();
  if (overlay !== undefined) project.setOverlay(region.file, overlay);
  const instrumented = instrument(project, region.file, region.name);
  if (!instrumented) return undefined;
  const { branches, texts } = instrumented;
  const none = { branches: 0, covered: 0, samples: samples.count, uncovered: [] };
  if (branches.length === 0) return none;

  const { signature } = region;
  const bundled = await bundleOf(region, { texts });
  if (bundled.kind === 'failed') return undefined;
  const counters = `globalThis.${branchCounters}`;
  const reader = `${counters} = new Float64Array(${branches.length}); ${regionHolder}.region = () => ${counters};`;
  for (const [id, code] of [
    ['branch counters', reader],
    ['covered', bundled.code],
  ] as const) {
    if ((await sandbox.load(id, code)).kind === 'failed') return undefined;
  }
  const counted = await callWithin(sandbox, signature, samples);
  if (counted === undefined) return undefined;
  const container = {
    kind: 'array',
    container: 'Float64Array',
    length: branches.length,
    element: { kind: 'number' },
  } as const;
  const read = await sandbox.evaluate('branch counters', { parameters: [], result: container }, new Float64Array(), 1);
  if (read.kind === 'failed') return undefined;
  const uncovered = branches.filter((_, index) => !(read.outputs[index]! > 0));
  return {
    branches: branches.length,
    covered: branches.length - uncovered.length,
    samples: counted,
    uncovered: uncovered.map((branch) => ({
      file: relative(`${region.file}/..`, branch.file),
      line: branch.line,
      text: wayTexts[branch.way](branch.condition),
    })),
  };
}

const wayTexts = {
  true: (condition: string) => t('{0} is never true', condition),
  false: (condition: string) => t('{0} is never false', condition),
  case: (condition: string) => t('{0} is never reached', condition),
  loop: (condition: string) => t('{0} is never entered', condition),
  right: (condition: string) => t('the right side of {0} is never computed', condition),
} as const;

/** Calls the counted function on as many samples as the time allows, and answers how many those are. */
async function callWithin(
  sandbox: Sandbox,
  signature: Signature,
  { count, inputs }: Samples,
): Promise<number | undefined> {
  const width = inputs.length / count;
  const pilot = Math.min(count, pilotRows);
  const first = await sandbox.evaluate('covered', signature, inputs.subarray(0, pilot * width), pilot);
  if (first.kind === 'failed') return undefined;
  const affordable = Math.floor((budgetMs * pilot) / Math.max(first.elapsedMs, 1e-3));
  const rest = Math.min(count, Math.max(pilot, affordable)) - pilot;
  if (rest <= 0) return pilot;
  const second = await sandbox.evaluate(
    'covered',
    signature,
    inputs.subarray(pilot * width, (pilot + rest) * width),
    rest,
  );
  return second.kind === 'failed' ? undefined : pilot + rest;
}
