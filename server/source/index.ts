/** What the pipeline and the language server use of the source layer. Load it lazily: it brings the compiler. */
export { useLocale } from '../../engine/texts.ts';
export { type AnalysisTarget, analyse, type RegionOutline, regions } from './analyse.ts';
export { type AppliedFunction, findApplied } from './applied.ts';
export { fillRanges } from './domain.ts';
export { type Branch, branchCounters, type Instrumented, instrument } from './instrument.ts';
export { type LiftOutcome, lift, liftedName, unliftEdits } from './lift.ts';
export { type ModuleStyle, moduleStyle } from './moduleStyle.ts';
export { createSourceProject, SourceProject } from './project.ts';
export {
  type OriginalFunction,
  type Position,
  type RecordedCalls,
  recordLookalike,
  recordMapped,
  recordSource,
} from './recordCalls.ts';
export { type ApplyOptions, applyEdits, editText, type Rewrite, revertEdits } from './rewrite.ts';
export { parsePlace, placeOf } from './selection.ts';
