/** The template against the paper's sizes, its layout, what it refuses, and the memory that training takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCnnSession } from '../../engine/nn/backends/cnn.ts';
import { cnnMemoryBytes, cnnMemoryLimitBytes, largestSubBatch } from '../../engine/nn/cnn/memory.ts';
import { cnnTopologyOf, initialiseCnn } from '../../engine/nn/cnn/network.ts';
import {
  cnnMultiplyAccumulates,
  cnnName,
  cnnParameterCount,
  cnnProblem,
  cnnTemplate,
} from '../../engine/nn/cnn/template.ts';
import type { CnnGenome, CnnTopology } from '../../engine/types.ts';
import { cnnKernel, cnnTaskOf, cnnTopologyWith, layersOf, randomImages } from './cnnHelpers.ts';

/** L, B, kernel, and the trainable parameters for MNIST (1 channel, 10 outputs), CIFAR-10 (3, 10) and CIFAR-100 (3, 100). */
const parameterTable = [
  [16, 1, 3, 121_042, 121_474, 136_684],
  [16, 1, 5, 328_402, 328_834, 344_044],
  [16, 2, 3, 130_450, 130_882, 146_092],
  [16, 2, 5, 337_810, 338_242, 353_452],
  [16, 3, 3, 141_010, 141_442, 156_652],
  [16, 3, 5, 348_370, 348_802, 364_012],
  [16, 4, 3, 151_858, 152_290, 167_500],
  [16, 4, 5, 359_218, 359_650, 374_860],
  [28, 1, 3, 431_650, 432_082, 460_252],
  [28, 1, 5, 1_178_146, 1_178_578, 1_206_748],
  [28, 2, 3, 460_210, 460_642, 488_812],
  [28, 2, 5, 1_206_706, 1_207_138, 1_235_308],
  [28, 3, 3, 493_378, 493_810, 521_980],
  [28, 3, 5, 1_239_874, 1_240_306, 1_268_476],
  [28, 4, 3, 527_698, 528_130, 556_300],
  [28, 4, 5, 1_274_194, 1_274_626, 1_302_796],
  [40, 1, 3, 932_338, 932_770, 973_900],
  [40, 1, 5, 2_549_746, 2_550_178, 2_591_308],
  [40, 2, 3, 990_418, 990_850, 1_031_980],
  [40, 2, 5, 2_607_826, 2_608_258, 2_649_388],
  [40, 3, 3, 1_058_866, 1_059_298, 1_100_428],
  [40, 3, 5, 2_676_274, 2_676_706, 2_717_836],
  [40, 4, 3, 1_129_906, 1_130_338, 1_171_468],
  [40, 4, 5, 2_747_314, 2_747_746, 2_788_876],
  [52, 1, 3, 1_623_106, 1_623_538, 1_677_628],
  [52, 1, 5, 4_443_202, 4_443_634, 4_497_724],
  [52, 2, 3, 1_721_074, 1_721_506, 1_775_596],
  [52, 2, 5, 4_541_170, 4_541_602, 4_595_692],
  [52, 3, 3, 1_837_474, 1_837_906, 1_891_996],
  [52, 3, 5, 4_657_570, 4_658_002, 4_712_092],
  [52, 4, 3, 1_958_482, 1_958_914, 2_013_004],
  [52, 4, 5, 4_778_578, 4_779_010, 4_833_100],
] as const;

/** The paper's network of a gene combination, on square images. */
function paperTopology(
  layers: number,
  blocks: number,
  kernel: 3 | 5,
  size = 28,
  channels = 1,
  outputs = 10,
): CnnTopology {
  const genome: CnnGenome = { activation: 'relu', blocks, layers, learningRate: 0.001, kernel, optimizer: 'adam' };
  return cnnTopologyOf(genome, { height: size, width: size, channels, outputs, dropout: 0.2 });
}

test('every network of the search space has the paper number of parameters', () => {
  assert.equal(parameterTable.length, 32);
  for (const [layers, blocks, kernel, mnist, cifar10, cifar100] of parameterTable) {
    const counts = [
      cnnParameterCount(paperTopology(layers, blocks, kernel)),
      cnnParameterCount(paperTopology(layers, blocks, kernel, 32, 3, 10)),
      cnnParameterCount(paperTopology(layers, blocks, kernel, 32, 3, 100)),
    ];
    assert.deepEqual(counts, [mnist, cifar10, cifar100], `L${layers} B${blocks} ${kernel}x${kernel}`);
  }
});

test('pooling rounds down', () => {
  const { blocks } = cnnTemplate(paperTopology(16, 4, 3));
  assert.deepEqual(blocks, [
    { height: 28, width: 28, channels: 60, bottleneckChannels: 0 },
    { height: 14, width: 14, channels: 96, bottleneckChannels: 0 },
    { height: 7, width: 7, channels: 132, bottleneckChannels: 0 },
    { height: 3, width: 3, channels: 168, bottleneckChannels: 0 },
  ]);
});

test('a small network, layer by layer', () => {
  const { convolutions, head, weightCount, statisticCount } = cnnTemplate(
    cnnTopologyWith({ blocks: 2, layers: 6, growth: 2, initialFilters: 3, outputs: 4, kernel: 5 }),
  );
  assert.deepEqual(convolutions, [
    { kind: 'initial', block: 0, firstChannel: 0, filters: 3, channels: 1, kernel: 3, weights: 0 },
    {
      ...{ kind: 'dense', block: 0, firstChannel: 3, filters: 2, channels: 3, kernel: 5, weights: 33 },
      source: 'block',
      normalization: { channels: 3, gamma: 27, beta: 30, mean: 0, variance: 3 },
    },
    {
      ...{ kind: 'transition', block: 1, firstChannel: 0, filters: 5, channels: 5, kernel: 1, weights: 193 },
      normalization: { channels: 5, gamma: 183, beta: 188, mean: 6, variance: 11 },
    },
    {
      ...{ kind: 'dense', block: 1, firstChannel: 5, filters: 2, channels: 5, kernel: 5, weights: 228 },
      source: 'block',
      normalization: { channels: 5, gamma: 218, beta: 223, mean: 16, variance: 21 },
    },
  ]);
  assert.deepEqual(head, {
    normalization: { channels: 7, gamma: 478, beta: 485, mean: 26, variance: 33 },
    ...{ outputs: 4, weights: 492, bias: 520 },
  });
  assert.deepEqual([weightCount, statisticCount], [524, 40]);
});

/** DenseNet-BC of Huang et al. (2017), on CIFAR-10. */
const denseNetBc = (layers: number, growth: number): CnnTopology => ({
  ...paperTopology(layers, 3, 3, 32, 3, 10),
  ...{ growth, initialFilters: 2 * growth, bottleneck: true, compression: 0.5 },
});

test('DenseNet-BC has the published number of parameters', () => {
  // Their Table 2 says 0.8M, 15.3M and 25.6M; the first in full as other implementations count it.
  assert.equal(cnnParameterCount(denseNetBc(100, 12)), 769_162);
  assert.equal((cnnParameterCount(denseNetBc(250, 24)) / 1e6).toFixed(1), '15.3');
  assert.equal((cnnParameterCount(denseNetBc(190, 40)) / 1e6).toFixed(1), '25.6');
});

test('a bottleneck is read by the next convolution only, and a transition compresses', () => {
  const topology = cnnTopologyWith({ blocks: 2, layers: 8, growth: 2, initialFilters: 3, bottleneck: true });
  const { blocks, convolutions } = cnnTemplate({ ...topology, compression: 0.5 });
  const least = cnnTemplate({ ...topology, compression: 0.01 }).convolutions.find(({ kind }) => kind === 'transition')!;
  assert.equal(least.filters, 1, 'a transition keeps one map at least');
  const rows = convolutions.map((c) => [c.kind, c.block, c.channels, c.filters, c.kernel, c.firstChannel]);
  assert.deepEqual(rows, [
    ['initial', 0, 1, 3, 3, 0],
    ['bottleneck', 0, 3, 8, 1, 0],
    ['dense', 0, 8, 2, 3, 3],
    ['transition', 1, 5, 2, 1, 0],
    ['bottleneck', 1, 2, 8, 1, 0],
    ['dense', 1, 8, 2, 3, 2],
  ]);
  assert.deepEqual(
    blocks.map(({ channels, bottleneckChannels }) => [channels, bottleneckChannels]),
    [
      [5, 8],
      [4, 8],
    ],
  );
});

test('all that reads a convolution has as many channels as pruning left it filters', () => {
  const topology = cnnTopologyWith({ blocks: 2, layers: 8, growth: 4, initialFilters: 6, kernel: 5 });
  const { convolutions, head, weightCount } = cnnTemplate({ ...topology, filters: [5, 3, 1, 7, 2, 4] });
  assert.deepEqual(
    convolutions.map(({ channels, filters, firstChannel }) => [channels, filters, firstChannel]),
    [
      [1, 5, 0],
      [5, 3, 5],
      [8, 1, 8],
      [9, 7, 0],
      [7, 2, 7],
      [9, 4, 9],
    ],
  );
  assert.equal(head.normalization.channels, 13);
  const normalizations = 2 * (5 + 8 + 9 + 7 + 9 + 13);
  const products = 9 * 5 + 25 * (5 * 3 + 8 * 1) + 9 * 7 + 25 * (7 * 2 + 9 * 4) + 13 * 3 + 3;
  assert.equal(weightCount, normalizations + products);
  const rule = cnnTemplate(topology);
  const counts = rule.convolutions.map(({ filters }) => filters);
  assert.deepEqual(cnnTemplate({ ...topology, filters: counts }), rule, 'the rule by name is the rule');
});

test('multiply-accumulates of one image', () => {
  const topology = cnnTopologyWith({ blocks: 2, layers: 6, growth: 2, initialFilters: 3, outputs: 4 });
  const [first, second] = [8 * 8, 4 * 4];
  const dense = first * 9 * (1 * 3 + 3 * 2) + first * 5 * 5 + second * 9 * 5 * 2;
  assert.equal(cnnMultiplyAccumulates(topology), dense + 7 * 4);
});

test('a name says what differs from the paper', () => {
  const topology = paperTopology(16, 2, 3);
  assert.equal(cnnName(topology), '28x28x1 L16 B2 3x3');
  assert.equal(cnnName(denseNetBc(100, 24)), '32x32x3 L100 B3 3x3 BC k24');
  assert.equal(cnnName({ ...topology, compression: 0.5 }), '28x28x1 L16 B2 3x3 C');
  assert.equal(cnnName({ ...topology, filters: [1] }), '28x28x1 L16 B2 3x3 pruned');
});

test('every parameter belongs to one layer', () => {
  const sizes = { min: 1, max: 4 };
  const topologies = fc
    .record({
      blocks: fc.integer(sizes),
      perBlock: fc.integer(sizes),
      growth: fc.integer(sizes),
      initialFilters: fc.integer(sizes),
      channels: fc.integer(sizes),
      outputs: fc.integer(sizes),
      kernel: fc.constantFrom(3 as const, 5 as const),
      bottleneck: fc.boolean(),
      compression: fc.constantFrom(1, 0.5, 0.1),
    })
    .map(({ perBlock, ...rest }) => cnnTopologyWith({ ...rest, layers: layersOf({ ...rest, perBlock }) }));
  fc.assert(
    fc.property(topologies, (topology) => {
      const { convolutions, head, weightCount, statisticCount } = cnnTemplate(topology);
      const weights = new Uint8Array(weightCount);
      const statistics = new Uint8Array(statisticCount);
      const take = (owners: Uint8Array, offset: number, length: number) => {
        assert.ok(offset + length <= owners.length);
        for (let k = offset; k < offset + length; k++) owners[k]! += 1;
      };
      const normalizations = convolutions.flatMap((step) => (step.kind === 'initial' ? [] : [step.normalization]));
      for (const { channels, gamma, beta, mean, variance } of [...normalizations, head.normalization]) {
        for (const offset of [gamma, beta]) take(weights, offset, channels);
        for (const offset of [mean, variance]) take(statistics, offset, channels);
      }
      for (const c of convolutions) take(weights, c.weights, c.kernel ** 2 * c.channels * c.filters);
      take(weights, head.weights, head.normalization.channels * head.outputs);
      take(weights, head.bias, head.outputs);
      assert.ok([...weights, ...statistics].every((owners) => owners === 1));
    }),
    { seed: 1 },
  );
});

test('what is no network is refused with the reason', () => {
  const cases: [Partial<CnnTopology>, string | undefined][] = [
    [{}, undefined],
    [{ layers: 4 }, undefined],
    [{ layers: 2 }, '2 layers do not make 2 blocks: less 4, they must be a multiple of the blocks.'],
    [{ height: 0 }, '"height" is 0; it must be a positive integer.'],
    [{ outputs: 2.5 }, '"outputs" is 2.5; it must be a positive integer.'],
    [{ kernel: 4 as 3 }, 'The kernel is 4x4; it must be 3x3 or 5x5.'],
    [{ dropout: 1 }, 'The dropout rate is 1; it must be at least 0 and below 1.'],
    [{ dropout: Number.NaN }, 'The dropout rate is NaN; it must be at least 0 and below 1.'],
    [{ layers: 9 }, '9 layers do not make 2 blocks: less 4, they must be a multiple of the blocks.'],
    [
      { height: 7, width: 20, blocks: 4, layers: 8 },
      'A 7x20 image allows at most 3 blocks, because pooling halves it between blocks.',
    ],
    [{ bottleneck: true, layers: 8 }, undefined],
    [
      { bottleneck: true, layers: 10 },
      '10 layers do not make 2 blocks: less 4, they must be a multiple of twice the blocks, as a bottleneck counts as a layer.',
    ],
    [{ compression: 0 }, 'The compression is 0; it must be above 0 and at most 1.'],
    [{ compression: Number.NaN }, 'The compression is NaN; it must be above 0 and at most 1.'],
    [{ filters: [6, 4, 4, 14, 4, 4] }, undefined],
    [{ filters: [6, 4, 4, 14, 4] }, 'There are 5 filter counts; the network has 6 convolutions.'],
    [{ filters: [6, 4, 0, 14, 4, 4] }, 'Convolution 2 has 0 filters; it must have at least one.'],
    [{ filters: [6, 4, 4, 14, 4, 1.5] }, 'Convolution 5 has 1.5 filters; it must have at least one.'],
  ];
  for (const [changes, problem] of cases) assert.equal(cnnProblem(cnnTopologyWith(changes)), problem);
  assert.throws(() => cnnTemplate(cnnTopologyWith({ height: 0 })), { name: 'RangeError', message: /"height" is 0/ });
});

test('initial weights are Glorot uniform, and normalisations leave values alone', () => {
  const topology = paperTopology(16, 2, 3);
  const { weights, statistics } = initialiseCnn(topology, 3);
  const { convolutions, head } = cnnTemplate(topology);
  for (const c of convolutions) {
    const own = weights.subarray(c.weights, c.weights + c.kernel ** 2 * c.channels * c.filters);
    const limit = Math.sqrt(6 / (c.kernel ** 2 * (c.channels + c.filters)));
    const largest = own.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    assert.ok(largest <= limit && largest > 0.95 * limit, `${largest} of ${limit}`);
  }
  const { channels, gamma, beta, mean, variance } = head.normalization;
  const all = (values: Float32Array, offset: number, value: number) =>
    values.subarray(offset, offset + channels).every((k) => k === value);
  assert.ok(
    all(weights, gamma, 1) && all(weights, beta, 0) && all(statistics, mean, 0) && all(statistics, variance, 1),
  );
  assert.deepEqual(initialiseCnn(topology, 3).weights, weights);
  assert.notDeepEqual(initialiseCnn(topology, 4).weights, weights);
});

test('the whole search space trains within the memory limit, batches undivided', () => {
  for (const [layers, blocks, kernel] of parameterTable) {
    for (const topology of [paperTopology(layers, blocks, kernel), paperTopology(layers, blocks, kernel, 32, 3, 100)]) {
      assert.equal(largestSubBatch(topology, 128), 128, cnnName(topology));
    }
  }
  assert.equal(largestSubBatch(denseNetBc(100, 12), 128), 128);
});

test('a batch that does not fit is divided evenly, and one that never fits is refused', () => {
  const topology = paperTopology(52, 1, 3, 64);
  const subBatch = largestSubBatch(topology, 128);
  assert.equal(subBatch, 48, 'three parts');
  assert.ok(cnnMemoryBytes(topology, subBatch) <= cnnMemoryLimitBytes);
  assert.ok(cnnMemoryBytes(topology, 64) > cnnMemoryLimitBytes);
  assert.throws(() => largestSubBatch(paperTopology(52, 1, 3, 1000), 128), {
    name: 'RangeError',
    message: /^Training 1000x1000x1 L52 B1 3x3 on 8 samples at a time needs \d+ MiB and has 1024\. Use smaller images/,
  });
});

test('the kernel takes as much memory as was predicted', () => {
  const module = cnnKernel('cnn');
  const topologies = [
    cnnTopologyWith({}),
    cnnTopologyWith({ height: 7, width: 9, kernel: 5, growth: 7, blocks: 1, layers: 6 }),
    cnnTopologyWith({ initialFilters: 1, growth: 1, outputs: 100 }),
    cnnTopologyWith({ channels: 40, height: 1, width: 65, blocks: 1, layers: 5 }),
    cnnTopologyWith({ filters: [7, 11, 2, 13, 1, 8], height: 20, width: 20 }),
    denseNetBc(28, 24),
    paperTopology(16, 2, 3),
    paperTopology(28, 4, 5, 32, 3, 100),
  ];
  for (const topology of topologies) {
    for (const subBatch of [8, 13, 64]) {
      const samples = randomImages(1, topology, 'mse');
      const { memoryBytes } = createCnnSession(module, cnnTaskOf({ topology }), samples, samples, { subBatch });
      const predicted = cnnMemoryBytes(topology, subBatch);
      // Memory grows by pages of 64 KiB.
      assert.ok(memoryBytes <= predicted + 2 ** 16, `${cnnName(topology)}: ${memoryBytes}, predicted ${predicted}`);
      assert.ok(memoryBytes > predicted - 2 ** 19, `${cnnName(topology)}: ${memoryBytes}, predicted ${predicted}`);
    }
  }
});
