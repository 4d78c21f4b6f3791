/** Loads what knows ts-morph on first use: it costs about a second, and a file that is only opened must not pay it. */
import { currentLocale } from '../../engine/texts.ts';

export type SourceModule = typeof import('./index.ts');
export type SourceProject = ReturnType<SourceModule['createSourceProject']>;

/** In the package this is a bundle of its own, with its own state, so it is told the language. */
export async function loadSource(): Promise<SourceModule> {
  const module = await import('./index.ts');
  module.useLocale(currentLocale());
  return module;
}
