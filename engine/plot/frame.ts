/** Two axes with their ticks, grid and labels: what every plot is drawn into. */
import { writeNumber } from '../numbers.ts';
import { createScale, kindFor, type Scale } from './scale.ts';
import { type SvgElement, svg } from './svg.ts';

/** Pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Axis {
  readonly label: string;
  /** The data that the axis has to cover. */
  readonly values: readonly number[];
  /** Where absent, logarithmic once the values span enough decades. */
  readonly kind?: 'linear' | 'log';
}

export interface FrameOptions {
  readonly x: Axis;
  readonly y: Axis;
  /** The outer edges, in pixels; the axes' own labels lie inside them. */
  readonly area: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  /** Room for what is written beside the plot; 18 where absent. */
  readonly right?: number;
  /** A neighbour on the left has the same y axis, and carries its labels. */
  readonly sharesY?: boolean;
}

/** Where the data lies, in pixels. */
export interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  place(x: number, y: number): readonly [number, number];
}

/** Pixels around the data; `leftShared` where a neighbour carries the labels. */
export const margin = { top: 14, right: 18, bottom: 44, left: 62, leftShared: 4 } as const;

export function createFrame({ x, y, area, right = margin.right, sharesY }: FrameOptions): Frame {
  const inside = {
    left: area.left + (sharesY ? margin.leftShared : margin.left),
    right: area.left + area.width - right,
    top: area.top + margin.top,
    bottom: area.top + area.height - margin.bottom,
  };
  const [width, height] = [inside.right - inside.left, inside.bottom - inside.top];
  const xScale = createScale(x.values, {
    kind: x.kind ?? kindFor(x.values),
    range: [inside.left, inside.right],
    ticks: Math.ceil(width / 70) + 1,
  });
  const yScale = createScale(y.values, {
    kind: y.kind ?? kindFor(y.values),
    range: [inside.bottom, inside.top],
    ticks: Math.ceil(height / 45) + 1,
  });
  return { ...inside, x: xScale, y: yScale, place: (atX, atY) => [xScale.place(atX), yScale.place(atY)] };
}

export function drawAxes(frame: Frame, { x, y, area, sharesY }: FrameOptions): SvgElement {
  const { left, right, top, bottom } = frame;
  return svg(
    'g',
    { class: 'axes' },
    ...frame.y.ticks.flatMap((tick) => {
      const at = frame.y.place(tick);
      return [
        svg('line', { class: 'grid', x1: left, x2: right, y1: at, y2: at }),
        sharesY
          ? undefined
          : svg('text', { class: 'tick', x: left - 8, y: at, dy: '0.32em', 'text-anchor': 'end' }, tickText(tick)),
      ];
    }),
    ...frame.x.ticks.map((tick) => {
      const at = frame.x.place(tick);
      return svg('line', { class: 'grid', x1: at, x2: at, y1: top, y2: bottom });
    }),
    ...legible(frame.x).map((tick) =>
      svg('text', { class: 'tick', x: frame.x.place(tick), y: bottom + 16, 'text-anchor': 'middle' }, tickText(tick)),
    ),
    svg('polyline', { class: 'axis', points: `${left},${top} ${left},${bottom} ${right},${bottom}` }),
    svg(
      'text',
      { class: 'axis-label', x: (left + right) / 2, y: area.top + area.height - 6, 'text-anchor': 'middle' },
      x.label,
    ),
    sharesY
      ? undefined
      : svg(
          'text',
          {
            class: 'axis-label',
            transform: `translate(${area.left + 13} ${(top + bottom) / 2}) rotate(-90)`,
            'text-anchor': 'middle',
          },
          y.label,
        ),
  );
}

/** The ticks of a horizontal axis whose labels do not run into the one before. */
function legible({ ticks, place }: Scale): readonly number[] {
  let end = Number.NEGATIVE_INFINITY;
  return ticks.filter((tick) => {
    const half = (tickText(tick).length * characterWidth) / 2;
    const fits = place(tick) - half > end;
    if (fits) end = place(tick) + half + characterWidth;
    return fits;
  });
}

/** Pixels, of the small text of ticks. */
const characterWidth = 6.2;

const tickText = (tick: number): string => writeNumber(tick, 'fourDigits');
