/** The names of the points that stand out, each where it covers the least of what is there already. */
import { type SvgElement, svg } from './svg.ts';

/** Pixels; the first corner is the upper left one. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Named {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

export interface Surroundings {
  /** Names stay inside it. */
  readonly area: Box;
  /** Lines and marks: better not covered. */
  readonly drawn: readonly Box[];
  /** Other text: never covered where there is a way. */
  readonly texts: readonly Box[];
}

/** About the size of text in pixels: nothing measures it before it is drawn. */
const letter = { width: 6.5, above: 11, below: 4 } as const;

/** From the point to the text's near end, and to its line above and below. */
const distance = { along: 12, above: -9, below: 18 } as const;

export function labels(points: readonly Named[], { area, drawn, texts }: Surroundings): SvgElement {
  const written = [...texts];
  return svg(
    'g',
    { class: 'roles', 'aria-hidden': 'true' },
    ...points.map(({ x, y, label }) => {
      const best = bestPlace(placesAround(x, y, label), { area, drawn, texts: written });
      written.push(best.box);
      return svg('text', { x: best.x, y: best.y, 'text-anchor': best.anchor }, label);
    }),
  );
}

/** Where a text may stand; the first of the best is taken. */
export function bestPlace(places: readonly [Place, ...Place[]], { area, drawn, texts }: Surroundings): Place {
  const cost = ({ box }: Place) =>
    1000 * Number(box.left < area.left || box.right > area.right || box.top < area.top || box.bottom > area.bottom) +
    100 * count(box, texts) +
    count(box, drawn);
  return places.reduce((before, place) => (cost(place) < cost(before) ? place : before));
}

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end';
  readonly box: Box;
}

/** The four corners around a point; the first is taken where nothing speaks against it. */
function placesAround(px: number, py: number, label: string): readonly [Place, ...Place[]] {
  const place = (anchor: Place['anchor'], dy: number): Place =>
    placeAt(label, px + (anchor === 'start' ? distance.along : -distance.along), py + dy, anchor);
  const { above, below } = distance;
  return [place('start', above), place('start', below), place('end', above), place('end', below)];
}

export function placeAt(text: string, x: number, y: number, anchor: Place['anchor']): Place {
  const width = text.length * letter.width;
  const left = anchor === 'start' ? x : x - width;
  return { x, y, anchor, box: { left, right: left + width, top: y - letter.above, bottom: y + letter.below } };
}

const count = (box: Box, others: readonly Box[]): number =>
  others.filter(
    ({ left, right, top, bottom }) => box.left < right && box.right > left && box.top < bottom && box.bottom > top,
  ).length;
