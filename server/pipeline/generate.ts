/** The code of one network of a function's run for a target, checked where the target's tools are on this machine. */

import { errorObjective } from '../../engine/data/metrics.ts';
import type { EmittedFiles } from '../../engine/emit/target.ts';
import {
  formatBound,
  formatCertificate,
  formatCount,
  formatDuration,
  formatPercent,
  formatSpeedup,
} from '../../engine/format.ts';
import { inEnglish, t } from '../../engine/texts.ts';
import type { Samples, TargetId } from '../../engine/types.ts';
import { type Config, circuitFor } from '../config.ts';
import type { Failure, FrontPoint } from '../protocol.ts';
import { projectRoot, runFolder } from '../store.ts';
import { cpuServerTarget } from '../targets/cpu.ts';
import { findTarget } from '../targets/registry.ts';
import type { Sentence } from '../targets/sentence.ts';
import { type ServerTarget, uncheckedText, type Verification } from '../targets/target.ts';
import { approxNameOf, emitNetwork } from './emit.ts';
import { type RunResult, readStored, type StoredNetwork } from './run.ts';
import { readTestRows } from './testRows.ts';

export interface GenerateRequest {
  readonly candidateId: string;
  readonly target: TargetId;
  readonly modules: 'esm' | 'commonjs';
  /** Says which form a circuit has. */
  readonly config: Pick<Config, 'fpga'>;
  /** As `VerifyRequest.brief`. */
  readonly brief?: boolean;
  readonly signal: AbortSignal;
}

/** The figures of a network that hold for the code that was generated. */
export type CodePoint = Omit<FrontPoint, 'latencyNs' | 'speedup'> & {
  readonly latencyNs: number;
  readonly speedup: number;
};

export interface Generated {
  readonly kind: 'generated';
  readonly files: EmittedFiles;
  readonly point: CodePoint;
  /** What was found when the code ran here, or why it did not; one sentence each. Empty where the run had measured this very code. */
  readonly checked: readonly string[];
  /** Why using it on this target needs an explicit choice, where the run could not say so. */
  readonly objection?: string;
}

export async function generate(
  result: RunResult,
  { candidateId, target: id, modules, config, brief = false, signal }: GenerateRequest,
): Promise<Generated | Failure> {
  const found = findTarget(id);
  if (found.kind === 'failed') return found;
  const stored = result.networks.find((own) => own.id === candidateId);
  const measured = result.points.find((own) => own.id === candidateId);
  if (!stored || !measured) {
    return {
      kind: 'failed',
      message: t('The run {0} holds no trained network {1}.', result.runId, candidateId),
      hint: t('Choose one of {0}.', result.networks.map((own) => own.id).join(', ')),
    };
  }
  const { network, ...integers } = readStored(stored);
  const refusal = found.found.target.refuses?.(network.topology);
  if (refusal) return { kind: 'failed', message: refusal, hint: t('Choose another target than {0}.', id) };
  const circuit = circuitFor(config, network.topology);
  const context = { ...result, ...integers, target: id, guard: stored.guard, ...(circuit && { circuit }) };
  const files = emitNetwork({ ...context, modules: 'esm' }, network);
  const point = await pointOf(result, { stored, measured, target: found.found, files, signal });
  if ('kind' in point) return point;
  const check = await checkOn(found.found, { result, files, brief, signal });
  if (check.kind === 'failed') return check;
  const checkedOf = () => checkedLines(check, found.found);
  const objection = objectionOf(result, { point, measured, check, label: found.found.target.label });
  return {
    kind: 'generated',
    files: emitNetwork({ ...context, modules }, network, [
      ...inEnglish(() => headerFigures(result, point)),
      ...inEnglish(checkedOf),
    ]),
    point,
    checked: checkedOf(),
    ...(objection === undefined ? {} : { objection }),
  };
}

const rowsOf = (result: RunResult): Samples | undefined =>
  readTestRows(runFolder(projectRoot(result.region.file), result.runId), result.region);

interface Code {
  readonly files: EmittedFiles;
  readonly signal: AbortSignal;
}

const verifyRequest = ({ region }: RunResult, { files, signal }: Code, test: Samples) => ({
  files,
  functionName: approxNameOf(region.name),
  signature: region.signature,
  outputSlots: region.outputSlots,
  test,
  signal,
});

/**
 * What the run measured, where this code computes the same numbers. A circuit computes in integers that the run of
 * another target knows nothing of, so its module is measured here: without its guard, and not in turns with the exact
 * function.
 */
async function pointOf(
  result: RunResult,
  {
    stored,
    measured,
    target,
    ...code
  }: Code & { readonly stored: StoredNetwork; readonly measured: FrontPoint; readonly target: ServerTarget },
): Promise<CodePoint | Failure> {
  const { latencyNs, speedup } = measured;
  if (latencyNs === undefined || speedup === undefined) throw new Error(`${measured.id} was not measured.`);
  const ran = findTarget(result.target);
  const format = stored.integers?.format;
  const before = ran.kind === 'target' ? ran.found.target.format : undefined;
  if ((target.target.format ?? format) === (before ?? format)) return { ...measured, latencyNs, speedup };
  const test = rowsOf(result);
  if (!test) return { kind: 'failed', ...noRows(result) };
  const verified = await cpuServerTarget.verify(verifyRequest(result, code, test));
  if (verified.kind === 'failed') return verified;
  const { certificate: _, freshError: _fresh, speedupInterval: _interval, batch: _batch, ...rest } = measured;
  const { objection: _objection, explanation: _explanation, fallbacks: _fallbacks, ...plain } = rest;
  const { error, latencyNs: ns = latencyNs } = verified;
  return { ...plain, error, latencyNs: ns, speedup: result.exactNs / ns };
}

const noRows = ({ runId }: RunResult) => ({
  message: t('The run {0} holds no test rows to check code with.', runId),
  hint: t('Approximate the function again.'),
});

/** 'measured': the run did that, for this very code. */
type Check =
  | { readonly kind: 'measured' }
  | { readonly kind: 'checked'; readonly verification: Verification; readonly rows: number }
  | { readonly kind: 'unchecked'; readonly reason: Sentence };

async function checkOn(
  target: ServerTarget,
  { result, brief, ...code }: Code & { readonly result: RunResult; readonly brief: boolean },
): Promise<Check | Failure> {
  // Modules are what the run measures, and what `pointOf` has measured where they compute in another format.
  if (target.target.id === 'cpu') return { kind: 'measured' };
  const test = rowsOf(result);
  if (!test) return { kind: 'unchecked', reason: () => uncheckedText({ kind: 'failed', ...noRows(result) }) };
  const unusable = await target.unavailable();
  if (unusable) return { kind: 'unchecked', reason: () => uncheckedText(unusable) };
  const verification = await target.verify({ ...verifyRequest(result, code, test), brief });
  return verification.kind === 'failed' ? verification : { kind: 'checked', verification, rows: test.count };
}

function checkedLines(check: Check, { target }: ServerTarget): string[] {
  switch (check.kind) {
    case 'measured':
      return [];
    case 'unchecked':
      return [check.reason()];
    case 'checked': {
      const { error, latencyNs, notes = [] } = check.verification;
      const figures = [
        target.label,
        formatCount(check.rows),
        formatPercent(error.nrmse),
        formatPercent(error.max),
      ] as const;
      const found =
        latencyNs === undefined
          ? t("Checked for {0} on {1} test rows: NRMSE {2}, largest error {3} of the output's range.", ...figures)
          : t(
              "Checked for {0} on {1} test rows: NRMSE {2}, largest error {3} of the output's range, {4} per call.",
              ...figures,
              formatDuration(latencyNs),
            );
      return [found, ...notes.map((note) => note())];
    }
  }
}

/** What speaks against this code and was not known to the run, whose own objections are asked about before. */
function objectionOf(
  { maxError, exactNs }: RunResult,
  { point, measured, check, label }: { point: CodePoint; measured: FrontPoint; check: Check; label: string },
): string | undefined {
  const errors = [point.error, ...(check.kind === 'checked' ? [check.verification.error] : [])].map(errorObjective);
  const error = Math.max(...errors);
  const reasons = [
    ...(error > maxError && errorObjective(measured.error) <= maxError
      ? [t('For {0} its error is {1}, the bound {2}.', label, formatPercent(error), formatBound(maxError))]
      : []),
    ...(point.latencyNs > exactNs && measured.latencyNs !== undefined && measured.latencyNs <= exactNs
      ? [
          t(
            'For {0} the code that stands in for the device on this machine is {1}.',
            label,
            formatSpeedup(point.speedup),
          ),
        ]
      : []),
  ];
  return reasons.length === 0 ? undefined : reasons.join(' ');
}

function headerFigures(result: RunResult, { error, latencyNs, certificate, fallbacks, speedupInterval }: CodePoint) {
  const guarded = speedupInterval === undefined ? 'guard left aside' : 'guard included';
  return [
    `Measured on ${result.samples.test} samples it was not trained on: NRMSE ${formatPercent(error.nrmse)}, ` +
      `p99 ${formatPercent(error.p99)}, largest error ${formatPercent(error.max)} of the output's range.`,
    `${formatDuration(latencyNs)} per call, ${guarded}; the exact function takes ${formatDuration(result.exactNs)}.`,
    ...(certificate ? [`Certified: ${formatCertificate(certificate)}, from ${certificate.samples} fresh inputs.`] : []),
    ...(fallbacks === undefined
      ? []
      : [`Its guard leaves ${formatPercent(fallbacks)} of inputs to the exact function.`]),
  ];
}
