/** Names and text of the generated code for one network. */
import { basename, dirname, extname, join } from 'node:path';
import { targets } from '../../engine/emit/target.ts';
import type { Domain, Encoding, Network, TargetId } from '../../engine/types.ts';
import { readKernel } from '../assets.ts';
import type { Region } from '../source/types.ts';

/** `price` -> `priceApprox`; `Pricer.price` -> `priceApprox`. */
export const approxNameOf = (regionName: string): string => `${regionName.split('.').at(-1)}Approx`;

const generatedExtensions: Readonly<Record<string, string>> = {
  '.ts': '.ts',
  '.tsx': '.ts',
  '.mts': '.mts',
  '.cts': '.cts',
  '.js': '.js',
  '.jsx': '.js',
  '.mjs': '.mjs',
  '.cjs': '.cjs',
};

/** Beside the source: `price.approx.ts`, in the language and module kind of the source. */
export function generatedFileOf(region: Region): string {
  const extension = generatedExtensions[extname(region.file)] ?? '.ts';
  return join(dirname(region.file), `${region.name}.approx${extension}`);
}

export interface EmitContext {
  readonly region: Region;
  readonly domain: Domain;
  readonly encoding: Encoding;
  readonly target: TargetId;
  /** How the source's language exports; ES modules unless given. */
  readonly modules?: 'esm' | 'commonjs';
}

/** The generated file's text. `figures` are lines for its header: what was measured, and how. */
export function emitNetwork(context: EmitContext, network: Network, figures: readonly string[] = []): string {
  const { region, domain, encoding } = context;
  const target = targets.find(({ id }) => id === context.target);
  if (!target) throw new Error(`No code can be emitted for the target ${context.target}.`);
  const [file] = target.emit({
    functionName: approxNameOf(region.name),
    regionName: `${region.name} in ${basename(region.file)}`,
    signature: region.signature,
    encoding,
    network,
    domain,
    language: /\.[cm]?tsx?$/.test(region.file) ? 'typescript' : 'javascript',
    modules: context.modules ?? 'esm',
    inference: readKernel('inference'),
    figures,
  });
  return file!.text;
}
