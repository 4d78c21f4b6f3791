/** A shape for each role, so that no meaning rests on colour alone; the legend draws the same shapes. */

import type { VariantKind } from '../format.ts';
import { type SvgElement, svg } from './svg.ts';

/** What makes a network of the front stand out, in the order in which one shape stands for several. */
export type Role = 'applied' | 'chosen' | 'knee';

/** The mark of a point on the front, centred on the origin. */
export function markOf(role: Role | undefined): SvgElement {
  switch (role) {
    case 'applied':
      return svg('rect', { class: 'mark', x: -6, y: -6, width: 12, height: 12 });
    case 'chosen':
      return svg('path', { class: 'mark', d: 'M0 -8 L8 0 L0 8 L-8 0 Z' });
    case 'knee':
      return svg('path', { class: 'mark', d: 'M0 -7.5 L7 5 L-7 5 Z' });
    case undefined:
      return svg('circle', { class: 'mark', r: 5 });
  }
}

/** The mark of a network that was made from another, where it has no role. */
export function variantMark(variant: VariantKind): SvgElement {
  switch (variant) {
    // A disc of which a half is gone.
    case 'pruned':
      return svg('path', { class: 'mark', d: 'M-5.5 -1 A5.5 5.5 0 0 0 5.5 -1 Z' });
    case 'int8':
      return svg('path', { class: 'mark', d: 'M-4 -4 L4 4 M-4 4 L4 -4' });
    case 'fixed16':
      return svg('path', { class: 'mark', d: 'M-5 0 L5 0 M0 -5 L0 5' });
  }
}

export interface LegendEntry {
  readonly role?: Role;
  readonly variant?: VariantKind;
  readonly dominated?: boolean;
  readonly earlier?: boolean;
  readonly text: string;
}

/** The shape of a legend's entry, in a picture of its own. */
export const legendMark = (entry: LegendEntry): SvgElement =>
  svg('svg', { viewBox: '-9 -9 18 18', width: 14, height: 14, 'aria-hidden': 'true' }, legendShape(entry));

function legendShape({ role, variant, dominated, earlier }: LegendEntry): SvgElement {
  if (earlier) return svg('path', { class: 'earlier-line', d: 'M-9 -4H1V5H9' });
  if (dominated) return svg('path', { class: 'dominated', d: 'M0 0h0' });
  if (variant === undefined) return svg('g', { class: `front-point ${role ?? ''}` }, markOf(role));
  return svg('g', { class: variant === 'pruned' ? 'front-point' : 'integer-point' }, variantMark(variant));
}

/** The class of what may lie outside of the limits. */
export const fade = (name: string, outside: boolean | undefined): string => (outside ? `${name} out-of-bound` : name);
