/** Which kind of network a function gets. */
import { imageOf } from '../../engine/data/slots.ts';
import { cnnTopologyOf } from '../../engine/nn/cnn/network.ts';
import { cnnSpace, decodeCnn, smallTable } from '../../engine/search/cnnSpace.ts';
import { mlpSpace } from '../../engine/search/genome.ts';
import type { SpaceOutcome } from '../../engine/search/types.ts';
import type { Encoding, Signature, TargetId } from '../../engine/types.ts';
import type { Config } from '../config.ts';
import type { Region } from '../source/types.ts';
import { findTarget } from '../targets/registry.ts';
import type { ModelKind } from '../trainers.ts';

/** A convolutional network where the function takes an image and nothing else, and the target has code for one. */
export function modelOf({ signature }: Pick<Region, 'signature'>, target: TargetId): ModelKind {
  const image = imageOf(signature);
  if (!image) return 'mlp';
  const found = findTarget(target);
  const smallest = decodeCnn(new Array(Object.keys(smallTable).length).fill(0), smallTable);
  const topology = cnnTopologyOf(smallest, { ...image, outputs: 1, dropout: 0 });
  return found.kind === 'target' && found.found.target.refuses?.(topology) === undefined ? 'cnn' : 'mlp';
}

/** The networks that are searched. */
export function functionSpace(
  signature: Signature,
  { inputColumns, outputColumns }: Encoding,
  { model, maxParams, config }: { readonly model: ModelKind; readonly maxParams: number; readonly config: Config },
): SpaceOutcome {
  const image = imageOf(signature);
  if (model === 'mlp' || !image) return mlpSpace({ maxParams, inputColumns, outputColumns });
  const sizes = { ...image, outputs: outputColumns, dropout: config.dropout };
  return cnnSpace({ maxParams, sizes, table: smallTable });
}
