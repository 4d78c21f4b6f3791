/**
 * `deepmaker check`: every applied approximation, held against its source, its generated file, its bound and its
 * certificate. Inputs come from the recorded seed, so that the same files give the same answer on every machine.
 */

import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { formatBound, formatPercent } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import { type Certificate, stillHolds } from '../../engine/trust/certificate.ts';
import type { Failure } from '../protocol.ts';
import { readInputs } from '../record/keptInputs.ts';
import { Sandbox } from '../sampling/sandbox.ts';
import { loadSource } from '../source/lazy.ts';
import type { Region } from '../source/types.ts';
import { guardDisk, relativePath } from '../store.ts';
import { type Approximation, approximationsProblem, readApproximations } from './approximations.ts';
import { findAppliedFiles } from './findApplied.ts';
import { loadApplied } from './finish.ts';
import { drawFresh, freshError, freshErrors } from './fresh.ts';
import { bundleOf } from './regionBundle.ts';
import { type StandingContext, standingOf } from './stale.ts';

/** 'not-applied' is a record without a call, and no reason to fail; all others but 'holds' are. */
export type CheckStatus =
  | 'holds'
  | 'not-applied'
  | 'stale'
  | 'missing'
  | 'edited'
  | 'out-of-bound'
  | 'uncertified'
  | 'unrecorded'
  | 'failed';

export interface Checked {
  /** Relative to the project's root. */
  readonly file: string;
  readonly name: string;
  /** Of the function's name, from 1; the file's first where the function is gone. */
  readonly line: number;
  readonly status: CheckStatus;
  /** One sentence. */
  readonly message: string;
  /** Measured now, on `samples` inputs. */
  readonly error?: number;
  readonly maxError?: number;
  readonly samples?: number;
  readonly certificate?: Certificate;
}

export const passes = ({ status }: Checked): boolean => status === 'holds' || status === 'not-applied';

/** Checks what lies at `path`, a folder or a file, of the project at `root`. */
export function checkProject(
  root: string,
  path: string,
  hooks: { readonly signal: AbortSignal; readonly onChecking: (name: string) => void },
): Promise<{ readonly kind: 'checked'; readonly checked: readonly Checked[] } | Failure> {
  return guardDisk(async () => {
    const problem = approximationsProblem(root);
    if (problem) return problem;
    const within = ({ file }: { readonly file: string }) => !relative(path, resolve(root, file)).startsWith('..');
    const records = readApproximations(root)!.filter(within);
    const module = await loadSource();
    const context: StandingContext = { module, project: module.createSourceProject(), root };
    const checked: Checked[] = [];
    for (const record of records) {
      if (hooks.signal.aborted) return { kind: 'failed', message: t('The check was cancelled.') };
      hooks.onChecking(record.name);
      checked.push(await checkRecord(context, record, hooks.signal));
    }
    for (const file of findAppliedFiles(path)) {
      const stored = relativePath(root, file);
      const text = readFileSync(file, 'utf8');
      for (const { name, nameStart } of module.findApplied(text)) {
        if (!records.some((record) => record.file === stored && record.name === name)) {
          checked.push({ file: stored, name, line: lineOf(text, nameStart), ...unrecorded() });
        }
      }
    }
    return { kind: 'checked', checked };
  });
}

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

const unrecorded = () =>
  ({
    status: 'unrecorded',
    message: t('It is applied, but .deepmaker/approximations.json does not know it. Approximate it again.'),
  }) as const;

async function checkRecord(context: StandingContext, record: Approximation, signal: AbortSignal): Promise<Checked> {
  const { file, name, maxError, certificate } = record;
  const standing = standingOf(context, record);
  const applied = 'applied' in standing ? standing.applied : undefined;
  const line = applied ? lineOf(context.project.text(resolve(context.root, file)) ?? '', applied.nameStart) : 1;
  const common = { file, name, line, maxError, ...(certificate ? { certificate } : {}) };
  switch (standing.kind) {
    case 'not-applied':
      return { ...common, status: 'not-applied', message: t('The source computes exactly.') };
    case 'current': {
      const outcome = await remeasure(context.root, record, standing.region, signal);
      return outcome.kind === 'failed'
        ? { ...common, status: 'failed', message: outcome.message }
        : { ...common, ...outcome.figures };
    }
    default:
      return { ...common, status: standing.kind, message: standing.message };
  }
}

type Figures = Pick<Checked, 'status' | 'message' | 'error' | 'samples'>;

/** Runs the exact function and the generated file, guarded as it is applied, on the inputs of the certificate. */
async function remeasure(
  root: string,
  { domain, fresh: plan, guard, maxError, certificate, generatedFile }: Approximation,
  region: Region,
  signal: AbortSignal,
): Promise<{ readonly kind: 'measured'; readonly figures: Figures } | Failure> {
  const bundled = await bundleOf(region, {});
  if (bundled.kind === 'failed') return bundled;
  const started = await Sandbox.start({ signal });
  if (started.kind === 'failed') return started;
  const { sandbox } = started;
  try {
    const exact = await sandbox.load('exact', bundled.code);
    if (exact.kind === 'failed') return exact;
    const text = readFileSync(resolve(root, generatedFile), 'utf8');
    const problem = await loadApplied(sandbox, 'approx', text, { region, guard: { mode: guard } });
    if (problem) return problem;
    const kept = plan.recorded === undefined ? undefined : readInputs(root, plan.recorded);
    if (kept?.kind === 'failed') return kept;
    const fresh = await drawFresh({ sandbox, region, domain, ...(kept ? { inputs: kept.rows } : {}) }, plan);
    if (fresh.kind === 'failed') return fresh;
    const measured = await freshErrors({ sandbox, region }, 'approx', fresh);
    if (measured.kind === 'failed') return measured;
    const error = freshError(fresh, measured.outputs, region);
    const holds = certificate === undefined || stillHolds(certificate, measured.errors);
    const figures = { error, samples: fresh.samples.count };
    return { kind: 'measured', figures: { ...figures, ...verdict(error, maxError, holds) } };
  } finally {
    await sandbox.dispose();
  }
}

/** Another processor or engine may differ in the last digits. */
const tolerance = 1 + 1e-6;

function verdict(error: number, maxError: number, holds: boolean): Pick<Checked, 'status' | 'message'> {
  if (!(error <= maxError * tolerance)) {
    return {
      status: 'out-of-bound',
      message: t('Its error is {0}, the bound {1}.', formatPercent(error), formatBound(maxError)),
    };
  }
  if (!holds) return { status: 'uncertified', message: t('Its certificate no longer holds.') };
  return { status: 'holds', message: t('Its error is {0}, within {1}.', formatPercent(error), formatBound(maxError)) };
}
