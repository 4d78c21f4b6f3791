/**
 * SVG as plain data. Plots are trees of these; the panel makes DOM nodes of them, the report makes text. They carry
 * classes and no colours, because the reader's theme has those.
 */
export type SvgTag =
  | 'svg'
  | 'g'
  | 'line'
  | 'polyline'
  | 'path'
  | 'rect'
  | 'circle'
  | 'text'
  | 'title'
  | 'desc'
  | 'style';

export interface SvgElement {
  readonly tag: SvgTag;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (SvgElement | string)[];
}

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Attributes and children that are undefined are left out. */
export function svg(
  tag: SvgTag,
  attributes: Attributes = {},
  ...children: readonly (SvgElement | string | undefined)[]
): SvgElement {
  const given = Object.entries(attributes).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  return { tag, attributes: Object.fromEntries(given), children: children.filter((child) => child !== undefined) };
}

/** The `points` of a polyline, to a tenth of a pixel. */
export const pointList = (places: readonly (readonly [number, number])[]): string =>
  places.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');

/** As markup that may stand in HTML. With a namespace, as a file of its own needs it. */
export function svgText(element: SvgElement, namespace = false): string {
  const { tag, attributes, children } = element;
  const all = namespace ? { xmlns: 'http://www.w3.org/2000/svg', ...attributes } : attributes;
  const written = Object.entries(all).map(
    ([name, value]) => ` ${name}="${escapeText(String(typeof value === 'number' ? round(value) : value))}"`,
  );
  const inside = children.map((child) => (typeof child === 'string' ? escapeText(child) : svgText(child)));
  return `<${tag}${written.join('')}>${inside.join('')}</${tag}>`;
}

export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const round = (value: number): number => Number(value.toFixed(1));
