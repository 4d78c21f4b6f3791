/** Elements in one call each. Attributes only: the content security policy forbids inline styles. */
import type { SvgElement } from '../../engine/plot/svg.ts';

type Attribute = string | number | boolean | undefined | ((event: Event) => void);
export type Attributes = Readonly<Record<string, Attribute>>;
export type Child = Node | string | undefined;

export function html<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), attributes, children);
}

/** A plot's elements as nodes of the document. */
export function toDom({ tag, attributes, children }: SvgElement): SVGElement {
  const nodes = children.map((child) => (typeof child === 'string' ? child : toDom(child)));
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, nodes);
}

/** Functions become listeners of the event that the attribute names; `false` and undefined leave it out. */
function fill<T extends Element>(element: T, attributes: Attributes, children: readonly Child[]): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/**
 * Replaces the children of `parent`, and gives the focus back to the element with the same `data-focus`, so that a
 * front that arrives while somebody walks along it with the arrow keys does not throw them out.
 */
export function replaceKeepingFocus(parent: Element, ...children: readonly Child[]): void {
  const active = document.activeElement;
  const key = active && parent.contains(active) ? active.getAttribute('data-focus') : null;
  parent.replaceChildren(...children.filter((child) => child !== undefined));
  if (key === null) return;
  const successor = parent.querySelector<HTMLElement | SVGElement>(`[data-focus="${CSS.escape(key)}"]`);
  successor?.focus({ preventScroll: true });
}
