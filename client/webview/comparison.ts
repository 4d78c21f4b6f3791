/** Two networks side by side, as a table with what the second has more or less. */
import { networkLabel } from '../../engine/plot/runFigures.ts';
import { t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import { compareNetworks } from './compare.ts';
import { type Child, html } from './dom.ts';

export function drawComparison(
  view: FrontView,
  pinned: FrontPoint,
  selected: FrontPoint | undefined,
  onStop: () => void,
): Child[] {
  const stop = html('button', { type: 'button', class: 'link', click: onStop }, t('Stop comparing'));
  if (!selected || selected.id === pinned.id) {
    const text = t(
      'Select another network, in the plot or in the table, to compare it with {0}.',
      networkLabel(pinned),
    );
    return [html('p', { class: 'quiet' }, text), stop];
  }
  const rows = compareNetworks(view, pinned, selected);
  return [
    html(
      'div',
      { class: 'table-scroll', role: 'region', 'aria-label': t('Comparison, scrollable'), tabindex: 0 },
      html(
        'table',
        { class: 'comparison' },
        html('caption', { class: 'visually-hidden' }, t('{0} and {1}', networkLabel(pinned), networkLabel(selected))),
        html(
          'thead',
          {},
          html(
            'tr',
            {},
            html('th', { scope: 'col' }, t('Figure')),
            ...[networkLabel(pinned), networkLabel(selected), t('Difference')].map((title) =>
              html('th', { scope: 'col', class: 'numeric' }, title),
            ),
          ),
        ),
        html(
          'tbody',
          {},
          ...rows.map(({ name, first, second, difference, verdict }) =>
            html(
              'tr',
              {},
              html('th', { scope: 'row' }, name),
              html('td', { class: 'numeric' }, first),
              html('td', { class: 'numeric' }, second),
              html(
                'td',
                { class: `numeric ${verdict ?? ''}` },
                difference,
                verdict === undefined
                  ? undefined
                  : html('span', { class: 'verdict' }, verdict === 'better' ? ` ${t('better')}` : ` ${t('worse')}`),
              ),
            ),
          ),
        ),
      ),
    ),
    stop,
  ];
}
