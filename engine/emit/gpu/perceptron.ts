/**
 * A perceptron as a compute shader: one invocation per row, its activations in registers. All invocations read the same
 * weight at the same time, which GPUs serve from a cache, four outputs to a vector. Rows lie side by side within a
 * column, so that neighbours read neighbouring values.
 */
import type { Network } from '../../types.ts';
import { activated, activationText } from './activation.ts';
import { bindings, type GpuProgram, workgroupSize } from './program.ts';

const vectors = (values: number): number => Math.ceil(values / 4);

/** WGSL promises this much memory of an invocation's own. */
const privateBytes = 8192;

/** Throws RangeError where a hidden layer is too wide for the memory of one invocation. */
export function perceptronProgram(network: Network): GpuProgram {
  const { widths, activation } = network.topology;
  const hidden = widths.slice(1, -1);
  const stored = 2 * 16 * Math.max(0, ...hidden.map(vectors));
  if (stored > privateBytes) {
    throw new RangeError(`A hidden layer of ${Math.max(...hidden)} neurons is too wide for a GPU's registers.`);
  }
  const inputs = widths[0]!;
  const outputs = widths.at(-1)!;
  return {
    kernels: ['rows'],
    shader: shaderText(network, hidden.length === 0 ? '' : activationText(activation, 'vec4f')),
    valuesPerRow: inputs + outputs,
    resultFrom: inputs,
    maxRows: 65536,
    parameters: (names, types) => packText(network, names, types),
    // rows, and where the outputs begin.
    steps: { kind: 'rows', uniforms: `[rows, ${inputs} * rows]` },
  };
}

function shaderText({ topology: { widths, activation } }: Network, activate: string): string {
  const hidden = widths.slice(1, -1);
  const widest = Math.max(0, ...hidden.map(vectors));
  let at = 0;
  const layers = widths.slice(1).map((outputs, layer) => {
    const inputs = widths[layer]!;
    const row = vectors(outputs);
    const bias = at + 4 * vectors(inputs) * row;
    const from = layer % 2 === 0 ? 'b' : 'a';
    const to = layer % 2 === 0 ? 'a' : 'b';
    const last = layer === hidden.length;
    const sum =
      layer === 0
        ? [
            `    for (var i = 0u; i < ${inputs}u; i++) { sum += memory[i * step.x + row] * parameters[${at}u + i * ${row}u + o]; }`,
          ]
        : [
            `    for (var i = 0u; i < ${vectors(inputs)}u; i++) {`,
            `      let h = ${from}[i];`,
            `      let w = ${at}u + i * ${4 * row}u + o;`,
            ...['x', 'y', 'z', 'w'].map((lane, index) => `      sum += h.${lane} * parameters[w + ${index * row}u];`),
            '    }',
          ];
    const store = last
      ? [
          `    for (var k = 0u; k < min(4u, ${outputs}u - 4u * o); k++) { memory[step.y + (4u * o + k) * step.x + row] = sum[k]; }`,
        ]
      : [`    ${to}[o] = ${activated(activation, 'sum')};`];
    at = bias + row;
    return [
      `  // ${inputs} -> ${outputs}`,
      `  for (var o = 0u; o < ${row}u; o++) {`,
      `    var sum = parameters[${bias}u + o];`,
      ...sum,
      ...store,
      '  }',
    ].join('\n');
  });
  const own = hidden.length === 0 ? [] : [`  var a: array<vec4f, ${widest}>;`, `  var b: array<vec4f, ${widest}>;`];
  return [
    bindings('vec4u'),
    ...(activate === '' ? [] : [activate]),
    [
      `@compute @workgroup_size(${workgroupSize})`,
      'fn rows(@builtin(global_invocation_id) id: vec3u) {',
      '  let row = id.x;',
      '  if (row >= step.x) { return; }',
      ...own,
      ...layers,
      '}',
    ].join('\n'),
  ].join('\n\n');
}

/** Source of the function that lays the weights out: rows of whole vectors, whole fours of rows, then the biases. */
function packText(
  { topology: { widths } }: Network,
  { parameters, decode, weights }: { readonly parameters: string; readonly decode: string; readonly weights: string },
  type: (text: string) => string,
): string {
  const pairs = widths.slice(1).map((outputs, layer) => [widths[layer]!, outputs] as const);
  const total = pairs.reduce((sum, [i, o]) => sum + (4 * vectors(i) + 1) * 4 * vectors(o), 0);
  const list = pairs.map(([inputs, outputs]) => `[${inputs}, ${outputs}]`).join(', ');
  return `/** The weights as the shader reads them: rows of whole vectors, whole fours of rows, then a row of biases. */
function ${parameters}()${type(': Float32Array<ArrayBuffer>')} {
  const raw = new DataView(${decode}(${weights}).buffer);
  const values = new Float32Array(${total});
  let from = 0;
  let to = 0;
  for (const [inputs, outputs] of [${list}]${type(' as const')}) {
    const row = (outputs + 3) & ~3;
    for (let i = 0; i <= inputs; i++) {
      if (i === inputs) to += (-inputs & 3) * row;
      for (let o = 0; o < outputs; o++, from += 4) values[to + o] = raw.getFloat32(from, true);
      to += row;
    }
  }
  return values;
}`;
}
