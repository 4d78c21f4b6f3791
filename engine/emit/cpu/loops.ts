/**
 * Larger networks where there is no WebAssembly: loops over weights that are embedded as float32 and decoded
 * once. Inputs are normalised explicitly, so that float32 weights lose nothing.
 */
import type { Network } from '../../types.ts';
import { claimName } from '../names.ts';
import type { EmitInput } from '../target.ts';
import { activateText } from './activate.ts';
import { closeFrame, openFrame } from './frame.ts';
import { encodeInputs } from './inputs.ts';
import { returnOutputs } from './outputs.ts';

export interface LoopCode {
  /** The exported function. */
  readonly single: string;
  /** What it needs, for further down the file. */
  readonly support: string;
}

/** `names.decode` and `names.weights` are the module's base64 decoder and weight text. */
export function emitLoops(
  input: EmitInput,
  network: Network,
  moduleNames: Set<string>,
  names: { readonly decode: string; readonly weights: string },
): LoopCode {
  const claim = (wanted: string) => claimName(moduleNames, wanted);
  const [values, ahead, behind, dense, activate] = ['parameters', 'ahead', 'behind', 'dense', 'activate'].map(claim);
  const widths = network.topology.widths;
  const frame = openFrame(input, moduleNames, () => true);
  const body = encodeInputs(frame, ahead!);
  let [from, to] = [ahead!, behind!];
  let at = 0;
  widths.slice(1).forEach((outputs, layer) => {
    const inputs = widths[layer]!;
    body.push(`  ${dense}(${from}, ${to}, ${inputs}, ${outputs}, ${at});`);
    if (layer < widths.length - 2) body.push(`  ${activate}(${to}, ${outputs});`);
    at += (inputs + 1) * outputs;
    [from, to] = [to, from];
  });
  body.push(...returnOutputs(frame, from));
  const support = [
    supportText(input, network, { ...names, values: values!, ahead: ahead!, behind: behind!, dense: dense! }),
    ...(widths.length > 2 ? [activateText(activate!, network.topology.activation, input)] : []),
  ];
  const summary = `\`${input.regionName}\` where there is no kernel.`;
  return { single: closeFrame(frame, body, { summary, local: true }), support: support.join('\n\n') };
}

interface SupportNames {
  readonly decode: string;
  readonly weights: string;
  readonly values: string;
  readonly ahead: string;
  readonly behind: string;
  readonly dense: string;
}

function supportText(input: EmitInput, network: Network, names: SupportNames): string {
  const typed = input.language === 'typescript';
  const [sure, array, number, nothing] = typed ? ['!', ': Float64Array', ': number', ': void'] : ['', '', '', ''];
  const widest = Math.max(...network.topology.widths);
  const { decode, weights, values, ahead, behind, dense } = names;
  return `/** Layer after layer: weights (inputs, outputs), then biases. The text holds float32 values, lowest byte first. */
const ${values} = (() => {
  const view = new DataView(${decode}(${weights}).buffer);
  const values = new Float64Array(view.byteLength / 4);
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(4 * i, true);
  return values;
})();

/** Scratch for two layers, reused by every call: a call runs to its end before the next one starts. */
const ${ahead} = new Float64Array(${widest});
const ${behind} = new Float64Array(${widest});

/** y = x w + bias, with the layer's weights from \`at\` on; four outputs at a time share the loads of x. */
function ${dense}(x${array}, y${array}, inputs${number}, outputs${number}, at${number})${nothing} {
  const bias = at + inputs * outputs;
  let o = 0;
  for (; o + 4 <= outputs; o += 4) {
    let a = ${values}[bias + o]${sure};
    let b = ${values}[bias + o + 1]${sure};
    let c = ${values}[bias + o + 2]${sure};
    let d = ${values}[bias + o + 3]${sure};
    for (let i = 0, w = at + o; i < inputs; i++, w += outputs) {
      const value = x[i]${sure};
      a += value * ${values}[w]${sure};
      b += value * ${values}[w + 1]${sure};
      c += value * ${values}[w + 2]${sure};
      d += value * ${values}[w + 3]${sure};
    }
    y[o] = a;
    y[o + 1] = b;
    y[o + 2] = c;
    y[o + 3] = d;
  }
  for (; o < outputs; o++) {
    let sum = ${values}[bias + o]${sure};
    for (let i = 0, w = at + o; i < inputs; i++, w += outputs) sum += x[i]${sure} * ${values}[w]${sure};
    y[o] = sum;
  }
}`;
}
