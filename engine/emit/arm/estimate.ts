/** What a network takes on microcontrollers: a Cortex-M4 with its floating-point unit, and a Cortex-M3, which has none. */

import { isCnnNetwork, perceptron } from '../../nn/models.ts';
import { type AnyQuantised, isQuantisedCnn } from '../../quantise/models.ts';
import { float32Bytes, type QuantisedNetwork, quantisedBytes } from '../../quantise/quantise.ts';
import { t } from '../../texts.ts';
import type { Activation, AnyNetwork, Encoding, Network } from '../../types.ts';
import { type Cost, countsOf } from '../cost.ts';
import { collapseLinear } from '../fold.ts';
import type { Known } from '../target.ts';
import { estimateArmCnn } from './cnn/estimate.ts';
import { slotEntries } from './slots.ts';

const commonFlags = '-std=c99 -Os -mthumb -ffp-contract=off -ffunction-sections -fdata-sections';

/** The compiler's flags that the sizes below are of. */
export const sizeFlags = {
  m4: `${commonFlags} -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16`,
  m3: `${commonFlags} -mcpu=cortex-m3`,
} as const;

/**
 * Bytes of instructions on a Cortex-M4 for three layers, with what they need of libgcc, as GCC 12.2 compiles them; what inputs that
 * are categories take, a layer more or less; and what loops of one round, over one input or one output, save.
 */
const codeBytes = {
  float: { three: 1946, categories: 388, layer: 18, oneInput: 18, oneOutput: 96 },
  int8: { three: 2744, categories: 78, layer: 36, oneInput: 8, oneOutput: 77 },
  fixed16: { three: 2528, categories: 86, layer: 24, oneInput: 110, oneOutput: 80 },
} as const;

export const activationBytes: Readonly<Record<Activation, number>> = {
  linear: 0,
  relu: 96,
  'hard-sigmoid': 140,
  tanh: 266,
  sigmoid: 274,
  softplus: 316,
  elu: 320,
  selu: 340,
};

/**
 * What a Cortex-M3 takes more: the parts of libgcc that add, multiply and compare float32 numbers, and the one that
 * divides. Integers take the same there, as only inputs and outputs are real numbers, in double precision on both.
 */
const softFloatBytes = { always: 1146, division: 340 } as const;
const divides: ReadonlySet<Activation> = new Set(['tanh', 'sigmoid', 'softplus', 'elu', 'selu']);

/** Calling a table, where a network of integers has one. */
const tableBytes = 40;

/** Offset, factor and three counts, aligned to a double. */
export const slotBytes = 24;

const valueBytes = { float: 4, int8: 1, fixed16: 2 } as const;

const flashBasis = () =>
  t(
    'Parameters and tables counted, instructions as GCC 12.2 makes them with -Os, libgcc included: within 5 % of what `size` says where there is a hidden layer. Inputs that are encoded alike share an entry of the tables.',
  );

export function estimateArm(network: AnyNetwork, quantised?: AnyQuantised, { encoding }: Known = {}): Cost {
  const isCnn = quantised && isQuantisedCnn(quantised);
  if (isCnnNetwork(network)) return estimateArmCnn(network, isCnn ? quantised : undefined, encoding);
  return estimatePerceptron(perceptron(network), isCnn ? undefined : quantised, encoding);
}

function estimatePerceptron(network: Network, quantised?: QuantisedNetwork, encoding?: Encoding): Cost {
  const form = quantised?.kind ?? 'float';
  const { topology } = quantised ? network : collapseLinear(network);
  const { widths, activation } = topology;
  const [inputs, outputs, layers] = [widths[0]!, widths.at(-1)!, widths.length - 1];
  const parameterBytes = quantised ? quantisedBytes(quantised) : float32Bytes(topology);
  const { three, categories, layer, oneInput, oneOutput } = codeBytes[form];
  const tabled = quantised?.kind === 'int8' ? quantised.layers.some(({ table }) => table) : quantised?.table;
  const activated = quantised ? (tabled ? tableBytes : 0) : layers > 1 ? activationBytes[activation] : 0;
  const categorical = encoding?.inputs.some(({ kind }) => kind === 'category') ? categories : 0;
  const code = three + categorical + activated + (layers === 1 ? 0 : layer * (layers - 3));
  const saved = (inputs === 1 ? oneInput : 0) + (outputs === 1 ? oneOutput : 0);
  const workingBytes = 2 * valueBytes[form] * Math.max(...widths);
  const slots = encoding ? slotEntries(encoding) : inputs + outputs;
  const flash = parameterBytes + slotBytes * slots + code - saved;
  const division = layers > 1 && divides.has(activation) ? softFloatBytes.division : 0;
  const softFloat = form === 'float' ? softFloatBytes.always + division : 0;
  return {
    ...countsOf(network),
    parameterBytes,
    workingBytes,
    more: [
      { label: t('Flash on a Cortex-M4'), value: flash, unit: 'bytes', basis: flashBasis() },
      {
        label: t('Flash on a Cortex-M3'),
        value: flash + softFloat,
        unit: 'bytes',
        basis: t('{0} Floating point is software there.', flashBasis()),
      },
      {
        label: t('RAM on a Cortex-M'),
        value: workingBytes,
        unit: 'bytes',
        basis: t('Two layers in sequence, exact; the stack, inputs and outputs are left aside.'),
      },
    ],
  };
}
