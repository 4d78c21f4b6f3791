/**
 * The process that makes a module's text report its calls. A recorded program's hook starts it, as the parser would be a
 * burden to the program. Built to `dist/recordInstrumenter.cjs`; arguments: the recording's folder, the module's path, its
 * text's path, and the path of the answer.
 */

import { readFileSync } from 'node:fs';
import { originalPositionFor, type SourceMapInput, TraceMap } from '@jridgewell/trace-mapping';
import { loadSource } from '../source/lazy.ts';
import { writeAtomically } from '../store.ts';
import { type FoundMap, likenessOf, readSourceMap, sourceIndex } from './locate.ts';
import { type ModuleAnswer, type RecordPlan, readRecordPlan } from './plan.ts';

async function main([folder, path, textPath, answerPath]: readonly string[]): Promise<void> {
  const plan = readRecordPlan(folder!);
  const answer = await instrument(plan, path!, readFileSync(textPath!, 'utf8'));
  writeAtomically(answerPath!, JSON.stringify(answer));
}

async function instrument(plan: RecordPlan, path: string, text: string): Promise<ModuleAnswer> {
  const { recordLookalike, recordSource } = await loadSource();
  switch (likenessOf(plan, path, text)) {
    case 'source':
      return recordSource(plan);
    case 'mapped':
      return recordThroughMap(plan, path, text, readSourceMap(path, text)!);
    case 'lookalike':
      return recordLookalike(path, text, plan);
    case undefined:
      return { kind: 'missing', reason: `has no function ${plan.name}` };
  }
}

async function recordThroughMap(plan: RecordPlan, path: string, text: string, found: FoundMap): Promise<ModuleAnswer> {
  const { recordMapped } = await loadSource();
  const index = sourceIndex(found, plan.file);
  const traced = new TraceMap(found.map as SourceMapInput);
  const source = traced.resolvedSources[index];
  // Positions are those of the text that was built, which may be older than the file.
  const original = { ...plan, text: found.map.sourcesContent?.[index] ?? plan.text };
  return recordMapped(path, text, original, ({ line, column }) => {
    const origin = originalPositionFor(traced, { line: line + 1, column });
    return origin.source === source && origin.source !== null
      ? { line: origin.line - 1, column: origin.column }
      : undefined;
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
