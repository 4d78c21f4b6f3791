/** Name and text of the generated code for one network. */

import { basename } from 'node:path';
import type { CostItem } from '../../engine/emit/cost.ts';
import { type FpgaOptions, noParallelCnn } from '../../engine/emit/fpga/plan.ts';
import { guardNameOf } from '../../engine/emit/names.ts';
import type { EmitInput, EmittedFiles } from '../../engine/emit/target.ts';
import { isCnn } from '../../engine/nn/models.ts';
import type { QuantisedNetwork } from '../../engine/quantise/quantise.ts';
import { inEnglish, t } from '../../engine/texts.ts';
import type { AnyNetwork, AnyTopology, Domain, Encoding, Guard, TargetId } from '../../engine/types.ts';
import { readKernel } from '../assets.ts';
import { type Config, circuitFor } from '../config.ts';
import type { Failure } from '../protocol.ts';
import { argumentNames, returning, writing } from '../source/access.ts';
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

/** What the applied source and the sandbox call the guard; undefined where there is none. */
export const acceptsNameOf = (regionName: string, { mode }: Guard): string | undefined =>
  mode === 'none' ? undefined : guardNameOf(approxNameOf(regionName));

/**
 * The function that an applied source makes of the generated code, as an expression for `bundleEmitted`, so that figures
 * are those of the code as it will run: the guard decides between the network and `exact`.
 */
export function appliedExpression({ region, guard }: Pick<EmitContext, 'region' | 'guard'>): string {
  const { signature } = region;
  const approx = returning(approxNameOf(region.name), signature);
  const accepts = acceptsNameOf(region.name, guard);
  if (accepts === undefined) return approx;
  const list = argumentNames(signature).join(', ');
  const guarded = (network: string) => `(${list}) => (${accepts}(${list}) ? ${network}(${list}) : exact(${list}))`;
  if (!signature.into) return guarded(approx);
  return `(() => { const network = ${approx}; return ${guarded('network')}; })()`;
}

/** As `appliedExpression`, for all rows at once. */
export function batchExpression({ region, guard }: Pick<EmitContext, 'region' | 'guard'>): string {
  const batch = `${approxNameOf(region.name)}Batch`;
  if (guard.mode === 'none') return batch;
  return `(inputs, count, outputs) => ${batch}(inputs, count, outputs, ${writing('exact', region.signature)})`;
}

export interface EmitContext {
  readonly region: Region;
  readonly domain: Domain;
  readonly encoding: Encoding;
  readonly target: TargetId;
  /** The network in integers, where the code is to compute in these. */
  readonly quantised?: QuantisedNetwork;
  readonly guard: Guard;
  /** How the source's language exports; ES modules unless given. */
  readonly modules?: 'esm' | 'commonjs';
  /** For the target fpga. */
  readonly circuit?: FpgaOptions;
}

/** Why no code can be emitted for the target; undefined where it can. */
export function targetProblem(id: TargetId): Failure | undefined {
  const found = findTarget(id);
  return found.kind === 'failed' ? found : undefined;
}

/** Why the target has no such circuit; undefined where none is asked for, or where it has. */
export function circuitProblem(id: TargetId, circuit: Config['fpga'], topology?: AnyTopology): Failure | undefined {
  if (!circuit) return undefined;
  if (id !== 'fpga') {
    const message = t('--circuit and --multipliers are for circuits, and the target is {0}.', id);
    return { kind: 'failed', message, hint: t('Add --target fpga.') };
  }
  if (circuit.circuit === 'parallel' && topology && isCnn(topology)) {
    return { kind: 'failed', message: noParallelCnn(), hint: t('Leave --circuit out.') };
  }
  return undefined;
}

/** The generated files, the module that the source imports first. `figures` are lines for its header: what was measured. */
export function emitNetwork(
  { region, domain, encoding, target, quantised, guard, modules = 'esm', circuit }: EmitContext,
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
    guard,
    language: /\.[cm]?tsx?$/.test(region.file) ? 'typescript' : 'javascript',
    modules,
    figures,
    ...(circuit && { circuit }),
  });
}

/** Gives the target the kernel that its code may embed. */
export function emitFiles(id: TargetId, input: Omit<EmitInput, 'cnnInference'>): EmittedFiles {
  const found = findTarget(id);
  if (found.kind === 'failed') throw new Error(found.message);
  return inEnglish(() => found.found.target.emit({ ...input, cnnInference: readKernel('inference-cnn') }));
}

/** What the network takes on the target, beyond what every target has. */
export function estimatedCost(
  id: TargetId,
  { config, encoding }: { readonly config: Pick<Config, 'fpga'>; readonly encoding: Encoding },
  network: AnyNetwork,
  quantised?: QuantisedNetwork,
): readonly CostItem[] {
  const found = findTarget(id);
  if (found.kind === 'failed') return [];
  const circuit = circuitFor(config, network.topology);
  return found.found.target.estimate(network, quantised, { encoding, ...(circuit && { circuit }) }).more;
}

/** The text of the module that the source imports. */
export const moduleText = ([{ content }]: EmittedFiles): string => String(content);
