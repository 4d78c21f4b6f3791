/** A button per target that the network can be exported for, and for the others why not. */

import { t } from '../../engine/texts.ts';
import type { FrontPoint } from '../../server/protocol.ts';
import type { ExportTargets, PanelMessage } from '../messages.ts';
import { type Child, html } from './dom.ts';

export function drawExports(
  { id }: FrontPoint,
  known: ExportTargets | undefined,
  send: (message: PanelMessage) => void,
): Child[] {
  if (known?.candidateId !== id) return [html('p', { class: 'quiet' }, t('Looking for targets…'))];
  if (known.problem !== undefined) return [html('p', { class: 'quiet' }, known.problem)];
  return [
    html(
      'ul',
      { class: 'exports' },
      ...known.targets.map((target) => {
        const note = target.refused ?? target.unchecked;
        const noteId = `export-note-${target.id}`;
        return html(
          'li',
          {},
          html(
            'button',
            {
              ...{ type: 'button', class: 'secondary', disabled: target.refused !== undefined },
              'data-focus': `export-${target.id}`,
              'aria-label': t('Export for {0}', target.label),
              'aria-describedby': note === undefined ? undefined : noteId,
              click: () => send({ kind: 'export', candidateId: id, target: target.id }),
            },
            target.label,
          ),
          note === undefined ? undefined : html('span', { class: 'quiet', id: noteId }, note),
        );
      }),
    ),
  ];
}
