/** Sets of examples made ready for a search: which rows are where, and that encoding and decoding agree. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { LabelledSet, Rows } from '../../engine/data/dataset.ts';
import { decode, encode } from '../../engine/data/encoding.ts';
import { contentHash, prepareData } from '../../server/pipeline/datasetData.ts';
import { readRun } from '../../server/pipeline/readRun.ts';
import { formatVersion } from '../../server/store.ts';

/** Rows whose first input is their number, so that a row can be told after the split. */
function imageRows(count: number, from: number): Rows {
  const inputs = new Float32Array(count * 4).map((_, at) => (at % 4 === 0 ? from + at / 4 : (at * 7) % 5));
  return { count, inputs, targets: Uint16Array.from({ length: count }, (_, row) => row % 3) };
}

const images: LabelledSet = {
  name: 'tiny',
  input: { kind: 'image', height: 2, width: 2, channels: 1 },
  output: { kind: 'classes', names: ['a', 'b', 'c'] },
  train: imageRows(60, 0),
  test: imageRows(30, 1000),
};

const columns: LabelledSet = {
  name: 'numbers',
  input: { kind: 'columns', count: 4 },
  output: { kind: 'values', count: 2 },
  train: {
    count: 100,
    inputs: imageRows(100, 0).inputs,
    targets: Float32Array.from({ length: 200 }, (_, at) => (at % 2 ? 1000 + at : at / 200)),
  },
};

/** The numbers of the rows, from their normalised first input. */
function rowNumbers({ inputs, count }: { inputs: Float32Array; count: number }, set: LabelledSet, seed: number) {
  const { mean, deviation } = prepareData(set, seed).normalization.inputs;
  return Array.from({ length: count }, (_, row) => Math.round(inputs[row * 4]! * deviation[0]! + mean[0]!));
}

test('a tenth of the training rows is for validation, and test rows come from the test set alone', () => {
  const { train, validation, test: held } = prepareData(images, 1);
  assert.deepEqual([train.count, validation.samples.count, held.samples.count], [54, 6, 30]);
  const used = [...rowNumbers(train, images, 1), ...rowNumbers(validation.samples, images, 1)];
  assert.deepEqual(
    used.sort((a, b) => a - b),
    Array.from({ length: 60 }, (_, row) => row),
  );
  assert.ok(rowNumbers(held.samples, images, 1).every((row) => row >= 1000));
});

test('a list without test rows gives a tenth of them away first', () => {
  const { train, validation, test: held } = prepareData(columns, 3);
  assert.deepEqual([train.count, validation.samples.count, held.samples.count], [81, 9, 10]);
  const parts = [train, validation.samples, held.samples].map((samples) => rowNumbers(samples, columns, 3));
  assert.equal(new Set(parts.flat()).size, 100, 'no row is in two parts');
});

test('a subset keeps the classes even, limits the test rows too, and the seed decides which rows they are', () => {
  const { train, validation, test: held } = prepareData(images, 1, 20);
  assert.deepEqual([train.count, validation.samples.count, held.samples.count], [18, 2, 20]);
  const again = prepareData(images, 1, 20);
  assert.deepEqual(again.train.inputs, train.inputs);
  assert.notDeepEqual(prepareData(images, 2, 20).train.inputs, train.inputs);
  assert.equal(prepareData(images, 1, 1e6).train.count, 54, 'more rows than there are');
});

describe('the encoding of a set is the one that its rows were made with', () => {
  for (const set of [images, columns]) {
    test(set.output.kind, () => {
      const { encoding, validation } = prepareData(set, 1);
      const { samples, outputs, outputSlots } = validation;
      assert.equal(outputs.length, samples.count * outputSlots.length);
      decode(samples.targets, samples.count, encoding).forEach((value, at) => {
        assert.ok(Math.abs(value - outputs[at]!) < 1e-3, `${value} for ${outputs[at]}`);
      });
      // A row of zeros in the raw values: both ways of encoding it must agree.
      const raw = { count: 1, inputs: new Float64Array(4), outputs: new Float64Array(outputSlots.length) };
      const { mean, deviation } = prepareData(set, 1).normalization.inputs;
      encode(raw, encoding).inputs.forEach((value, column) => {
        const channel = column % mean.length;
        assert.equal(value, Math.fround(-mean[channel]! / deviation[channel]!));
      });
    });
  }
});

test('the hash of a set changes with any row, and with what its rows mean', () => {
  const hash = contentHash(images);
  assert.match(hash, /^[0-9a-f]{16}$/);
  assert.equal(contentHash({ ...images, name: 'other' }), hash, 'its name is not its content');
  const changed = { ...images.test!, inputs: images.test!.inputs.map((value, at) => (at === 3 ? value + 1 : value)) };
  const { test: _test, ...withoutTest } = images;
  const others: LabelledSet[] = [
    { ...images, test: changed },
    withoutTest,
    { ...images, output: { kind: 'classes', names: ['a', 'b', 'd'] } },
    { ...images, train: imageRows(60, 1) },
  ];
  assert.equal(new Set([hash, ...others.map(contentHash)]).size, 5);
});

describe('a run that cannot be read says why', () => {
  const root = mkdtempSync(join(tmpdir(), 'deepmaker-runs-'));
  const write = (id: string, file: string, value: unknown) => {
    const folder = join(root, '.deepmaker', 'runs', id);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), typeof value === 'string' ? value : JSON.stringify(value));
    return folder;
  };
  const failure = (name: string) => {
    const run = readRun(root, name, root);
    assert.ok(run.kind === 'failed');
    return run;
  };

  test('nothing is stored', () => {
    assert.match(failure('mnist-cnn-1').message, /no run "mnist-cnn-1" in/);
    assert.match(failure('mnist-cnn-1').hint!, /Start one with deepmaker approximate or deepmaker search/);
  });

  test('it is not finished', () => {
    write('begun', 'run.json', { version: formatVersion, kind: 'dataset' });
    assert.match(failure('begun').message, /begun is not finished/);
    assert.match(failure('other').hint!, /Stored runs, the newest first: begun\./);
  });

  test('it is damaged', () => {
    write('damaged', 'run.json', {});
    for (const result of [
      `{"version":${formatVersion},"kind":"dataset"`,
      { version: formatVersion },
      {},
      'null',
      '7',
    ]) {
      write('damaged', 'result.json', result);
      assert.match(failure('damaged').message, /cannot be used: it is damaged or moved/, JSON.stringify(result));
    }
  });

  test('it is of an earlier version, or of a later one', () => {
    const folder = write('other', 'run.json', {});
    write('other', 'result.json', { version: 1, kind: 'dataset' });
    for (const name of ['other', folder, join(folder, 'result.json'), '.deepmaker/runs/other']) {
      const { message, hint } = failure(name);
      assert.match(message, /other is stored in format 1, and this version of DeepMaker reads format 2\./, name);
      assert.match(hint!, /^Run the command that made it again\. It becomes a run of its own/);
    }
    write('other', 'result.json', { version: 99 });
    assert.match(failure('other').message, /format 99/);
    assert.equal(failure('other').hint, 'Update DeepMaker.');
  });

  test('both kinds are read, by id and by path', () => {
    const common = { version: formatVersion, points: [{ id: 'c1' }] };
    write('price-1', 'run.json', {});
    write('price-1', 'result.json', {
      ...common,
      region: { file: 'price.ts', name: 'price' },
      networks: [{ id: 'c1', weights: '', guard: { mode: 'none' } }],
    });
    const folder = write('tiny-mlp-1', 'run.json', {});
    write('tiny-mlp-1', 'result.json', {
      ...common,
      kind: 'dataset',
      dataset: { name: 'tiny', hash: '0' },
      normalization: {},
      networks: [{ id: 'c1', topology: { widths: [1, 1] }, weights: '' }],
    });
    const price = readRun(root, 'price-1');
    assert.ok(price.kind === 'function');
    assert.equal(price.result.region.file, join(root, 'price.ts'));
    for (const name of ['tiny-mlp-1', folder, join(folder, 'run.json')]) {
      const tiny = readRun(root, name);
      assert.ok(tiny.kind === 'dataset', name);
      assert.equal(tiny.folder, folder);
    }
    rmSync(root, { recursive: true });
  });
});
