/**
 * The steps of a convolutional network in the language of the file itself: engine/emit/kernels/cnn.ts without SIMD. Every
 * product and every sum is rounded to float32 in the kernel's order, so that both give the same bits.
 */
import type { CnnNetwork } from '../../../types.ts';
import { activationSteps, argument, strictTypeScript } from '../../activationSteps.ts';
import type { CnnPlan } from '../../cnn/plan.ts';
import type { EmitInput } from '../../target.ts';
import { averageText, type Corners, largestText } from './pooling.ts';
import { activationNumber, type StepNames, stepParameters, usedSteps } from './steps.ts';

export function plainKernelText(input: EmitInput<CnnNetwork>, plan: CnnPlan, names: StepNames): string {
  const { language, network } = input;
  const { activation } = network.topology;
  const { fround, activate } = names;
  const typed = language === 'typescript';
  const [sure, number, nothing] = typed ? ['!', ': number', ': void'] : ['', '', ''];
  const linear = activation === 'linear';
  const head = (step: keyof typeof stepParameters) => {
    const names = stepParameters[step].map((name) => (linear && name === 'activation' ? `_${name}` : name));
    const parameters = names.map((name) => `${name}${number}`);
    return `  function ${step}(${parameters.join(', ')})${nothing} {`;
  };
  const none = activationNumber('linear');
  const normalised = `${fround}(${fround}(values[pixel + c]${sure} * values[table + c]${sure}) + values[shift + c]${sure})`;
  const used = usedSteps(plan);
  const mean = ([a, b, c, d]: Corners) => [
    `const top = ${fround}(${a} + ${b});`,
    `const bottom = ${fround}(${c} + ${d});`,
    `values[to++] = ${fround}(top + bottom) * 0.25;`,
  ];
  const product = (lane: number) => `${fround}(value * values[w${lane === 0 ? '' : ` + ${lane}`}]${sure})`;
  const kernel = `function ${names.plain}()${typed ? `: ${names.type}` : ''} {
  const values = new Float32Array(${plan.size});
  const view = new DataView(${names.decode}(${names.weights}).buffer);
  for (let i = 0; i < ${plan.parameters.length}; i++) values[i] = view.getFloat32(4 * i, true);

  /** to = activation(scale * source + shift), with margins of zeros at both ends of each row. */
${head('normalize')}
    const shift = table + ((channels + 3) & ~3);
    const ends = margin * channels;
    values.fill(0, to, to + ends);
    let at = to + ends;
    let pixel = source;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        for (let c = 0; c < channels; c++) {
${
  linear
    ? `          values[at++] = ${normalised};`
    : `          const sum = ${normalised};
          values[at++] = activation === ${none} ? sum : ${activate}(sum);`
}
        }
        pixel += stride;
      }
      values.fill(0, at, at + 2 * ends);
      at += 2 * ends;
    }
  }

${used.includes('average') ? `${averageText(head('average'), sure, mean)}\n\n` : ''}${largestText(head('largest'), sure)}

  /** Weights are groups of up to twelve filters, padded to whole fours: bias, then (kernel, kernel, channels, group). */
${head('convolve')}
    const margin = (kernel - 1) >> 1;
    const run = kernel * channels;
    const row = (width + 2 * margin) * channels;
    let bias = weights;
    for (let first = 0; first < filters; first += 12) {
      const lanes = (Math.min(12, filters - first) + 3) & ~3;
      for (let line = 0; line < height; line++) {
        const above = Math.max(0, margin - line);
        const below = Math.min(kernel, height + margin - line);
        for (let column = 0; column < width; column++) {
          for (let lane = 0; lane < lanes; lane += 4) {
            let a = values[bias + lane]${sure};
            let b = values[bias + lane + 1]${sure};
            let c = values[bias + lane + 2]${sure};
            let d = values[bias + lane + 3]${sure};
            for (let tap = above; tap < below; tap++) {
              let at = x + (line + tap - margin) * row + column * channels;
              let w = bias + lanes + tap * run * lanes + lane;
              for (const end = at + run; at < end; at++) {
                const value = values[at]${sure};
                a = ${fround}(a + ${product(0)});
                b = ${fround}(b + ${product(1)});
                c = ${fround}(c + ${product(2)});
                d = ${fround}(d + ${product(3)});
                w += lanes;
              }
            }
            const to = y + (line * width + column) * stride + first + lane;
            values[to] = a;
            values[to + 1] = b;
            values[to + 2] = c;
            values[to + 3] = d;
          }
        }
      }
      bias += lanes + kernel * run * lanes;
    }
  }

  const x = values.subarray(${plan.image});
  const y = values.subarray(${plan.outputs});
  const steps = { ${used.join(', ')} };
  return { x, y, run: () => ${names.run}(steps) };
}`;
  const activateText = `function ${activate}(${argument}${number})${number} {
${strictTypeScript(activationSteps[activation], fround, '  ').join('\n')}
  return ${activationSteps[activation].at(-1)?.name};
}`;
  return [`const ${fround} = Math.fround;`, kernel, ...(linear ? [] : [activateText])].join('\n\n');
}
