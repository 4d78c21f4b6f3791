/** ONNX files run in ONNX Runtime and answer what the reference does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onnxModel } from '../../engine/emit/onnx/onnx.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { cnnName } from '../../engine/nn/cnn/template.ts';
import { activations, type CnnTopology } from '../../engine/types.ts';
import { cnnTopologyWith, layersOf } from './cnnHelpers.ts';
import { emitCnnInputOf, rawImages, referenceOutputs } from './emitCnnHelpers.ts';
import { boolean, category, emitInputOf, number, randomRows, referenceColumns } from './emitHelpers.ts';
import { onnxRuntime } from './onnxRuntime.ts';

async function run({ regionName, network, encoding }: EmitInput, inputs: Float64Array) {
  const { InferenceSession, Tensor } = onnxRuntime;
  const session = await InferenceSession.create(onnxModel({ name: regionName, network, encoding }));
  const columns = Float32Array.from(inputs);
  const rows = columns.length / encoding.inputColumns;
  return session.run({ inputs: new Tensor('float32', columns, [rows, encoding.inputColumns]) });
}

function assertClose(expected: ArrayLike<number>, actual: ArrayLike<number>, message: string): void {
  assert.equal(actual.length, expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  const difference = Math.max(...Array.from(expected, (value, index) => Math.abs(value - actual[index]!)));
  assert.ok(difference < 1e-4 * scale, `${message}: off by ${difference}, values up to ${scale}`);
}

for (const activation of activations) {
  test(`a perceptron with ${activation}, of numbers, booleans and categories`, async () => {
    const input = emitInputOf({
      parameters: [
        { name: 'spot', shape: number },
        { name: 'deep', shape: boolean },
        { name: 'kind', shape: category('a', 'b', 'c') },
      ],
      result: { kind: 'tuple', elements: [number, category('x', 'y')] },
      hidden: [7, 5],
      activation,
      seed: 2,
    });
    const rows = randomRows(input, 20, 3);
    const expected: number[] = [];
    const columns: number[] = [];
    for (let at = 0; at < rows.length; at += 3) {
      const row = rows.subarray(at, at + 3);
      const [first, ...logits] = referenceColumns(input, row);
      expected.push(20 + 12 * first!, ...logits);
      columns.push(row[0]!, row[1]!, ...[0, 1, 2].map((value) => Number(row[2] === value)));
    }
    const { outputs } = await run(input, Float64Array.from(columns));
    assertClose(expected, outputs!.data, activation);
  });
}

const shapes: readonly Partial<CnnTopology>[] = [
  { kernel: 5, height: 9, width: 7, channels: 3, activation: 'selu' },
  { blocks: 3, layers: 7, height: 13, width: 11, activation: 'hard-sigmoid' },
  { bottleneck: true, compression: 0.5, layers: layersOf({ blocks: 2, perBlock: 2, bottleneck: true }) },
  { layers: 6, filters: [5, 3, 7, 2], activation: 'relu' },
];

for (const shape of shapes) {
  const topology = cnnTopologyWith(shape);
  test(`${cnnName(topology)}, ${topology.activation}, with its probabilities`, async () => {
    const input = emitCnnInputOf({ topology, classes: ['a', 'b', 'c'] });
    const raw = rawImages(input, 5);
    const expected = referenceOutputs(input, raw);
    const { outputs, probabilities } = await run(input, raw);
    assertClose(expected, outputs!.data, 'outputs');
    const shares: number[] = [];
    for (let row = 0; row < 5; row++) {
      const own = Array.from(expected.subarray(3 * row, 3 * row + 3));
      const exponentials = own.map((value) => Math.exp(value - Math.max(...own)));
      const sum = exponentials.reduce((total, value) => total + value, 0);
      shares.push(...exponentials.map((value) => value / sum));
    }
    assertClose(shares, probabilities!.data, 'probabilities');
  });
}
