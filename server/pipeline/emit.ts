/** Name and text of the generated code for one network. */
import { basename } from 'node:path';
import { targetDescriptions, targets } from '../../engine/emit/target.ts';
import type { Domain, Encoding, Network, TargetId } from '../../engine/types.ts';
import { readKernel } from '../assets.ts';
import type { Failure } from '../protocol.ts';
import type { Region } from '../source/types.ts';

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
  /** How the source's language exports; ES modules unless given. */
  readonly modules?: 'esm' | 'commonjs';
}

/** Why no code can be emitted for the target; undefined where it can. */
export function targetProblem(id: TargetId): Failure | undefined {
  const target = targetDescriptions.find((known) => known.id === id);
  if (target && !target.unavailable) return undefined;
  const known = targets.map(({ label }) => label).join(', ');
  return {
    kind: 'failed',
    message: target
      ? `The target ${target.label} cannot be used: ${target.unavailable}`
      : `There is no target "${id}". Known targets: ${known}.`,
  };
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
    cnnInference: readKernel('inference-cnn'),
    figures,
  });
  return file!.text;
}
