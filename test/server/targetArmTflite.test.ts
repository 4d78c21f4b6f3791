/** The `.tflite` files of the ARM target, run by Google's runtime. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isCnnInput } from '../../engine/emit/target.ts';
import { int8Tflite } from '../../engine/emit/tflite/integers.ts';
import { runQuantisedCnn } from '../../engine/quantise/cnn/quantise.ts';
import { enterRows } from '../../engine/quantise/grid.ts';
import { isQuantisedCnn } from '../../engine/quantise/models.ts';
import { runQuantised } from '../../engine/quantise/quantise.ts';
import { referenceOutputs } from '../unit/emitCnnHelpers.ts';
import { array, category, largestDifference, number } from '../unit/emitHelpers.ts';
import { armCase, armCases, cnnCases, perceptronCases, rowsOf, tfliteOf } from './armSupport.ts';
import { loadTflite } from './liteRt.ts';

describe('TensorFlow Lite runs the .tflite file', () => {
  const checked = 40;

  test('float32, in every activation', async () => {
    for (const own of perceptronCases.filter(({ name }) => name.endsWith('_float') && !/^(mixed|far)/.test(name))) {
      const model = await loadTflite(tfliteOf(own));
      const width = own.input.encoding.inputs.length;
      const outputs = new Float64Array(checked * own.input.encoding.outputs.length);
      for (let row = 0; row < checked; row++) {
        const [values] = await model.run(Float32Array.from(own.rows.subarray(row * width, (row + 1) * width)));
        outputs.set(values!, row * values!.length);
      }
      const difference = largestDifference(own.input, own.rows.subarray(0, checked * width), outputs);
      assert.ok(difference < 1e-4, `${own.name}: ${difference}`);
    }
  });

  test('float32, convolutional networks', async () => {
    for (const { name, input, rows } of cnnCases.filter((own) => own.name.endsWith('_float'))) {
      assert.ok(isCnnInput(input));
      const model = await loadTflite(tfliteOf({ input }));
      const { inputs, loss } = input.encoding;
      const images = rows.subarray(0, rows.length - inputs.length);
      const wanted = referenceOutputs(input, images);
      const { outputs } = input.network.topology;
      for (let row = 0; row < images.length / inputs.length; row++) {
        const image = images.subarray(row * inputs.length, (row + 1) * inputs.length);
        const [values, probabilities] = await model.run(Float32Array.from(image));
        values!.forEach((value, o) => {
          const exact = wanted[row * outputs + o]!;
          const own = loss === 'mse' ? (value - 3) / 2 : value;
          assert.ok(Math.abs(own - exact) < 1e-4, `${name}, row ${row}: ${own}, not ${exact}`);
        });
        assert.equal(probabilities?.length, loss === 'mse' ? undefined : outputs);
      }
    }
  });

  test('softmax where a category is the result', async () => {
    const own = armCase(
      'grade',
      {
        parameters: [{ name: 'x', shape: array('Array', 5, number) }],
        result: category('low', 'middle', 'high'),
        hidden: [14, 9],
        activation: 'tanh',
      },
      'float',
    );
    const input = { ...own.input, encoding: { ...own.input.encoding, loss: 'softmax-cross-entropy' as const } };
    const model = await loadTflite(tfliteOf({ ...own, input }));
    const [scores, probabilities] = await model.run(Float32Array.from(own.rows.subarray(0, 5)));
    const exponentials = Array.from(scores!, Math.exp);
    const sum = exponentials.reduce((a, b) => a + b);
    exponentials.forEach((value, index) => {
      assert.ok(Math.abs(probabilities![index]! - value / sum) < 1e-5);
    });
  });

  test('int8, perceptrons and convolutional networks: the interpreter’s integers, or a few steps beside', async (context) => {
    let [same, all] = [0, 0];
    for (const own of armCases.filter(({ name }) => name.endsWith('_int8'))) {
      const { quantised, encoding } = own.input;
      assert.ok(quantised?.kind === 'int8');
      // The runtime for JavaScript takes no int8 tensors: the same operators between float32 ports.
      const model = await loadTflite(int8Tflite('', quantised, 'float32'));
      const count = Math.min(checked, rowsOf(own));
      const columns = enterRows(own.rows, count, encoding, quantised.input);
      const wanted = isQuantisedCnn(quantised)
        ? runQuantisedCnn(quantised, columns, count)
        : runQuantised(quantised, columns, count);
      const { input: from, output: to } = quantised;
      for (let row = 0; row < count; row++) {
        const start = row * encoding.inputColumns;
        const integers = columns.subarray(start, start + encoding.inputColumns);
        const [values] = await model.run(Float32Array.from(integers, (value) => (value - from.zero) * from.scale));
        values!.forEach((value, o) => {
          const integer = Math.round(value / to.scale) + to.zero;
          const difference = Math.abs(integer - wanted[row * encoding.outputColumns + o]!);
          assert.ok(difference <= 2, `${own.name}, row ${row}: off by ${difference}`);
          same += difference === 0 ? 1 : 0;
          all++;
        });
      }
    }
    context.diagnostic(`${same} of ${all} the same`);
    assert.ok(same / all > 0.95, `${same} of ${all}`);
  });
});
