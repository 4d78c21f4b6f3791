/** Lines over two axes, each with its name at its end, so that nobody has to match colours with a legend. */
import { type Axis, createFrame, drawAxes, type Frame, type FrameOptions } from './frame.ts';
import { pointList, type SvgElement, svg } from './svg.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface LinesOptions {
  readonly x: Omit<Axis, 'values'>;
  readonly y: Omit<Axis, 'values'>;
  readonly area: FrameOptions['area'];
  readonly lines: readonly Line[];
  /** A mark at every point. */
  readonly marks?: boolean;
}

/** How many colours and dash patterns there are; with more lines they repeat. */
export const tones = 6;

const labelHeight = 14;

/** Points that are not finite, or not positive on a logarithmic axis, are gaps. */
export function drawLines({ x, y, area, lines, marks }: LinesOptions): SvgElement {
  const all = lines.flatMap(({ points }) => points).filter((point) => Number.isFinite(point.y));
  const longest = lines.reduce((length, { name }) => Math.max(length, name.length), 0);
  const options: FrameOptions = {
    x: { ...x, values: all.map((point) => point.x) },
    y: { ...y, values: all.map((point) => point.y) },
    area,
    right: Math.min(area.width * 0.4, longest * 6.3 + 20),
  };
  const frame = createFrame(options);
  const drawable = (value: number) => Number.isFinite(value) && (frame.y.kind === 'linear' || value > 0);
  return svg(
    'g',
    {},
    drawAxes(frame, options),
    ...lines.map((line, index) => {
      const places = line.points.filter((point) => drawable(point.y)).map((point) => frame.place(point.x, point.y));
      return svg(
        'g',
        { class: `line tone-${index % tones}` },
        svg('polyline', { points: pointList(places) }),
        ...(marks ? places.map(([cx, cy]) => svg('circle', { cx, cy, r: 3.5 })) : []),
        svg('title', {}, line.name),
      );
    }),
    ...endLabels(lines, frame),
  );
}

/** Names at the ends of the lines, moved apart where they would overlap, with the line's own stroke before them. */
function endLabels(lines: readonly Line[], frame: Frame): SvgElement[] {
  const ends = lines
    .flatMap(({ name, points }, index) => {
      const last = points.findLast((point) => Number.isFinite(point.y));
      return last ? [{ name, index, y: frame.y.place(last.y) }] : [];
    })
    .sort((a, b) => a.y - b.y);
  const places = spread(
    ends.map(({ y }) => y),
    frame,
  );
  return ends.map(({ name, index }, at) =>
    svg(
      'g',
      { class: `line tone-${index % tones}` },
      svg('line', { x1: frame.right + 4, x2: frame.right + 12, y1: places[at]!, y2: places[at]! }),
      svg('text', { x: frame.right + 16, y: places[at]!, dy: '0.32em' }, name),
    ),
  );
}

/** Heights at least a label apart, as near to the wanted ones as their order allows. */
export function spread(wanted: readonly number[], { bottom }: Pick<Frame, 'bottom'>): number[] {
  const places: number[] = [];
  for (const y of wanted) places.push(Math.max(y, (places.at(-1) ?? Number.NEGATIVE_INFINITY) + labelHeight));
  // What ran over the bottom pushes back up.
  let limit = bottom;
  for (let index = places.length - 1; index >= 0; index--) {
    places[index] = Math.min(places[index]!, limit);
    limit = places[index]! - labelHeight;
  }
  return places;
}
