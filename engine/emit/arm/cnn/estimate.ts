/** What a convolutional network takes on microcontrollers: a Cortex-M4 with its floating-point unit, and a Cortex-M3, which has none. */

import { formatCount } from '../../../format.ts';
import type { QuantisedCnn } from '../../../quantise/cnn/quantise.ts';
import { t } from '../../../texts.ts';
import type { CnnNetwork, Encoding } from '../../../types.ts';
import { activationSteps } from '../../activationSteps.ts';
import { planIntegerCnn } from '../../cnn/integerPlan.ts';
import { integerRowBytes } from '../../cnn/integerRows.ts';
import { planCnn } from '../../cnn/plan.ts';
import { type Cost, countsOf } from '../../cost.ts';
import { activationBytes, slotBytes } from '../estimate.ts';
import { slotEntries } from '../slots.ts';
import { floatStepFields } from './float.ts';
import { integerStepFields } from './integers.ts';
import { stepBytes } from './steps.ts';

/** Bytes of instructions on a Cortex-M4, with what they need of libgcc, as GCC 12.2 compiles them with -Os. */
const codeBytes = {
  float: { base: 2750, average: 166 },
  int8: { base: 3168, average: 138 },
  fixed16: { base: 3249, average: 138 },
} as const;

/** What a Cortex-M3 takes more in float32: the parts of libgcc that add, multiply and compare, and the one that divides. */
const softFloatBytes = { always: 1212, division: 355 } as const;

/** The most that a Cortex-M4 comes with: STM32L4R5 and its kin. */
const largest = { flash: 2 * 2 ** 20, ram: 640 * 2 ** 10 } as const;

const flashBasis = () =>
  t(
    'Parameters and steps counted, instructions as GCC 12.2 makes them with -Os, libgcc included: within 5 % of what `size` says.',
  );

/** What the formats take for their constants and maps, and how many steps of which size there are. */
function partsOf(network: CnnNetwork, quantised: QuantisedCnn | undefined) {
  if (quantised) {
    const { rows, size, steps } = planIntegerCnn(quantised);
    return {
      parameterBytes: integerRowBytes(quantised, rows),
      workingBytes: size * (quantised.kind === 'int8' ? 1 : 2),
      stepBytes: steps.length * stepBytes(integerStepFields(quantised.kind)),
      activationBytes: 0,
      softFloat: 0,
      pooled: steps.some(({ kind }) => kind === 'average'),
    };
  }
  const { parameters, size, image, steps } = planCnn(network);
  const { activation } = network.topology;
  const divides = activationSteps[activation].some(({ operator }) => operator === '/');
  return {
    parameterBytes: 4 * parameters.length,
    workingBytes: 4 * (size - image),
    stepBytes: steps.length * stepBytes(floatStepFields),
    activationBytes: activationBytes[activation],
    softFloat: softFloatBytes.always + (divides ? softFloatBytes.division : 0),
    pooled: steps.some(({ kind }) => kind === 'average'),
  };
}

export function estimateArmCnn(network: CnnNetwork, quantised?: QuantisedCnn, encoding?: Encoding): Cost {
  const { parameterBytes, workingBytes, pooled, ...bytes } = partsOf(network, quantised);
  const { base, average } = codeBytes[quantised?.kind ?? 'float'];
  const code = base + bytes.activationBytes + (pooled ? average : 0);
  // One entry for each channel of an image, as data sets are encoded.
  const slots = slotBytes * (encoding ? slotEntries(encoding) : network.topology.channels + network.topology.outputs);
  const flash = parameterBytes + bytes.stepBytes + slots + code;
  const fits = (value: number, most: number) =>
    value > most
      ? ` ${t('Does not fit: the largest Cortex-M4 has {0} KiB.', formatCount(Math.round(most / 1024)))}`
      : '';
  return {
    ...countsOf(network),
    parameterBytes,
    workingBytes,
    more: [
      {
        label: t('Flash on a Cortex-M4'),
        value: flash,
        unit: 'bytes',
        basis: `${flashBasis()}${fits(flash, largest.flash)}`,
      },
      {
        label: t('Flash on a Cortex-M3'),
        value: flash + bytes.softFloat,
        unit: 'bytes',
        basis: t('{0} Floating point is software there.', flashBasis()),
      },
      {
        label: t('RAM on a Cortex-M'),
        value: workingBytes,
        unit: 'bytes',
        basis:
          t('The maps of one image, exact; the stack, inputs and outputs are left aside.') +
          fits(workingBytes, largest.ram),
      },
    ],
  };
}
