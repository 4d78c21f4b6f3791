/** What can be done with the selected network. */

import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { DetailsOptions } from './details.ts';
import { type Child, html } from './dom.ts';
import { isOffered } from './front.ts';
import { useState } from './status.ts';

type Options = Pick<DetailsOptions, 'status' | 'state' | 'send' | 'onPin'>;

export function drawActions(view: FrontView, point: FrontPoint, options: Options): Child[] {
  const own = view.subject.kind === 'dataset' ? datasetText(view, point) : sourceActions(view, point, options);
  return [...own, compareButton(point, options)];
}

/** The networks of a data set have no source to go into; they are exported. */
const datasetText = (view: FrontView, point: FrontPoint): Child[] =>
  isOffered(point, view)
    ? []
    : [html('p', { class: 'quiet' }, t('Another network is at least as small and as accurate.'))];

function sourceActions(view: FrontView, point: FrontPoint, { status, send }: Options): Child[] {
  const state = useState(status, view, point);
  const button = (name: string, text: string, click: () => void, secondary = true) =>
    html('button', { type: 'button', class: secondary ? 'secondary' : undefined, 'data-focus': name, click }, text);
  switch (state.kind) {
    case 'applied':
      return [
        html('p', { class: 'advice' }, t('{0} calls this network now.', view.subject.name)),
        html(
          'div',
          { class: 'buttons' },
          button('compare', t('Show changes'), () => send({ kind: 'compare' })),
          button('revert', t('Revert'), () => send({ kind: 'revert' })),
        ),
      ];
    case 'use': {
      const use = button(
        'use',
        state.label,
        () => send({ kind: 'use', candidateId: point.id }),
        state.advice !== undefined,
      );
      if (state.advice) use.setAttribute('aria-describedby', 'advice');
      return [
        ...(state.advice ? [html('p', { class: 'advice', id: 'advice' }, state.advice)] : []),
        html(
          'div',
          { class: 'buttons' },
          use,
          button('preview', t('Preview changes'), () => send({ kind: 'preview', candidateId: point.id })),
        ),
      ];
    }
    case 'disabled':
      return [
        html(
          'div',
          { class: 'buttons' },
          html('button', { type: 'button', disabled: true, 'aria-describedby': 'advice' }, t('Use this network')),
        ),
        html('p', { class: 'quiet', id: 'advice' }, state.reason),
      ];
  }
}

function compareButton({ id }: FrontPoint, { state, onPin }: Options): HTMLElement {
  const pinned = state.pinned === id;
  return html(
    'p',
    { class: 'links' },
    html(
      'button',
      {
        ...{ type: 'button', class: 'link', 'data-focus': 'pin', 'aria-pressed': String(pinned) },
        click: () => onPin(pinned ? undefined : id),
      },
      pinned ? t('Stop comparing') : t('Compare with another network'),
    ),
  );
}
