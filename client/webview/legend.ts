/** What the shapes in the plot mean; only those that are in the picture. */
import { formatVariant } from '../../engine/format.ts';
import { type LegendEntry, legendMark, type Role } from '../../engine/plot/marks.ts';
import { capitalise, t } from '../../engine/texts.ts';
import { variantKinds } from '../../engine/types.ts';
import type { FrontView } from '../../server/protocol.ts';
import { html, toDom } from './dom.ts';
import { roleName } from './roles.ts';
import type { Scene } from './scene.ts';

export const drawLegend = (view: FrontView, scene: Scene): HTMLElement[] =>
  entriesOf(view, scene).map((entry) => html('li', {}, toDom(legendMark(entry)), entry.text));

function entriesOf(view: FrontView, { points, roles, replay, options }: Scene): LegendEntry[] {
  const offered = points.filter((point) => point.offered);
  // A point with several roles is drawn in the shape of its first.
  const shapes = new Set<Role>([...roles.values()].map((own) => own[0]!));
  return [
    ...(offered.some(({ variant }) => variant === undefined)
      ? [{ text: replay ? t('On the front of this generation') : t('Can be used') }]
      : []),
    ...(['knee', 'chosen', 'applied'] as const)
      .filter((role) => shapes.has(role))
      .map((role) => ({ role, text: roleName(role, view) })),
    ...variantKinds
      .filter((kind) => offered.some(({ variant }) => variant === kind))
      .map((variant) => ({ variant, text: capitalise(formatVariant(variant)) })),
    ...(options.earlier ? [{ earlier: true, text: t('One generation before') }] : []),
    ...(offered.length < points.length ? [{ dominated: true, text: t('Dominated') }] : []),
  ];
}
