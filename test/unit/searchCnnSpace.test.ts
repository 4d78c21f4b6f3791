import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../engine/data/random.ts';
import { cnnMemoryBytes, cnnMemoryLimitBytes } from '../../engine/nn/cnn/memory.ts';
import type { CnnSizes } from '../../engine/nn/cnn/network.ts';
import { cnnName } from '../../engine/nn/cnn/template.ts';
import { isCnn, parametersOf, taskCost } from '../../engine/nn/models.ts';
import {
  type CnnSpaceOptions,
  cnnKey,
  cnnSpace,
  decodeCnn,
  extendedTable,
  tableOne,
} from '../../engine/search/cnnSpace.ts';
import type { Genes } from '../../engine/search/types.ts';
import type { CnnTopology } from '../../engine/types.ts';
import { cnnTaskOf } from './cnnHelpers.ts';
import { taskOf } from './nnHelpers.ts';

const mnist: CnnSizes = { height: 28, width: 28, channels: 1, outputs: 10, dropout: 0.2 };

function spaceOf(options: CnnSpaceOptions) {
  const outcome = cnnSpace(options);
  assert.ok(outcome.kind === 'space', JSON.stringify(outcome));
  return outcome.space;
}

const sizes = Object.values(tableOne).map((values) => values.length);
const anyGenes = fc.tuple(...sizes.map((size) => fc.integer({ min: 0, max: size - 1 })));

/** Every combination of indices. */
const allGenes: readonly Genes[] = sizes.reduce<number[][]>(
  (all, size) => all.flatMap((genes) => Array.from({ length: size }, (_, value) => [...genes, value])),
  [[]],
);

function topologyOf(genes: Genes, options: CnnSpaceOptions = { sizes: mnist }): CnnTopology {
  const { topology } = spaceOf(options).recipe(genes);
  assert.ok(isCnn(topology));
  return topology;
}

test('the six genes of Table 1, in its order, make 5,376 different networks', () => {
  assert.deepEqual(Object.keys(tableOne), ['activation', 'blocks', 'layers', 'learningRate', 'kernel', 'optimizer']);
  assert.equal(allGenes.length, 5376);
  assert.equal(new Set(allGenes.map(cnnKey)).size, 5376);
  assert.equal(new Set(allGenes.map((genes) => JSON.stringify(decodeCnn(genes)))).size, 5376);
});

test('genes decode to the values of the table', () => {
  assert.deepEqual(decodeCnn([1, 2, 0, 1, 1, 6]), {
    activation: 'relu',
    blocks: 3,
    layers: 16,
    learningRate: 0.0001,
    kernel: 5,
    optimizer: 'nadam',
  });
  const { topology, optimizer, learningRate } = spaceOf({ sizes: mnist }).recipe([3, 1, 3, 0, 0, 1]);
  assert.deepEqual({ optimizer, learningRate }, { optimizer: 'adam', learningRate: 0.001 });
  assert.ok(isCnn(topology));
  assert.equal(cnnName(topology), '28x28x1 L52 B2 3x3');
  assert.equal(topology.dropout, 0.2);
});

test('a key names its genes, and stays', () => assert.equal(cnnKey([3, 1, 0, 2, 0, 6]), '3-1-0-2-0-6'));

test('draws cover every value of every gene', () => {
  const space = spaceOf({ sizes: mnist });
  const random = createRandom(1);
  const drawn = Array.from({ length: 300 }, () => space.draw(random));
  sizes.forEach((size, gene) => {
    assert.equal(new Set(drawn.map((genes) => genes[gene])).size, size);
  });
});

test('crossover takes one end from each parent, and mutation changes every gene at rate 1', () => {
  const space = spaceOf({ sizes: mnist });
  fc.assert(
    fc.property(anyGenes, anyGenes, fc.integer(), (first, second, seed) => {
      const [one, other] = space.crossover(first, second, createRandom(seed));
      const cuts = [1, 2, 3, 4, 5].filter(
        (cut) =>
          cnnKey(one) === cnnKey([...first.slice(0, cut), ...second.slice(cut)]) &&
          cnnKey(other) === cnnKey([...second.slice(0, cut), ...first.slice(cut)]),
      );
      assert.ok(cuts.length > 0, `${one} and ${other}`);
      const mutated = space.mutate(first, 1, createRandom(seed));
      assert.ok(mutated.every((value, gene) => value !== first[gene] && value >= 0 && value < sizes[gene]!));
    }),
  );
});

test('nothing that leaves the space is larger than the limit, and what fits is left as it is', () => {
  const limit = fc.integer({ min: 121_042, max: 5_000_000 });
  fc.assert(
    fc.property(limit, anyGenes, anyGenes, fc.integer(), (maxParams, first, second, seed) => {
      const options = { sizes: mnist, maxParams };
      const space = spaceOf(options);
      const random = createRandom(seed);
      for (const genes of [space.draw(random), ...space.crossover(first, second, random)]) {
        assert.ok(parametersOf(topologyOf(genes, options)) <= maxParams);
      }
      const mutated = space.mutate(first, 0, random);
      if (parametersOf(topologyOf(first)) <= maxParams) assert.deepEqual(mutated, first);
      // Activation, learning rate and optimiser do not make a network larger.
      assert.deepEqual([mutated[0], mutated[3], mutated[5]], [first[0], first[3], first[5]]);
    }),
    { numRuns: 40 },
  );
});

describe('images', () => {
  const imageSizes: readonly [side: number, blocks: number][] = [
    [1, 1],
    [2, 2],
    [7, 3],
    [8, 4],
    [32, 4],
  ];
  for (const [side, blocks] of imageSizes) {
    test(`of ${side} x ${side} have networks of up to ${blocks} blocks`, () => {
      const options = { sizes: { ...mnist, height: side, width: side } };
      const random = createRandom(2);
      const space = spaceOf(options);
      const drawn = Array.from({ length: 200 }, () => space.mutate(space.draw(random), 0.5, random));
      const found = new Set(drawn.map((genes) => topologyOf(genes, options).blocks));
      assert.deepEqual(
        [...found].sort(),
        Array.from({ length: blocks }, (_, index) => index + 1),
      );
    });
  }

  test('that are large have only networks that training has the memory for', () => {
    const options = { sizes: { ...mnist, height: 160, width: 160 } };
    const [large, small] = [
      [0, 0, 3, 0, 1, 0],
      [0, 0, 0, 0, 0, 0],
    ];
    assert.ok(cnnMemoryBytes(topologyOf(large!, options), 8) > cnnMemoryLimitBytes);
    const kept = spaceOf(options).mutate(large!, 0, createRandom(3));
    assert.ok(cnnMemoryBytes(topologyOf(kept, options), 8) <= cnnMemoryLimitBytes);
    assert.deepEqual(spaceOf(options).mutate(small!, 0, createRandom(3)), small);
  });
});

const refused: readonly [name: string, options: CnnSpaceOptions, message: RegExp, hint: RegExp][] = [
  [
    'a limit below the smallest network',
    { sizes: mnist, maxParams: 121_041 },
    /No network fits into 121,041 parameters: for images of 28 x 28 x 1 and 10 outputs the smallest one has 121,042\./,
    /at least 121,042/,
  ],
  ['a limit that is no number', { sizes: mnist, maxParams: Number.NaN }, /No network fits into NaN/, /at least/],
  ['images without pixels', { sizes: { ...mnist, width: 0 } }, /"width" is 0/, /--model mlp/],
  [
    'images that training has no memory for',
    { sizes: { ...mnist, height: 1024, width: 1024 } },
    /images of 1024 x 1024 x 1 and 10 outputs: not even the smallest one fits into 1,024 MiB/,
    /smaller images/,
  ],
];
for (const [name, options, message, hint] of refused) {
  test(`${name} is refused with the next step`, () => {
    const outcome = cnnSpace(options);
    assert.ok(outcome.kind === 'failed');
    assert.match(outcome.message, message);
    assert.match(outcome.hint, hint);
  });
}

test('the cost of a task counts its weights per pixel and its epochs, and scoring as one epoch', () => {
  const topology: CnnTopology = { ...topologyOf([0, 0, 0, 0, 0, 0]), height: 4, width: 4, layers: 5, growth: 2 };
  // 16 pixels: 3x3 from 1 to 24 maps, then from 24 to 2; at the end 26 maps to 10 outputs.
  const accumulates = 16 * 9 * (24 + 48) + 260;
  assert.equal(taskCost(cnnTaskOf({ topology, epochs: 3 })), 3 * accumulates);
  assert.equal(taskCost(cnnTaskOf({ topology, epochs: 0 })), accumulates);
  assert.equal(taskCost({ ...taskOf({ epochs: 2 }), topology: { widths: [4, 8, 2], activation: 'relu' } }), 2 * 48);
});

describe('the extended space', () => {
  const extended = { sizes: mnist, table: extendedTable };
  const counts = Object.values(extendedTable).map((values) => values.length);

  test('has the paper genes first, and eight times as many networks', () => {
    assert.deepEqual(Object.keys(extendedTable).slice(0, 6), Object.keys(tableOne));
    assert.equal(
      counts.reduce((a, b) => a * b),
      8 * 5376,
    );
    assert.equal(decodeCnn([1, 1, 0, 0, 0, 0]).growth, undefined);
  });

  test('has the paper networks, and DenseNet-BC of the same genes', () => {
    const paper = topologyOf([3, 1, 0, 2, 0, 6]);
    assert.deepEqual(topologyOf([3, 1, 0, 2, 0, 6, 1, 1], extended), paper);
    const bc = { ...paper, growth: 24, initialFilters: 48, bottleneck: true, compression: 0.5 };
    assert.deepEqual(topologyOf([3, 1, 0, 2, 0, 6, 3, 0], extended), bc);
    // (16 - 4) / 8 layers a block are one, which makes a depth of 12.
    assert.equal(cnnName(topologyOf([3, 3, 0, 2, 0, 6, 1, 0], extended)), '28x28x1 L12 B4 3x3 BC');
  });

  test('leaves out what is too large, down to its smallest network', () => {
    const genes = fc.tuple(...counts.map((size) => fc.integer({ min: 0, max: size - 1 })));
    const least = Math.min(
      ...[0, 1, 2, 3].map((blocks) => parametersOf(topologyOf([0, blocks, 0, 0, 0, 0, 0, 0], extended))),
    );
    const tooTight = cnnSpace({ ...extended, maxParams: least - 1 });
    assert.ok(
      tooTight.kind === 'failed' && tooTight.message.includes(`the smallest one has ${least.toLocaleString('en-US')}.`),
    );
    fc.assert(
      fc.property(fc.integer({ min: least, max: 300_000 }), genes, fc.integer(), (maxParams, own, seed) => {
        const options = { ...extended, maxParams };
        const space = spaceOf(options);
        const random = createRandom(seed);
        const kept = [space.mutate(own, 0, random), space.mutate(own, 1, random), space.draw(random)];
        for (const one of kept) assert.ok(parametersOf(topologyOf(one, options)) <= maxParams);
        if (parametersOf(topologyOf(own, extended)) <= maxParams) assert.deepEqual(kept[0], own);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  test('all of it trains in the memory that there is, in parts where it must', () => {
    for (const sizes of [mnist, { ...mnist, height: 32, width: 32, channels: 3, outputs: 100 }]) {
      for (const layers of [0, 1, 2, 3]) {
        for (const bottleneck of [0, 1]) {
          const largest = topologyOf([0, 0, layers, 0, 1, 0, 3, bottleneck], { ...extended, sizes });
          assert.ok(cnnMemoryBytes(largest, 64) <= cnnMemoryLimitBytes, cnnName(largest));
        }
      }
    }
  });
});
