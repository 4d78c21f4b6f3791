/** A network as a picture, from its name: layers of neurons, or the blocks of a convolutional network. */
import { formatAmount, formatCount } from '../format.ts';
import { t } from '../texts.ts';
import { pointList, type SvgElement, svg } from './svg.ts';

export type NamedLayers =
  /** Neurons of each layer: inputs, hidden layers, outputs. */
  | { readonly kind: 'mlp'; readonly widths: readonly number[] }
  | {
      readonly kind: 'cnn';
      readonly height: number;
      readonly width: number;
      readonly channels: number;
      readonly blocks: number;
      /** Convolutions of each block, those that narrow its input left out. */
      readonly layersPerBlock: number;
      readonly kernel: number;
    };

/** Reads a network's name, for example `4-8-1` or `28x28x1 L16 B2 3x3`; undefined for anything else. */
export function namedLayers(name: string): NamedLayers | undefined {
  if (/^\d+(-\d+)+$/.test(name)) return { kind: 'mlp', widths: name.split('-').map(Number) };
  const cnn = /^(\d+)x(\d+)x(\d+) L(\d+) B(\d+) (\d+)x\d+( B)?/.exec(name);
  if (!cnn) return undefined;
  const [height, width, channels, layers, blocks, kernel] = cnn.slice(1, 7).map(Number) as [
    ...[number, number, number, number, number, number],
  ];
  const perBlock = (layers - 4) / blocks;
  const layersPerBlock = Math.floor(cnn[7] ? perBlock / 2 : perBlock);
  return { kind: 'cnn', height, width, channels, blocks, layersPerBlock, kernel };
}

/** Pixels. */
const size = { width: 250, height: 92 };
const middle = 38;
const captionAt = 88;

/** `label` is what a screen reader says. */
export function networkDrawing(layers: NamedLayers, label: string): SvgElement {
  return svg(
    'svg',
    {
      class: 'network-drawing',
      viewBox: `0 0 ${size.width} ${size.height}`,
      width: size.width,
      height: size.height,
      role: 'img',
      'aria-label': label,
    },
    ...(layers.kind === 'mlp' ? drawMlp(layers.widths) : drawCnn(layers)),
  );
}

/** Neurons that a layer shows at most; a wider one has a gap in its middle. */
const mostNeurons = 7;
const gap = 10;

function drawMlp(widths: readonly number[]): SvgElement[] {
  const step = (size.width - 40) / Math.max(1, widths.length - 1);
  const columns = widths.map((width, index) => ({ width, x: 20 + index * step, ys: neuronsOf(width) }));
  const wires = columns.slice(1).flatMap((to, index) => {
    const from = columns[index]!;
    return from.ys.flatMap((y1) =>
      to.ys.map((y2) => `M${from.x.toFixed(1)} ${y1.toFixed(1)}L${to.x.toFixed(1)} ${y2.toFixed(1)}`),
    );
  });
  return [
    svg('path', { class: 'wires', d: wires.join('') }),
    ...columns.flatMap(({ width, x, ys }) => [
      ...ys.map((y) => svg('circle', { class: 'neuron', cx: x, cy: y, r: 3.5 })),
      ...(width > ys.length
        ? [-3, 0, 3].map((by) => svg('circle', { class: 'more', cx: x, cy: middle + by, r: 1 }))
        : []),
      caption(x, formatCount(width)),
    ]),
  ];
}

/** Where the neurons of a layer lie, around the middle. */
function neuronsOf(width: number): number[] {
  const shown = width > mostNeurons ? mostNeurons - 1 : width;
  const distance = shown > 1 ? Math.min(12, 62 / (shown - 1)) : 0;
  const hasGap = width > shown;
  return Array.from({ length: shown }, (_, index) => {
    const y = (index - (shown - 1) / 2) * distance;
    if (!hasGap) return middle + y;
    return middle + y * ((62 - gap) / 62) + (index < shown / 2 ? -gap / 2 : gap / 2);
  });
}

/** The image, the blocks at half the resolution each, and the classes. */
function drawCnn({ height, width, channels, blocks, layersPerBlock }: NamedLayers & { kind: 'cnn' }): SvgElement[] {
  const parts = blocks + 2;
  const step = (size.width - 44) / (parts - 1);
  const at = (index: number) => 22 + index * step;
  const shown = Array.from({ length: blocks }, (_, block) => {
    const side = Math.max(16, 60 / 2 ** block);
    const sheets = Math.min(layersPerBlock, 5);
    return svg(
      'g',
      {},
      ...Array.from({ length: sheets }, (_, sheet) =>
        svg('rect', {
          class: 'maps',
          x: at(block + 1) - 12 + sheet * 5,
          y: middle - side / 2,
          width: 4,
          height: side,
        }),
      ),
      caption(at(block + 1), formatAmount(layersPerBlock, 'layer')),
    );
  });
  const links = Array.from({ length: parts - 1 }, (_, index) =>
    svg('polyline', {
      class: 'wires',
      points: pointList([
        [at(index) + 17, middle],
        [at(index + 1) - 17, middle],
      ]),
    }),
  );
  return [
    ...links,
    svg('rect', { class: 'maps', x: at(0) - 15, y: middle - 15, width: 30, height: 30 }),
    caption(at(0), `${height}x${width}x${channels}`),
    ...shown,
    ...[-16, -8, 0, 8, 16].map((y) => svg('circle', { class: 'neuron', cx: at(parts - 1), cy: middle + y, r: 3 })),
    caption(at(parts - 1), t('outputs')),
  ];
}

const caption = (x: number, text: string): SvgElement =>
  svg('text', { class: 'tick', x, y: captionAt, 'text-anchor': 'middle' }, text);
