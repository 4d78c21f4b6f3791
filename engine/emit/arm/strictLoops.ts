/** The layers of floatLayers.ts as TypeScript or JavaScript: every product and every sum is rounded to float32. */
import type { Network } from '../../types.ts';
import { activationSteps, argument, strictTypeScript } from '../activationSteps.ts';
import { closeFrame, type FrameOptions, openFrame } from '../cpu/frame.ts';
import { encodeInputs } from '../cpu/inputs.ts';
import type { LoopCode } from '../cpu/loops.ts';
import { returnOutputs } from '../cpu/outputs.ts';
import { claimName } from '../names.ts';
import type { EmitInput } from '../target.ts';
import { encodeBase64, float32Bytes } from '../text.ts';

/** `decode` is the module's base64 decoder. */
export function emitStrictLoops(
  input: EmitInput,
  { topology, weights }: Network,
  moduleNames: Set<string>,
  decode: string,
  options: FrameOptions,
): LoopCode {
  const claim = (wanted: string) => claimName(moduleNames, wanted);
  const names = {
    parameters: claim('parameters'),
    ahead: claim('ahead'),
    behind: claim('behind'),
    dense: claim('dense'),
    activate: claim('activate'),
    fround: claim('fround'),
  };
  const { widths, activation } = topology;
  const steps = widths.length > 2 ? activationSteps[activation] : [];
  const activated = steps.length > 0;
  const frame = openFrame(input, moduleNames, () => true);
  const body = encodeInputs(frame, names.ahead);
  let [from, to] = [names.ahead, names.behind];
  let at = 0;
  widths.slice(1).forEach((outputs, layer) => {
    const inputs = widths[layer]!;
    const last = activated ? [layer < widths.length - 2 ? 'true' : 'false'] : [];
    body.push(`  ${names.dense}(${[from, to, inputs, outputs, at, ...last].join(', ')});`);
    at += (inputs + 1) * outputs;
    [from, to] = [to, from];
  });
  body.push(...returnOutputs(frame, from));

  const typed = input.language === 'typescript';
  const [sure, array, number, boolean, nothing] = typed
    ? ['!', ': Float32Array', ': number', ': boolean', ': void']
    : ['', '', '', '', ''];
  const { parameters, ahead, behind, dense, activate, fround } = names;
  const widest = Math.max(...widths);
  // As the C file has them: values that NEON takes for 0 are 0.
  const kept = weights.map((weight) => (Math.abs(weight) < 2 ** -126 ? 0 : weight));
  const support = [
    `const ${fround} = Math.fround;

/** Layer after layer: weights (inputs, outputs), then biases. The text holds float32 values, lowest byte first. */
const ${parameters} = (() => {
  const view = new DataView(${decode}('${encodeBase64(float32Bytes(kept))}').buffer);
  return Float32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
})();

/** Scratch for two layers, reused by every call: a call runs to its end before the next one starts. */
const ${ahead} = new Float32Array(${widest});
const ${behind} = new Float32Array(${widest});`,
    `/** y = x w + bias in float32, each sum from its bias on, input by input. */
function ${dense}(x${array}, y${array}, inputs${number}, outputs${number}, at${number}${activated ? `, hidden${boolean}` : ''})${nothing} {
  for (let o = 0; o < outputs; o++) {
    let sum${number} = ${parameters}[at + inputs * outputs + o]${sure};
    for (let i = 0, w = at + o; i < inputs; i++, w += outputs) sum = ${fround}(sum + ${fround}(x[i]${sure} * ${parameters}[w]${sure}));
    y[o] = ${activated ? `hidden ? ${activate}(sum) : sum` : 'sum'};
  }
}`,
    ...(activated
      ? [
          `function ${activate}(${argument}${number})${number} {
${strictTypeScript(steps, fround, '  ').join('\n')}
  return ${steps.at(-1)!.name};
}`,
        ]
      : []),
  ];
  return { single: closeFrame(frame, body, options), support: support.join('\n\n') };
}
