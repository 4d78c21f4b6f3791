/** Convolutional networks in integers: how close they come, what they take, and the interpreter's every step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { predictCnnReference } from '../../engine/nn/cnn/reference.ts';
import { cnnTemplate } from '../../engine/nn/cnn/template.ts';
import { calibrateCnn } from '../../engine/quantise/cnn/calibrate.ts';
import { type Fixed16Cnn, fixed16Arithmetic } from '../../engine/quantise/cnn/fixed16.ts';
import { type Int8Cnn, int8Arithmetic } from '../../engine/quantise/cnn/int8.ts';
import { quantiseCnn, quantisedCnnBytes, runQuantisedCnn } from '../../engine/quantise/cnn/quantise.ts';
import { enterColumns, grid16, leave } from '../../engine/quantise/grid.ts';
import { type IntegerFormat, integerFormats } from '../../engine/quantise/quantise.ts';
import { activations, type CnnTopology } from '../../engine/types.ts';
import { cnnTopologyWith, layersOf, unevenNetwork } from './cnnHelpers.ts';
import { randomValues } from './nnHelpers.ts';

const count = 40;

/** RMSE of the dequantised outputs as a share of the range of the exact ones, on images it was not calibrated on. */
function errorOf(topology: CnnTopology, format: IntegerFormat): number {
  const { network, images, calibration } = caseOf(topology);
  const exact = predictCnnReference(network, images, count);
  const quantised = quantiseCnn(network, format, calibration);
  const outputs = runQuantisedCnn(quantised, enterColumns(images, quantised.input), count);
  let squares = 0;
  outputs.forEach((integer, k) => {
    squares += (leave(integer, quantised.output) - exact[k]!) ** 2;
  });
  const range = exact.reduce((a, b) => Math.max(a, b)) - exact.reduce((a, b) => Math.min(a, b));
  return Math.sqrt(squares / outputs.length) / range;
}

function caseOf(topology: CnnTopology) {
  const network = unevenNetwork(topology, 3);
  // A variance is positive.
  const { convolutions, head } = cnnTemplate(topology);
  for (const step of [
    ...convolutions.flatMap((own) => (own.kind === 'initial' ? [] : [own.normalization])),
    head.normalization,
  ]) {
    for (let c = 0; c < step.channels; c++) network.statistics[step.variance + c] = 0.2 + ((c * 7) % 5) / 4;
  }
  const size = topology.height * topology.width * topology.channels;
  const images = randomValues(count * size, 5);
  const calibration = calibrateCnn(network, randomValues(200 * size, 8), 200);
  return { network, images, calibration };
}

const networks: readonly (readonly [string, CnnTopology])[] = [
  ...activations.map((activation) => [activation, cnnTopologyWith({ activation })] as const),
  [
    '5x5, odd sizes, two channels',
    cnnTopologyWith({ kernel: 5, height: 7, width: 9, channels: 2, activation: 'relu' }),
  ],
  [
    'BC',
    cnnTopologyWith({
      bottleneck: true,
      compression: 0.5,
      layers: layersOf({ blocks: 2, perBlock: 2, bottleneck: true }),
    }),
  ],
  ['pruned', cnnTopologyWith({ filters: [3, 1, 2, 4, 3, 1], activation: 'elu' })],
  ['three blocks', cnnTopologyWith({ blocks: 3, layers: 7, activation: 'selu' })],
];

/** Of the range of the outputs, which spread little here, so that a step of a map weighs more than in a trained network. */
const bounds = { int8: 0.02, fixed16: 0.002 };

for (const [name, topology] of networks) {
  for (const format of integerFormats) {
    test(`${name}, ${format}: close to the network in double precision`, () => {
      const error = errorOf(topology, format);
      assert.ok(error > 0 && error < bounds[format], `error ${error}`);
    });
  }
}

test('calibration walks as the reference does', () => {
  for (const [name, topology] of networks) {
    const { network, images } = caseOf(topology);
    const exact = predictCnnReference(network, images, count);
    const { outputs } = calibrateCnn(network, images, count);
    const range = { min: Math.min(...exact), max: Math.max(...exact) };
    assert.ok(Math.abs(outputs.min - range.min) < 1e-5 && Math.abs(outputs.max - range.max) < 1e-5, name);
  }
});

test('the bytes are those of all constants', () => {
  const bytes = (changes: Partial<CnnTopology>) => {
    const { network, calibration } = caseOf(cnnTopologyWith(changes));
    return integerFormats.map((format) => quantisedCnnBytes(quantiseCnn(network, format, calibration)));
  };
  // Blocks of 6 + 4 + 4 and 14 + 4 + 4 maps, a transition of 14 filters between them, 22 features to 3 outputs.
  const weights = 9 * 6 + 9 * 6 * 4 + 9 * 10 * 4 + 14 * 14 + 9 * 14 * 4 + 9 * 18 * 4 + 22 * 3;
  const filters = 6 + 4 + 4 + 14 + 4 + 4;
  const normalized = 6 + 10 + 14 + 14 + 18 + 22;
  const [int8, fixed16] = [
    weights + 9 * (filters + 3) + 10 * normalized,
    2 * weights + filters + 4 * 3 + 7 * normalized,
  ];
  assert.deepEqual(bytes({ activation: 'relu' }), [int8, fixed16]);
  assert.deepEqual(bytes({ activation: 'tanh' }), [int8 + 6 * 256, fixed16 + 2 * 257]);
});

/** One block of a single layer on images of 2 x 2, then a transition and another: every kind of step but a bottleneck. */
const tiny = cnnTopologyWith({
  ...{ height: 2, width: 2, channels: 1, outputs: 1, blocks: 2, layers: 6, initialFilters: 1, growth: 1 },
  ...{ filters: [1, 1, 1, 1], activation: 'relu' },
});

const middle = (weight: number) => [0, 0, 0, 0, weight, 0, 0, 0, 0];

test('int8: every step, by hand', () => {
  const grid = (zero: number) => ({ scale: 1, zero, minimum: -128, maximum: 127 });
  // Rescaling by 1 / 2^shift.
  const rows = (weights: readonly number[], bias: readonly number[], shift: number) => ({
    weights: Int8Array.from(weights),
    weightScales: Float32Array.from(bias, () => 2 ** -shift),
    bias: Int32Array.from(bias),
    multipliers: Int32Array.from(bias, () => 2 ** 30),
    shifts: Int8Array.from(bias, () => 1 - shift),
  });
  const network: Int8Cnn = {
    kind: 'int8',
    topology: tiny,
    input: grid(1),
    output: grid(-3),
    stages: [
      { input: grid(1), rows: rows(middle(3), [4], 1), output: grid(0) },
      {
        normalization: { ...rows([5], [1], 1), sums: grid(-128) },
        ...{ input: grid(-128), rows: rows(middle(-7), [-8], 3), output: grid(0) },
      },
      {
        normalization: { ...rows([2, -3], [0, 4], 0), sums: grid(0) },
        ...{ input: grid(0), rows: rows([3, 1], [0], 1), output: grid(0) },
      },
      {
        normalization: { ...rows([1], [0], 0), sums: grid(0) },
        ...{ input: grid(0), rows: rows(middle(127), [0], 0), output: grid(0) },
      },
      {
        normalization: { ...rows([1, 1], [0, 0], 0), sums: grid(0) },
        ...{ input: grid(0), rows: rows([1, -1], [7], 2), output: grid(-3) },
      },
    ],
  };
  const run = (...image: number[]) => [...runQuantisedCnn(network, image, 1)];
  // First maps: (4 + (x - 1) 3) / 2, halves upwards: 4 -> 6.5, so 7; 0 -> 0.5, so 1; -2 -> -2.5, so -2; 1 -> 2.
  // Normalised: (1 + 5 m) / 2 above -128: 18; 3; -4, which saturates at 0; 6.
  // Second maps: -8 - 7 n, halved and then divided by 4, halves away from zero: -17; -14.5 -> -14 -> -3.5, so -4; -1; -6.
  // Transition reads 2 m: 14, 2, -4, 4, mean 4; and 4 - 3 m: 55, 16, 7, 22, mean 25. Its map: (12 + 25) / 2 -> 19.
  // The last layer's: 19 * 127, which is 127. Output: -3 + (7 + 19 - 127) / 4: -50.5 -> -50 -> -25, so -28.
  assert.deepEqual(run(4, 0, -2, 1), [-28]);
  const { stages, mean } = int8Arithmetic(network, cnnTemplate(tiny));
  assert.deepEqual(
    [7, 0, -3, 2].map((map) => stages[1]!.prepare!(map, 0)),
    [-110, -127, -128, -122],
  );
  assert.deepEqual(
    [18, 1, 0, 6].map((n) => stages[1]!.finish(-7 * n, 0)),
    [-17, -2, -1, -6],
  );
  assert.deepEqual([94, -94, 12, 5, -5].map(mean), [24, -24, 3, 1, -1], 'halves away from zero');
  assert.deepEqual(
    [1e6, -1e6].map((sum) => stages[0]!.finish(sum, 0)),
    [127, -128],
    'saturation',
  );
  const table = Int8Array.from({ length: 256 }, (_, index) => 127 - index);
  const tabled = stages.map((_, index) => {
    const own = network.stages[index]!;
    return index === 1 ? { ...own, normalization: { ...own.normalization!, table } } : own;
  });
  const { stages: withTable } = int8Arithmetic({ ...network, stages: tabled }, cnnTemplate(tiny));
  assert.deepEqual(
    [7, 0, -3, 2].map((map) => withTable[1]!.prepare!(map, 0)),
    [109, 126, 127, 121],
    'the table',
  );
});

test('16 bits: every step, by hand', () => {
  const rows = (weights: readonly number[], bias: readonly number[], shift: number) => ({
    weights: Int16Array.from(weights),
    bias: Int32Array.from(bias),
    shifts: Int8Array.from(bias, () => shift),
    bits: bias.map(() => 8),
  });
  const relu = { minimum: 0, maximum: 32767 };
  const network: Fixed16Cnn = {
    kind: 'fixed16',
    topology: tiny,
    input: grid16(8),
    output: grid16(8),
    stages: [
      { rows: rows(middle(3), [0], 1) },
      { normalization: { ...rows([5], [1], 1), ...relu }, rows: rows(middle(-7), [0], 3) },
      { normalization: { ...rows([2, -3], [0, 4], 0), ...relu }, rows: rows([3, 1], [0], 1) },
      { normalization: { ...rows([1], [0], -1), ...relu }, rows: rows(middle(2000), [0], 0) },
      { normalization: { ...rows([1, 1], [0, 0], 0), ...relu }, rows: rows([1, -1], [7], 2) },
    ],
  };
  // First maps: 3 x / 2: 6; 0; -3; 1.5 -> 2. Normalised: (1 + 5 m) / 2: 15.5 -> 16; 0.5 -> 1; -7 -> 0; 5.5 -> 6.
  // Second maps: -7 n / 8: -14; -0.875 -> -1; 0; -5.25 -> -5. Transition reads 2 m: 12, 0, 0, 4, mean 4; and 4 - 3 m:
  // 46, 7, 4, 19, mean 19. Its map: (12 + 19) / 2 = 15.5 -> 16; the last layer reads 32, and 64000 saturates at 32767.
  // Output: (7 + 16 - 32767) / 4 = -8186.
  assert.deepEqual([...runQuantisedCnn(network, [4, 0, -2, 1], 1)], [-8186]);
  const { stages, mean } = fixed16Arithmetic(network, cnnTemplate(tiny));
  assert.deepEqual(
    [6, 0, -3, 2].map((map) => stages[1]!.prepare!(map, 0)),
    [16, 1, 0, 6],
  );
  assert.deepEqual(
    [-12, -4, 4].map((sum) => stages[1]!.finish(sum, 0)),
    [-1, 0, 1],
    'halves upwards',
  );
  assert.deepEqual([74, -94, 2, -2].map(mean), [19, -23, 1, 0], 'halves upwards');
  assert.deepEqual(
    [1e6, -1e6].map((sum) => stages[0]!.finish(sum, 0)),
    [32767, -32768],
    'saturation',
  );
  const table = { values: Int16Array.from({ length: 257 }, (_, index) => 100 * (index - 128)), bits: 8 };
  const { stages: tabled } = fixed16Arithmetic({ ...network, table }, cnnTemplate(tiny));
  // 16 of 256 steps from 0 to 100: 6.25.
  assert.equal(tabled[1]!.prepare!(6, 0), 6);
});

test('images beyond the calibrated ones saturate, and networks at the edge quantise to finite numbers', () => {
  for (const activation of ['relu', 'tanh'] as const) {
    const { network, images, calibration } = caseOf(cnnTopologyWith({ activation }));
    const edges = [
      network,
      { ...network, weights: network.weights.map(() => 0) },
      { ...network, weights: network.weights.map((w) => 1e4 * w) },
    ];
    for (const edge of edges) {
      for (const format of integerFormats) {
        const own = edge === network ? calibration : calibrateCnn(edge, images, count);
        const quantised = quantiseCnn(edge, format, own);
        const inputs = enterColumns(
          images.map((x) => 50 * x),
          quantised.input,
        );
        const outputs = runQuantisedCnn(quantised, inputs, count);
        const { minimum, maximum } = quantised.output;
        assert.ok(outputs.every((value) => value >= minimum && value <= maximum));
        assert.ok(quantised.stages.every(({ rows }) => rows.shifts.every(Number.isInteger)));
      }
    }
  }
});
