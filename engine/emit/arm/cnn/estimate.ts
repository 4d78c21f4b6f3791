/** What a convolutional network takes on a Cortex-M4. */
import type { QuantisedCnn } from '../../../quantise/cnn/quantise.ts';
import type { CnnNetwork } from '../../../types.ts';
import { planIntegerCnn } from '../../cnn/integerPlan.ts';
import { integerRowBytes } from '../../cnn/integerRows.ts';
import { planCnn } from '../../cnn/plan.ts';
import { type Cost, countsOf } from '../../cost.ts';
import { activationBytes, slotBytes } from '../estimate.ts';
import { floatStepFields } from './float.ts';
import { integerStepFields } from './integers.ts';
import { stepBytes } from './steps.ts';

/** Bytes of instructions, with what they need of libgcc, as GCC 12.2 compiles them for `sizeFlags`. */
const codeBytes = {
  float: { base: 2724, average: 166 },
  int8: { base: 3132, average: 138 },
  fixed16: { base: 3200, average: 138 },
} as const;

/** The most that a Cortex-M4 comes with: STM32L4R5 and its kin. */
const largest = { flash: 2 * 2 ** 20, ram: 640 * 2 ** 10 } as const;

/** What the two formats take for their constants and maps, and how many steps of which size there are. */
function partsOf(network: CnnNetwork, quantised: QuantisedCnn | undefined) {
  if (quantised) {
    const { rows, size, steps } = planIntegerCnn(quantised);
    return {
      parameterBytes: integerRowBytes(quantised, rows),
      workingBytes: size * (quantised.kind === 'int8' ? 1 : 2),
      stepBytes: steps.length * stepBytes(integerStepFields(quantised.kind)),
      activationBytes: 0,
      pooled: steps.some(({ kind }) => kind === 'average'),
    };
  }
  const { parameters, size, image, steps } = planCnn(network);
  return {
    parameterBytes: 4 * parameters.length,
    workingBytes: 4 * (size - image),
    stepBytes: steps.length * stepBytes(floatStepFields),
    activationBytes: activationBytes[network.topology.activation],
    pooled: steps.some(({ kind }) => kind === 'average'),
  };
}

export function estimateArmCnn(network: CnnNetwork, quantised?: QuantisedCnn): Cost {
  const { parameterBytes, workingBytes, pooled, ...bytes } = partsOf(network, quantised);
  const { base, average } = codeBytes[quantised?.kind ?? 'float'];
  const code = base + bytes.activationBytes + (pooled ? average : 0);
  // One entry for the values of an image where all are encoded alike, as those of data sets are.
  const slots = slotBytes * (1 + network.topology.outputs);
  const flash = parameterBytes + bytes.stepBytes + slots + code;
  const fits = (value: number, most: number) =>
    value > most ? ` Does not fit: the largest Cortex-M4 has ${Math.round(most / 1024)} KiB.` : '';
  return {
    ...countsOf(network),
    parameterBytes,
    workingBytes,
    more: [
      {
        label: 'Flash on a Cortex-M4',
        value: flash,
        unit: 'bytes',
        basis: `Parameters and steps counted, instructions as GCC 12.2 makes them with -Os, libgcc included: within 5 % of what \`size\` says.${fits(flash, largest.flash)}`,
      },
      {
        label: 'RAM on a Cortex-M4',
        value: workingBytes,
        unit: 'bytes',
        basis: `The maps of one image, exact; the stack, inputs and outputs are left aside.${fits(workingBytes, largest.ram)}`,
      },
    ],
  };
}
