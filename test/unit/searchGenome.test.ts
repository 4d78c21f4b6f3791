import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../engine/data/random.ts';
import { parameterCount, topologyOf } from '../../engine/nn/network.ts';
import {
  canonicalGenes,
  decodeMlp,
  geneSizes,
  type MlpGenes,
  type MlpSpaceOptions,
  mlpKey,
  mlpSpace,
} from '../../engine/search/genome.ts';

const anyGenes = fc.tuple(...geneSizes.map((size) => fc.integer({ min: 0, max: size - 1 })));

function spaceOf(options?: MlpSpaceOptions) {
  const outcome = mlpSpace(options);
  assert.equal(outcome.kind, 'space');
  return (outcome as typeof outcome & { kind: 'space' }).space;
}

test('genes decode to the values of their tables', () => {
  assert.deepEqual(decodeMlp([0, 0, 0, 0, 0, 0, 0, 0]), {
    activation: 'hard-sigmoid',
    optimizer: 'rmsprop',
    learningRate: 0.01,
    hidden: [2],
  });
  assert.deepEqual(decodeMlp([7, 6, 4, 3, 7, 6, 5, 4]), {
    activation: 'selu',
    optimizer: 'nadam',
    learningRate: 0.00001,
    hidden: [200, 128, 64, 32],
  });
});

test('the largest multi-layer perceptrons of the paper are in the space', () => {
  const { hidden } = decodeMlp([1, 1, 2, 1, 7, 7, 0, 0]);
  assert.equal(parameterCount({ widths: [784, ...hidden, 10], activation: 'relu' }), 199_210);
  assert.equal(parameterCount({ widths: [3072, ...hidden, 10], activation: 'relu' }), 656_810);
});

test('keys are equal exactly for genes of the same network', () => {
  assert.equal(mlpKey([3, 1, 0, 1, 4, 2, 6, 5]), '3-1-0-1-4-2-0-0');
  fc.assert(
    fc.property(anyGenes, anyGenes, (a, b) => {
      const same = JSON.stringify(decodeMlp(a)) === JSON.stringify(decodeMlp(b));
      assert.equal(mlpKey(a) === mlpKey(b), same);
      assert.deepEqual(decodeMlp(canonicalGenes(a)), decodeMlp(a));
      assert.deepEqual(canonicalGenes(canonicalGenes(a)), canonicalGenes(a));
      const silent = a.map((value, gene) => (gene >= 5 + a[3]! ? (value + 1) % 8 : value));
      assert.equal(mlpKey(silent), mlpKey(a));
    }),
  );
});

const isGenome = (genes: MlpGenes): boolean =>
  genes.length === geneSizes.length &&
  genes.every((value, gene) => Number.isInteger(value) && value >= 0 && value < geneSizes[gene]!);

test('nothing that leaves the space is larger than the limit', () => {
  const limit = fc.record({
    inputColumns: fc.integer({ min: 0, max: 40 }),
    outputColumns: fc.integer({ min: 1, max: 10 }),
    slack: fc.integer({ min: 0, max: 3000 }),
  });
  fc.assert(
    fc.property(limit, anyGenes, anyGenes, fc.integer(), ({ inputColumns, outputColumns, slack }, a, b, seed) => {
      const maxParams = 2 * (inputColumns + 1) + 3 * outputColumns + slack;
      const space = spaceOf({ maxParams, inputColumns, outputColumns });
      const random = createRandom(seed);
      const made = [space.draw(random), ...space.crossover(a, b, random), space.mutate(a, 0.5, random)];
      for (const genes of made) {
        assert.ok(isGenome(genes), `${genes}`);
        assert.ok(parameterCount(topologyOf(decodeMlp(genes), inputColumns, outputColumns)) <= maxParams);
      }
    }),
  );
});

test('a child that fits is left as it is, one that does not keeps its other genes', () => {
  const options = { maxParams: 100, inputColumns: 4, outputColumns: 1 };
  const space = spaceOf(options);
  const fitting = [1, 2, 3, 0, 3, 7, 7, 7];
  assert.deepEqual(space.mutate(fitting, 0, createRandom(1)), fitting);
  const large = [1, 2, 3, 2, 7, 7, 7, 6];
  const narrowed = space.mutate(large, 0, createRandom(1));
  assert.deepEqual(narrowed.slice(0, 3), large.slice(0, 3));
  assert.equal(narrowed[7], 6, 'a silent width is not touched');
});

test('draws cover every value of every gene, and the smallest budget leaves one hidden layer of two', () => {
  const random = createRandom(4);
  const free = Array.from({ length: 600 }, () => spaceOf().draw(random));
  geneSizes.forEach((size, gene) => {
    assert.equal(new Set(free.map((genes) => genes[gene])).size, size);
  });
  const space = spaceOf({ maxParams: 13, inputColumns: 4, outputColumns: 1 });
  for (let draw = 0; draw < 20; draw++) assert.deepEqual(decodeMlp(space.draw(random)).hidden, [2]);
});

test('draws within a limit are uniform over what fits', () => {
  // With 1 input and 1 output a layer of w has 3w + 1 parameters: of one-layer networks widths 2, 4 and 8 fit into 25.
  const space = spaceOf({ maxParams: 25, inputColumns: 1, outputColumns: 1 });
  const random = createRandom(8);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 4000; draw++) {
    const name = decodeMlp(space.draw(random)).hidden.join('-');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const single = ['2', '4', '8'].map((name) => counts.get(name)!);
  const mean = (single[0]! + single[1]! + single[2]!) / 3;
  for (const count of single) assert.ok(Math.abs(count - mean) < 0.12 * mean, `${single}`);
  assert.ok(counts.get('2-2')! > 0 && counts.get('2-2')! < mean / 4, 'two layers have 64 combinations, not 8');
});

test('a limit below the smallest network is refused with the number that would do', () => {
  assert.deepEqual(mlpSpace({ maxParams: 12, inputColumns: 4, outputColumns: 1 }), {
    kind: 'failed',
    message: 'No network fits into 12 parameters: with 4 inputs and 1 outputs the smallest one has 13.',
    hint: 'Allow at least 13 parameters.',
  });
  assert.equal(mlpSpace({ maxParams: NaN, inputColumns: 4, outputColumns: 1 }).kind, 'failed');
  assert.equal(mlpSpace({ maxParams: 13, inputColumns: 4, outputColumns: 1 }).kind, 'space');
});
