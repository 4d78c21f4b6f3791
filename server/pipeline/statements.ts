/** Regions that are statements of a function: their edits, and what they are called. */
import { loadSource } from '../source/lazy.ts';
import type { Region, SourceEdit } from '../source/types.ts';

/** The text in which the region's statements are a function of their own, where they are not one yet. */
export async function withStatements({ file, name, lifted }: Region, text: string): Promise<string> {
  if (!lifted) return text;
  const { createSourceProject, lift, regions } = await loadSource();
  const project = createSourceProject();
  project.setOverlay(file, text);
  if (regions(project, file).some((region) => region.name === name)) return text;
  const again = lift(project, file, lifted);
  return again.kind === 'lifted' && again.name === name ? again.text : text;
}

/** The function that a name stands for: itself, or for statements the one that they became. */
export async function appliedName(name: string, text: string): Promise<string> {
  const { liftedName, parsePlace } = await loadSource();
  const place = parsePlace(name);
  return (place && liftedName(text, place)) ?? name;
}

/** One edit of what differs, so that an editor keeps what is around it. */
export function wholeEdit(before: string, after: string): SourceEdit[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < shorter - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return [{ start, end: before.length - tail, text: after.slice(start, after.length - tail) }];
}
