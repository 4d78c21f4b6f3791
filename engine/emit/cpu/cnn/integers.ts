/** A convolutional network in integers: loops over typed arrays that compute what engine/quantise/cnn does, bit for bit. */
import { cnnName } from '../../../nn/cnn/template.ts';
import { entryOf } from '../../../quantise/grid.ts';
import { type IntegerCnnPlan, type IntegerStep, planIntegerCnn } from '../../cnn/integerPlan.ts';
import { arrayOf, enterCall, enterText, integerDecoding, rescaleLines, type Syntax, syntaxOf } from '../integerCode.ts';
import type { CnnNames, FormOf } from './form.ts';
import { averageText, type Corners, largestText } from './pooling.ts';

export const integerForm: FormOf = (input, names, claim) => {
  const { quantised, network } = input;
  if (!quantised) throw new TypeError('A network in integers was asked for, and there is none.');
  const plan = planIntegerCnn(quantised);
  const array = arrayOf(quantised);
  const enter = claim('enter');
  const syntax = syntaxOf(input, array);
  const { input: grid, output } = quantised;
  return {
    array,
    entry: {
      constants: (encoding) => entryOf(grid, encoding),
      inline: (raw, encoding) => enterCall(enter, raw, encoding, grid),
      tabled: (raw, offset, factor) => `${enter}(${raw}, ${offset}, ${factor})`,
    },
    decoding: integerDecoding(output),
    step: output.scale,
    constants: constantBytes(plan, array),
    start: startText(plan, names, cnnName(network.topology), { ...syntax, array }),
    support: [enterText(grid, enter, syntax)],
  };
};

/** Every list of the plan that a format has, one after the other; the low byte of a number comes first. */
function constantBytes({ rows }: IntegerCnnPlan, array: string): Uint8Array {
  const lists = listsOf(rows, array);
  const bytes = new Uint8Array(lists.reduce((sum, { values, size }) => sum + size * values.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { values, size } of lists) {
    for (const value of values) {
      if (size === 1) view.setInt8(at, value);
      else if (size === 2) view.setInt16(at, value, true);
      else view.setInt32(at, value, true);
      at += size;
    }
  }
  return bytes;
}

function listsOf(rows: IntegerCnnPlan['rows'], array: string) {
  const { weights, biases, shifts, multipliers, tables } = rows;
  const list = (name: string, values: readonly number[], size: 1 | 2 | 4) => ({ name, values, size });
  const own = array === 'Int8Array' ? 1 : 2;
  const lists = [list('kernels', weights, own), list('biases', biases, 4), list('shifts', shifts, 1)];
  if (own === 1) lists.push(list('multipliers', multipliers, 4));
  return tables.length === 0 ? lists : [...lists, list('tables', tables, own)];
}

type Prepare = Extract<IntegerStep, { kind: 'prepare' }>;

/** The arguments of the steps, in order. What a format or an activation does not need is no argument. */
function parametersOf(eight: boolean, tabled: boolean) {
  const origin: readonly (keyof Prepare)[] = eight ? ['origin'] : [];
  const limits: readonly (keyof Prepare)[] = eight ? (tabled ? ['table'] : []) : tabled ? [] : ['minimum', 'maximum'];
  return {
    pad: ['from', 'height', 'width', 'channels', 'margin', 'zero', 'to'],
    prepare: [
      ...['from', 'stride', 'height', 'width', 'channels', 'weight', 'row'],
      ...origin,
      ...limits,
      ...['margin', 'zero', 'to'],
    ],
    average: ['maps', 'height', 'width', 'channels'],
    largest: ['maps', 'pixels', 'channels', 'to'],
    convolve: ['x', 'height', 'width', 'channels', 'kernel', 'filters', 'weight', 'row', ...origin, 'y', 'stride'],
  } as const satisfies Readonly<Record<IntegerStep['kind'], readonly string[]>>;
}

function startText(
  plan: IntegerCnnPlan,
  { decode, weights: constants }: CnnNames,
  name: string,
  { sure, number, array, nothing }: Syntax,
): string {
  const eight = array === 'Int8Array';
  const tabled = plan.rows.tables.length > 0;
  const parameters = parametersOf(eight, tabled);
  const head = (step: IntegerStep['kind']) =>
    `  function ${step}(${parameters[step].map((own) => `${own}${number}`).join(', ')})${nothing} {`;
  const lists = listsOf(plan.rows, array).map(({ name: own, values, size }) => {
    const type = { 1: 'Int8', 2: 'Int16', 4: 'Int32' }[size];
    const read = `view.get${type}(at${size === 1 ? '' : ', true'})`;
    return `  const ${own} = new ${type}Array(${values.length});
  for (let i = 0; i < ${own}.length; i++, at += ${size}) ${own}[i] = ${read};`;
  });
  const pooled = plan.steps.some(({ kind }) => kind === 'average');
  const finish = (products: string, row: string) => `finish(${products}, ${row}${eight ? ', origin' : ''})`;
  const add = (sum: string, product: string) => (eight ? `${sum} = (${sum} + ${product}) | 0` : `${sum} += ${product}`);
  const weight = (lane: string) => `kernels[w${lane}]${sure}`;
  return `  const view = new DataView(${decode}(${constants}).buffer);
  let at = 0;
${lists.join('\n')}
  const values = new ${array}(${plan.size});

${eight ? finish8(sure, number) : finish16(sure, number)}

  /** An image with \`margin\` pixels of \`zero\` around it. */
${head('pad')}
    const row = (width + 2 * margin) * channels;
    values.fill(zero, to, to + (height + 2 * margin) * row);
    for (let line = 0; line < height; line++) {
      const start = from + line * width * channels;
      values.copyWithin(to + (line + margin) * row + margin * channels, start, start + width * channels);
    }
  }

  /** Maps to what a convolution reads: normalised channel by channel, then the activation. */
${head('prepare')}
    const line = (width + 2 * margin) * channels;
    if (margin > 0) values.fill(zero, to, to + (height + 2 * margin) * line);
    for (let y = 0; y < height; y++) {
      let at = to + (y + margin) * line + margin * channels;
      for (let x = 0; x < width; x++) {
        const pixel = from + (y * width + x) * stride;
        for (let c = 0; c < channels; c++) {
          const sum = ${finish(`values[pixel + c]${sure} * kernels[weight + c]${sure}`, 'row + c')};
${prepared(eight, tabled, sure)}
        }
      }
    }
  }

${
  pooled
    ? `${averageText(head('average'), sure, eight ? meanOfEight : meanOfSixteen)}

`
    : ''
}${largestText(head('largest'), sure)}

  /** Each filter is a row of weights (kernel, kernel, channels); four of them share the loads of x. */
${head('convolve')}
    const run = kernel * channels;
    const line = (width + kernel - 1) * channels;
    const taps = kernel * run;
    for (let pixel = 0; pixel < height * width; pixel++) {
      const start = x + Math.floor(pixel / width) * line + (pixel % width) * channels;
      const to = y + pixel * stride;
      let f = 0;
      for (; f + 4 <= filters; f += 4) {
        let a = 0;
        let b = 0;
        let c = 0;
        let d = 0;
        let w = weight + f * taps;
        for (let tap = 0, at = start; tap < kernel; tap++, at += line) {
          for (let i = at; i < at + run; i++, w++) {
            const value = values[i]${sure};
            ${add('a', `value * ${weight('')}`)};
            ${add('b', `value * ${weight(' + taps')}`)};
            ${add('c', `value * ${weight(' + 2 * taps')}`)};
            ${add('d', `value * ${weight(' + 3 * taps')}`)};
          }
        }
        values[to + f] = ${finish('a', 'row + f')};
        values[to + f + 1] = ${finish('b', 'row + f + 1')};
        values[to + f + 2] = ${finish('c', 'row + f + 2')};
        values[to + f + 3] = ${finish('d', 'row + f + 3')};
      }
      for (; f < filters; f++) {
        let sum = 0;
        let w = weight + f * taps;
        for (let tap = 0, at = start; tap < kernel; tap++, at += line) {
          for (let i = at; i < at + run; i++, w++) ${add('sum', `values[i]${sure} * ${weight('')}`)};
        }
        values[to + f] = ${finish('sum', 'row + f')};
      }
    }
  }

  /** One image through the network: ${name}. */
  function run()${nothing} {
${plan.steps.map((step) => `    ${callText(step, parameters[step.kind])};`).join('\n')}
  }

  return { x: values.subarray(${plan.image}), y: values.subarray(${plan.outputs}), run };`;
}

const finish8 = (sure: string, number: string): string => `  /**
   * A row's sum of products as eight bits, of which \`zero\` stands for 0: rescaled with two roundings, of the product and
   * of the shift, then saturated.
   */
  function finish(products${number}, row${number}, zero${number})${number} {
    let sum = products + biases[row]${sure};
    const multiplier = multipliers[row]${sure};
    const shift = shifts[row]${sure};
${rescaleLines('    ')}
    return scaled;
  }`;

const finish16 = (
  sure: string,
  number: string,
): string => `  const scales = Float64Array.from(shifts, (shift) => 2 ** -shift);

  /** A row's sum of products, which is far below 2 ** 53, as sixteen bits: shifted with rounding, then saturated. */
  function finish(products${number}, row${number})${number} {
    return Math.max(-32768, Math.min(32767, Math.floor((products + biases[row]${sure}) * scales[row]${sure} + 0.5)));
  }`;

const meanOfSixteen = ([a, b, c, d]: Corners): readonly string[] => [
  `const sum = ${a} + ${b} + ${c} + ${d};`,
  'values[to++] = (sum + 2) >> 2;',
];

const meanOfEight = (corners: Corners): readonly string[] => [
  meanOfSixteen(corners)[0]!,
  'values[to++] = sum < 0 ? -((2 - sum) >> 2) : (sum + 2) >> 2;',
];

function prepared(eight: boolean, tabled: boolean, sure: string): string {
  const indent = '          ';
  if (eight) return `${indent}values[at++] = ${tabled ? `table < 0 ? sum : tables[table + sum + 128]${sure}` : 'sum'};`;
  if (!tabled) return `${indent}values[at++] = Math.max(minimum, Math.min(maximum, sum));`;
  return [
    'const entry = (sum >> 8) + 128;',
    `const left = tables[entry]${sure};`,
    `values[at++] = left + (((tables[entry + 1]${sure} - left) * (sum & 255) + 128) >> 8);`,
  ]
    .map((line) => `${indent}${line}`)
    .join('\n');
}

function callText(step: IntegerStep, parameters: readonly string[]): string {
  const values: Readonly<Record<string, number>> = step as never;
  return `${step.kind}(${parameters.map((name) => values[name]!).join(', ')})`;
}
