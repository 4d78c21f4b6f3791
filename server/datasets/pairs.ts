/** One list of examples that belongs to the user: a JSON file, or two .npy files. */

import { basename } from 'node:path';
import { type Decoded, decoded } from '../../engine/data/formats/decoded.ts';
import { decodeJsonPair } from '../../engine/data/formats/json.ts';
import { decodeNpy, type NpyArray } from '../../engine/data/formats/npy.ts';
import { type Named, type Pair, pairArrays } from '../../engine/data/formats/pair.ts';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';
import { isFile, type Limit, readBytes } from './files.ts';
import type { Loaded } from './folders.ts';

/** A parsed document takes many times its text in memory, and a string cannot be much longer than this. */
const jsonLimit = (): Limit => ({
  sizeBytes: 256 * 2 ** 20,
  hint: t('Write it as NAME.inputs.npy and NAME.outputs.npy, which may be larger.'),
});

export async function loadJson(path: string): Promise<Loaded> {
  const content = await readBytes(path, jsonLimit());
  if (content.kind === 'failed') return content;
  const pair = decodeJsonPair(new TextDecoder().decode(content.bytes), path);
  return toLoaded(basename(path).replace(/\.json$/, ''), pair);
}

/** `path` names either file of the pair, or both without `.inputs` and `.outputs`. */
export async function loadNpy(path: string): Promise<Loaded> {
  const stem = path.replace(/(\.inputs|\.outputs)?\.npy$/, '');
  const paths = [`${stem}.inputs.npy`, `${stem}.outputs.npy`] as const;
  for (const file of paths) {
    if (!(await isFile(file))) {
      return {
        kind: 'failed',
        message: t('{0} does not exist.', String(file)),
        hint: t('A pair of .npy files is NAME.inputs.npy and NAME.outputs.npy in the same folder: rename yours so.'),
      };
    }
  }
  const inputs = await readArray(paths[0]);
  if (inputs.kind === 'failed') return inputs;
  const outputs = await readArray(paths[1]);
  if (outputs.kind === 'failed') return outputs;
  return toLoaded(basename(stem), pairArrays(inputs.value, outputs.value));
}

async function readArray(file: string): Promise<Decoded<Named<NpyArray>> | Failure> {
  const content = await readBytes(file);
  if (content.kind === 'failed') return content;
  const array = decodeNpy(content.bytes, file);
  return array.kind === 'failed' ? array : decoded({ file, value: array.value });
}

function toLoaded(name: string, pair: Decoded<Pair>): Loaded {
  if (pair.kind === 'failed') return pair;
  const { input, output, rows } = pair.value;
  return { kind: 'dataset', dataset: { name, input, output, train: rows } };
}
