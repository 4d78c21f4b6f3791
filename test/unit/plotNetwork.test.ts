/** Networks as pictures, and how the front grew. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cnnName } from '../../engine/nn/cnn/template.ts';
import { topologyName } from '../../engine/nn/network.ts';
import { hypervolumeFigure } from '../../engine/plot/hypervolume.ts';
import { namedLayers, networkDrawing } from '../../engine/plot/networkDrawing.ts';
import { svgText } from '../../engine/plot/svg.ts';
import type { CnnTopology } from '../../engine/types.ts';

const cnn: CnnTopology = {
  ...{ kind: 'cnn', height: 28, width: 28, channels: 1, outputs: 10, blocks: 2, layers: 16, kernel: 5 },
  ...{ growth: 12, initialFilters: 24, activation: 'relu', dropout: 0.2 },
};

test('a name tells the layers that it was made of', () => {
  assert.deepEqual(namedLayers(topologyName({ widths: [5, 22, 1], activation: 'elu' })), {
    kind: 'mlp',
    widths: [5, 22, 1],
  });
  const known = { kind: 'cnn', height: 28, width: 28, channels: 1, blocks: 2, kernel: 5 };
  assert.deepEqual(namedLayers(cnnName(cnn)), { ...known, layersPerBlock: 6 });
  const narrowed = cnnName({ ...cnn, bottleneck: true, compression: 0.5, growth: 24 });
  assert.deepEqual(namedLayers(narrowed), { ...known, layersPerBlock: 3 });
  assert.equal(namedLayers('a forest'), undefined);
});

test('every neuron of narrow layers is drawn, and wide ones have a gap; all lie in the picture', () => {
  const drawn = svgText(networkDrawing(namedLayers('3-100-1')!, 'A network'));
  assert.equal(drawn.match(/class="neuron"/g)?.length, 3 + 6 + 1);
  assert.equal(drawn.match(/class="more"/g)?.length, 3);
  for (const [, y] of drawn.matchAll(/cy="([\d.-]+)"/g)) assert.ok(Number(y) > 3 && Number(y) < 76, y);
  assert.match(drawn, /aria-label="A network".*>100<\/text>/s);
  const blocks = svgText(networkDrawing(namedLayers(cnnName(cnn))!, 'Blocks'));
  assert.equal(blocks.match(/class="maps"/g)?.length, 1 + 2 * 5);
});

test('hypervolume has a figure from its second generation on', () => {
  assert.equal(hypervolumeFigure([0.5], 600), undefined);
  const figure = hypervolumeFigure([0.5, 0.75, Number.NaN], 600)!;
  assert.deepEqual(figure.table.rows, [
    ['1', '50 %'],
    ['2', '75 %'],
  ]);
  assert.match(figure.caption, /from 50 % after generation 1 to 75 % after generation 2/);
});
