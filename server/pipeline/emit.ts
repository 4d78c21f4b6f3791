/** Name and text of the generated code for one network. */
import { basename } from 'node:path';
import type { EmitInput, EmittedFiles } from '../../engine/emit/target.ts';
import type { QuantisedNetwork } from '../../engine/quantise/quantise.ts';
import type { AnyNetwork, Domain, Encoding, TargetId } from '../../engine/types.ts';
import { readKernel } from '../assets.ts';
import type { Failure } from '../protocol.ts';
import type { Region } from '../source/types.ts';
import { findTarget } from '../targets/registry.ts';

/** `price` -> `priceApprox`; `Pricer.price` -> `pricerPriceApprox`, since a file may hold two classes with that method. */
export function approxNameOf(regionName: string): string {
  const [first, ...rest] = regionName.split('.');
  const words = rest.length === 0 ? [first!] : [first!.replace(/^./u, toLower), ...rest.map(capitalised)];
  return `${words.join('')}Approx`;
}

const toLower = (text: string): string => text.toLowerCase();
const capitalised = (word: string): string => word.replace(/^./u, (letter) => letter.toUpperCase());

export interface EmitContext {
  readonly region: Region;
  readonly domain: Domain;
  readonly encoding: Encoding;
  readonly target: TargetId;
  /** The network in integers, where the code is to compute in these. */
  readonly quantised?: QuantisedNetwork;
  /** How the source's language exports; ES modules unless given. */
  readonly modules?: 'esm' | 'commonjs';
}

/** Why no code can be emitted for the target; undefined where it can. */
export function targetProblem(id: TargetId): Failure | undefined {
  const found = findTarget(id);
  return found.kind === 'failed' ? found : undefined;
}

/** The generated files, the module that the source imports first. `figures` are lines for its header: what was measured. */
export function emitNetwork(
  { region, domain, encoding, target, quantised, modules = 'esm' }: EmitContext,
  network: AnyNetwork,
  figures: readonly string[] = [],
): EmittedFiles {
  return emitFiles(target, {
    functionName: approxNameOf(region.name),
    regionName: `${region.name} in ${basename(region.file)}`,
    signature: region.signature,
    encoding,
    network,
    ...(quantised && { quantised }),
    domain,
    language: /\.[cm]?tsx?$/.test(region.file) ? 'typescript' : 'javascript',
    modules,
    figures,
  });
}

/** Gives the target the kernels that its code may embed. */
export function emitFiles(id: TargetId, input: Omit<EmitInput, 'inference' | 'cnnInference'>): EmittedFiles {
  const found = findTarget(id);
  if (found.kind === 'failed') throw new Error(found.message);
  const kernels = { inference: readKernel('inference'), cnnInference: readKernel('inference-cnn') };
  return found.found.target.emit({ ...input, ...kernels });
}

/** The text of the module that the source imports. */
export const moduleText = ([{ content }]: EmittedFiles): string => String(content);
