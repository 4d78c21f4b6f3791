/** What a network takes on a Cortex-M4. */
import { isCnnNetwork, perceptron } from '../../nn/models.ts';
import { type AnyQuantised, isQuantisedCnn } from '../../quantise/models.ts';
import { float32Bytes, type QuantisedNetwork, quantisedBytes } from '../../quantise/quantise.ts';
import type { Activation, AnyNetwork, Network } from '../../types.ts';
import { type Cost, countsOf } from '../cost.ts';
import { collapseLinear } from '../fold.ts';
import { estimateArmCnn } from './cnn/estimate.ts';

/** The compiler's flags that the sizes below are of. */
export const sizeFlags =
  '-std=c99 -Os -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -ffp-contract=off -ffunction-sections -fdata-sections';

/**
 * Bytes of instructions for three layers, with what they need of libgcc, as GCC 12.2 compiles them; a layer more or less; and
 * what loops of one round, over one input or one output, save.
 */
const codeBytes = {
  float: { three: 2264, layer: 18, oneInput: 404, oneOutput: 96 },
  int8: { three: 2762, layer: 36, oneInput: 112, oneOutput: 77 },
  fixed16: { three: 2500, layer: 24, oneInput: 40, oneOutput: 80 },
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

/** Calling a table, where a network of integers has one. */
const tableBytes = 40;

/** Offset, factor, column and count, aligned to a double. */
export const slotBytes = 24;

const valueBytes = { float: 4, int8: 1, fixed16: 2 } as const;

export function estimateArm(network: AnyNetwork, quantised?: AnyQuantised): Cost {
  const isCnn = quantised && isQuantisedCnn(quantised);
  if (isCnnNetwork(network)) return estimateArmCnn(network, isCnn ? quantised : undefined);
  return estimatePerceptron(perceptron(network), isCnn ? undefined : quantised);
}

function estimatePerceptron(network: Network, quantised?: QuantisedNetwork): Cost {
  const form = quantised?.kind ?? 'float';
  const { topology } = quantised ? network : collapseLinear(network);
  const { widths, activation } = topology;
  const [inputs, outputs, layers] = [widths[0]!, widths.at(-1)!, widths.length - 1];
  const parameterBytes = quantised ? quantisedBytes(quantised) : float32Bytes(topology);
  const { three, layer, oneInput, oneOutput } = codeBytes[form];
  const tabled = quantised?.kind === 'int8' ? quantised.layers.some(({ table }) => table) : quantised?.table;
  const activated = quantised ? (tabled ? tableBytes : 0) : layers > 1 ? activationBytes[activation] : 0;
  const code = three + activated + (layers === 1 ? 0 : layer * (layers - 3));
  const saved = (inputs === 1 ? oneInput : 0) + (outputs === 1 ? oneOutput : 0);
  const workingBytes = 2 * valueBytes[form] * Math.max(...widths);
  return {
    ...countsOf(network),
    parameterBytes,
    workingBytes,
    more: [
      {
        label: 'Flash on a Cortex-M4',
        value: parameterBytes + slotBytes * (inputs + outputs) + code - saved,
        unit: 'bytes',
        basis:
          'Parameters and tables counted, instructions as GCC 12.2 makes them with -Os, libgcc included: within 5 % of ' +
          'what `size` says where there is a hidden layer. Categories and booleans take less than numbers.',
      },
      {
        label: 'RAM on a Cortex-M4',
        value: workingBytes,
        unit: 'bytes',
        basis: 'Two layers in sequence, exact; the stack, inputs and outputs are left aside.',
      },
    ],
  };
}
