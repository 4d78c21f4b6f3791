/** Whether an applied approximation still stands for the function beside it, from the texts alone: nothing is run. */

import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { t } from '../../engine/texts.ts';
import type { Domain } from '../../engine/types.ts';
import type { AppliedFunction } from '../source/index.ts';
import type { SourceModule, SourceProject } from '../source/lazy.ts';
import type { Region } from '../source/types.ts';
import type { Approximation } from './approximations.ts';

export type Standing =
  | { readonly kind: 'current'; readonly region: Region; readonly applied: AppliedFunction }
  /** The source computes exactly; only the record is left. */
  | { readonly kind: 'not-applied' }
  | {
      readonly kind: 'stale' | 'missing' | 'edited';
      readonly message: string;
      /** Absent where the source is gone. */
      readonly applied?: AppliedFunction;
    };

export interface StandingContext {
  readonly module: SourceModule;
  readonly project: SourceProject;
  /** The project's root, which records are relative to. */
  readonly root: string;
}

/** `project` decides what the sources say: the editor's texts, or the disk's. */
export function standingOf({ module, project, root }: StandingContext, record: Approximation): Standing {
  const file = resolve(root, record.file);
  const { name } = record;
  const text = project.text(file);
  if (text === undefined) return { kind: 'missing', message: t('{0} is no longer there.', record.file) };
  const applied = module.findApplied(text).find((entry) => entry.name === name);
  if (!applied) return { kind: 'not-applied' };

  const generated = resolve(root, record.generatedFile);
  const generatedName = basename(generated);
  const generatedText = project.text(generated);
  if (generatedText === undefined) {
    return { kind: 'missing', message: t('{0}, which `{1}` calls, is missing.', generatedName, name), applied };
  }
  if (hashOfText(generatedText) !== record.generatedHash) {
    const message = t(
      '{0} is not as it was generated: the figures of `{1}` no longer describe it.',
      generatedName,
      name,
    );
    return { kind: 'edited', message, applied };
  }
  const stale = (message: string): Standing => ({ kind: 'stale', message, applied });
  const analysis = module.analyse(project, { file, name });
  if (analysis.kind === 'none') return stale(t('There is no function `{0}` any more.', name));
  if (analysis.kind === 'refused') return stale(analysis.reasons[0]!.message);
  if (analysis.region.sourceHash !== record.sourceHash) {
    return stale(t('`{0}`, or something it depends on, has changed since it was approximated.', name));
  }
  const missing = new Set(analysis.missing.map(({ path }) => path));
  const sameDomain = record.fresh.recorded === undefined ? isSameDomain : isInDomain;
  if (!sameDomain(analysis.domain, record.domain, missing)) {
    return stale(t('The ranges of `{0}` have changed since it was approximated.', name));
  }
  return { kind: 'current', region: analysis.region, applied };
}

/** Ranges that the source does not give were typed, and are in the record alone. */
function isSameDomain(now: Domain, then: Domain, missing: ReadonlySet<string>): boolean {
  const comparable = (domain: Domain) => JSON.stringify(domain.filter(({ path }) => !missing.has(path)));
  return now.length === then.length && comparable(now) === comparable(then);
}

/** Recorded inputs narrow the ranges that the source gives. */
function isInDomain(now: Domain, then: Domain, missing: ReadonlySet<string>): boolean {
  return (
    now.length === then.length &&
    now.every((slot, index) => {
      const before = then[index]!;
      if (slot.kind !== 'number' || before.kind !== 'number') return JSON.stringify(slot) === JSON.stringify(before);
      if (missing.has(slot.path)) return slot.path === before.path;
      const isWithin = slot.min <= before.min && before.max <= slot.max && (before.integer || !slot.integer);
      return slot.path === before.path && isWithin;
    })
  );
}

/** Of a generated file, whatever line endings version control gives it, and however an editor ends it. */
export const hashOfText = (text: string): string =>
  createHash('sha256').update(text.replaceAll('\r\n', '\n').replace(/\n+$/u, '\n')).digest('hex');
