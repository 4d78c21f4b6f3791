/** A region's module as one script, with every import found as the project's configuration says. */
import type { Failure } from '../protocol.ts';
import { type Bundle, bundleRegion } from '../sampling/bundle.ts';
import { loadSource } from '../source/lazy.ts';
import type { Region } from '../source/types.ts';

export async function bundleOf(
  { file, access }: Pick<Region, 'file' | 'access'>,
  { overlay, texts }: { readonly overlay?: string; readonly texts?: ReadonlyMap<string, string> },
): Promise<Bundle | Failure> {
  const { createSourceProject } = await loadSource();
  const project = createSourceProject();
  if (overlay !== undefined) project.setOverlay(file, overlay);
  const given = { ...(overlay !== undefined && { overlay }), ...(texts && { texts }) };
  return bundleRegion({ file, access, ...given, imports: project.imports(file) });
}
