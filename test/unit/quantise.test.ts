/** Networks in integers: how close they come, what they take, and the interpreter's every step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activationFunctions } from '../../engine/nn/activations.ts';
import { initialise, parameterCount, predict } from '../../engine/nn/network.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import {
  type Fixed16Network,
  interpolate,
  quantiseFixed16,
  runFixed16,
  tableFor,
} from '../../engine/quantise/fixed16.ts';
import { enterColumns, enterRows, grid8, grid16, leave, leaveRows } from '../../engine/quantise/grid.ts';
import { hiddenGrids, type Int8Network, runInt8 } from '../../engine/quantise/int8.ts';
import {
  float32Bytes,
  integerFormats,
  type QuantisedNetwork,
  quantise,
  quantisedBytes,
  runQuantised,
} from '../../engine/quantise/quantise.ts';
import { type Activation, activations, type Encoding, type Network } from '../../engine/types.ts';
import { randomValues } from './nnHelpers.ts';

const count = 1000;
const inputs = randomValues(count * 4, 5);

function networkOf(activation: Activation, widths: readonly number[] = [4, 16, 8, 2]): Network {
  const topology = { widths, activation };
  return { topology, weights: initialise(topology, 3).map((w, k) => w * 1.5 || ((k % 7) - 3) / 10) };
}

/** RMSE of the dequantised outputs as a share of the range of the exact ones. */
function errorOf(network: Network, quantised: QuantisedNetwork): number {
  const exact = predict(network, inputs, count);
  const outputs = runQuantised(quantised, enterColumns(inputs, quantised.input), count);
  let squares = 0;
  outputs.forEach((integer, k) => {
    squares += (leave(integer, quantised.output) - exact[k]!) ** 2;
  });
  const range = exact.reduce((a, b) => Math.max(a, b)) - exact.reduce((a, b) => Math.min(a, b));
  return Math.sqrt(squares / outputs.length) / range;
}

/** Of the range of the outputs. A uniform error of one step in 256 alone has an RMSE of 0.11 %. */
const bounds = { int8: 0.006, fixed16: 0.0002 };

for (const activation of activations) {
  for (const format of integerFormats) {
    test(`${activation}, ${format}: close to the network in single precision`, () => {
      const network = networkOf(activation);
      const error = errorOf(network, quantise(network, format, calibrate(network, inputs, count)));
      assert.ok(error > 0 && error < bounds[format], `error ${error}`);
    });
  }
}

test('arguments at which an activation is flat take no part of a table, wherever all of them lie', () => {
  // 8 is where all that sixteen bits can tell ends, and three bits before the point.
  const cases: [Activation, number, number, sumBits: number][] = [
    ['tanh', -2, 30, 12],
    ['tanh', 20, 30, 12],
    ['sigmoid', -30, -20, 12],
    ['elu', -30, -20, 12],
    ['elu', 20, 30, 10],
  ];
  for (const [activation, min, max, sumBits] of cases) {
    assert.equal(tableFor(activation, [{ min, max }]).sumBits, sumBits, `${activation} of ${min} to ${max}`);
  }
});

test('the bytes are those of all constants', () => {
  const bytes = (activation: Activation) => {
    const network = networkOf(activation);
    const calibration = calibrate(network, inputs, count);
    return integerFormats.map((format) => quantisedBytes(quantise(network, format, calibration)));
  };
  const [weights, neurons] = [4 * 16 + 16 * 8 + 8 * 2, 16 + 8 + 2];
  assert.deepEqual(bytes('relu'), [weights + 9 * neurons, 2 * weights + 4 * neurons]);
  assert.deepEqual(bytes('tanh'), [weights + 9 * neurons + 2 * 256, 2 * weights + 4 * neurons + 2 * 257]);
  const { topology } = networkOf('relu');
  assert.equal(float32Bytes(topology), 4 * parameterCount(topology));
});

const grid = (scale: number, zero: number) => ({ scale, zero, minimum: -128, maximum: 127 });

test('int8: every step of a layer, by hand', () => {
  const layer = {
    inputs: 2,
    outputs: 2,
    weights: Int8Array.of(100, -50, 127, 127),
    weightScales: Float32Array.of(0.01, 0.01),
    bias: Int32Array.of(30, -7),
    // 3/4 / 2^5, and 1/2 * 2^1.
    multipliers: Int32Array.of(3 * 2 ** 29, 2 ** 30),
    shifts: Int8Array.of(-5, 1),
    input: grid(0.5, 3),
    sums: grid(0.1, -10),
    output: grid(0.1, -10),
  };
  const network: Int8Network = {
    kind: 'int8',
    topology: { widths: [2, 2], activation: 'linear' },
    layers: [layer],
    input: layer.input,
    output: layer.output,
  };
  // acc[0] = 30 + (13 - 3) 100 - (-7 - 3) 50 = 1530; 1530 * 3/4 = 1147.5 -> 1148; 1148 / 32 = 35.875 -> 36; 36 - 10.
  // acc[1] = -7 + 10 * 127 - 10 * 127 = -7; -7 * 2 = -14; -14 / 2 = -7; -7 - 10.
  assert.deepEqual([...runInt8(network, [13, -7], 1)], [26, -17]);
  // acc[1] = -7 + 124 * 127 * 2: far above the grid.
  assert.equal(runInt8(network, [127, 127], 1)[1], 127);
  const table = Int8Array.from({ length: 256 }, (_, index) => 127 - index);
  const tabled = { ...network, layers: [{ ...layer, table }] };
  assert.deepEqual([...runInt8(tabled, [13, -7], 1)], [-27, 16]);
});

test('16 bits: every step of a layer, by hand', () => {
  const layer = {
    inputs: 2,
    outputs: 1,
    weights: Int16Array.of(20000, -3),
    bias: Int32Array.of(40),
    inputBits: 4,
    weightBits: 10,
    sumBits: 8,
    shift: 6,
    minimum: 0,
    maximum: 256,
    usesTable: false,
  };
  const network = (changes: Partial<typeof layer>, more: Partial<Fixed16Network> = {}): Fixed16Network => ({
    kind: 'fixed16',
    topology: { widths: [2, 1], activation: 'hard-sigmoid' },
    layers: [{ ...layer, ...changes }],
    input: grid16(4),
    output: grid16(8),
    ...more,
  });
  const free = { minimum: -32768, maximum: 32767 };
  // 40 + 20000 + 3 * 5 = 20055; (20055 + 32) >> 6 = 313.
  assert.deepEqual([...runFixed16(network(free), [1, -5], 1)], [313]);
  assert.deepEqual([...runFixed16(network({}), [1, -5], 1)], [256], 'the bounds');
  assert.deepEqual([...runFixed16(network({}), [-1, 0], 1)], [0], 'the bounds');
  assert.deepEqual([...runFixed16(network(free), [32767, 0], 1)], [32767], 'saturation');
  // 40 - 20000 = -19960; (-19960 + 32) >> 6 = -311.375 downwards.
  assert.deepEqual([...runFixed16(network(free), [-1, 0], 1)], [-312]);
  const table = { values: Int16Array.from({ length: 257 }, (_, index) => index * 100 - 12800), bits: 8 };
  // 313 = 256 + 57: between 100 and 200, at 57/256 -> 22.27.
  assert.deepEqual([...runFixed16(network({ ...free, usesTable: true }, { table }), [1, -5], 1)], [122]);
  // At 58/256 it is 22.66.
  assert.equal(interpolate(table.values, 256 + 58), 123);
  // 40 * 2^3: a shift to the left.
  assert.deepEqual([...runFixed16(network({ ...free, shift: -3 }), [0, 0], 1)], [320]);
});

for (const activation of ['tanh', 'sigmoid', 'elu', 'softplus', 'selu'] as const) {
  test(`${activation}: the table of 16 bits is a straight line between 257 points`, () => {
    const network = networkOf(activation);
    const { table, layers } = quantiseFixed16(network, calibrate(network, inputs, count));
    const { sumBits } = layers[0]!;
    const { value } = activationFunctions[activation];
    // h² / 8 times the largest second derivative (about 1, selu 1.76), and half a step of either format.
    const width = 256 / 2 ** sumBits;
    const bound = (1.8 * width ** 2) / 8 + 2 ** -table!.bits;
    for (let sum = -32768; sum < 32768; sum += 37) {
      const difference = interpolate(table!.values, sum) / 2 ** table!.bits - value(sum / 2 ** sumBits);
      assert.ok(Math.abs(difference) < bound, `${difference} at ${sum}`);
    }
  });
}

test('networks at the edge quantise to finite numbers', () => {
  const cases: readonly (readonly [string, Network])[] = [
    ['no hidden layer', networkOf('tanh', [4, 3])],
    ['all zero', { ...networkOf('relu'), weights: new Float32Array(networkOf('relu').weights.length) }],
    ['dead neurons', { ...networkOf('relu'), weights: networkOf('relu').weights.map((w) => -Math.abs(w)) }],
    ['huge weights', { ...networkOf('tanh'), weights: networkOf('tanh').weights.map((w) => w * 1e5) }],
    ['tiny weights', { ...networkOf('softplus'), weights: networkOf('softplus').weights.map((w) => w * 1e-7) }],
    [
      'biases alone',
      { topology: { widths: [4, 1, 1], activation: 'elu' }, weights: Float32Array.of(0, 0, 0, 0, 900, 0, -3) },
    ],
    [
      'a bias far beyond the steps of its weights',
      { topology: { widths: [4, 1, 1], activation: 'relu' }, weights: Float32Array.of(1e-9, 0, 0, 0, 900, 1, -3) },
    ],
  ];
  for (const [name, network] of cases) {
    const exact = predict(network, inputs, count);
    const largest = exact.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    for (const format of integerFormats) {
      const quantised = quantise(network, format, calibrate(network, inputs, count));
      const outputs = runQuantised(quantised, enterColumns(inputs, quantised.input), count);
      const squares = Array.from(outputs, (integer, k) => (leave(integer, quantised.output) - exact[k]!) ** 2);
      const error = Math.sqrt(squares.reduce((a, b) => a + b) / count);
      assert.ok(error <= 0.15 * largest, `${name}, ${format}: ${error} of ${largest}`);
    }
  }
});

test('grids contain 0 and both ends of their range', () => {
  for (const [min, max] of [
    [-1, 1],
    [0, 5],
    [2, 3],
    [-7, -6],
    [-0.001, 900],
    [0, 0],
  ] as const) {
    const { scale, zero } = grid8({ min, max });
    assert.ok(Number.isInteger(zero) && zero >= -128 && zero <= 127 && scale === Math.fround(scale));
    assert.ok((-128 - zero) * scale <= Math.min(0, min) + scale / 2 + 1e-9);
    assert.ok((127 - zero) * scale >= Math.max(0, max) - scale / 2 - 1e-9);
  }
});

test('values enter at the nearest step, halves upwards', () => {
  const steps = [0.09, 0.1, -0.1, 0.03125, -0.03125, 5000, -5000];
  assert.deepEqual([...enterColumns(steps, grid16(4))], [1, 2, -2, 1, 0, 32767, -32768]);
});

test("TANH and LOGISTIC have TensorFlow Lite's output grids, and no more of their arguments than they can tell", () => {
  const range = { min: -100, max: 100 };
  assert.deepEqual(hiddenGrids(range, 'tanh').output, grid(1 / 128, 0));
  assert.deepEqual(hiddenGrids(range, 'sigmoid').output, grid(1 / 256, -128));
  assert.equal(hiddenGrids(range, 'sigmoid').sums.scale, Math.fround(12 / 255));
});

test('raw slots enter and leave as their encoding says', () => {
  const encoding: Encoding = {
    inputs: [
      { kind: 'number', column: 0, offset: 100, scale: 50 },
      { kind: 'boolean', column: 1 },
      { kind: 'category', column: 2, values: ['a', 'b', 'c'] },
    ],
    outputs: [
      { kind: 'number', column: 0, offset: 10, scale: 4 },
      { kind: 'category', column: 1, values: ['x', 'y', 'z'] },
    ],
    inputColumns: 5,
    outputColumns: 4,
    loss: 'mse',
  };
  const input = grid8({ min: -1, max: 1 });
  const [minus, zero, one] = [-1, 0, 1].map((column) => enterColumns([column], input)[0]!);
  const raw = Float64Array.of(50, 1, 2, 150, 0, 0, 1000, 1, 1);
  assert.deepEqual(
    [...enterRows(raw, 3, encoding, input)],
    [minus, one, zero, zero, one, one, minus, one, zero, zero, 127, one, zero, one, zero],
  );
  const output = grid(0.25, -4);
  assert.deepEqual([...leaveRows([0, 5, 7, 7, -8, 3, -1, 2], 2, encoding, output)], [14, 1, 6, 0]);
});
