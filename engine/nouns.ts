/** What is counted, in one and in many. A language with more forms than these two says it with the second. */
import { t } from './texts.ts';

/** `{0}` is the number. Asked for each time, because the language comes after this file is loaded. */
export const nounTexts = {
  byte: () => [t('{0} byte'), t('{0} bytes')],
  call: () => [t('{0} call'), t('{0} calls')],
  clock: () => [t('{0} clock'), t('{0} clocks')],
  epoch: () => [t('{0} epoch'), t('{0} epochs')],
  generation: () => [t('{0} generation'), t('{0} generations')],
  image: () => [t('{0} image'), t('{0} images')],
  input: () => [t('{0} input'), t('{0} inputs')],
  label: () => [t('{0} label'), t('{0} labels')],
  layer: () => [t('{0} layer'), t('{0} layers')],
  network: () => [t('{0} network'), t('{0} networks')],
  number: () => [t('{0} number'), t('{0} numbers')],
  'older one': () => [t('{0} older one'), t('{0} older ones')],
  output: () => [t('{0} output'), t('{0} outputs')],
  parameter: () => [t('{0} parameter'), t('{0} parameters')],
  'recorded call': () => [t('{0} recorded call'), t('{0} recorded calls')],
  row: () => [t('{0} row'), t('{0} rows')],
  sample: () => [t('{0} sample'), t('{0} samples')],
  'synthetic sample': () => [t('{0} synthetic sample'), t('{0} synthetic samples')],
  'training row': () => [t('{0} training row'), t('{0} training rows')],
} as const satisfies Readonly<Record<string, () => readonly [one: string, many: string]>>;

export type Noun = keyof typeof nounTexts;
