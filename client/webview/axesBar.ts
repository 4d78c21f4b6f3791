/** Which two metrics the plot is of, and on which scales. */
import { formatAmount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { FrontView } from '../../server/protocol.ts';
import { type MetricId, metricIds, type PanelState } from '../messages.ts';
import { html } from './dom.ts';
import { isOffered } from './front.ts';
import { metricsOf } from './metrics.ts';
import type { Scene } from './scene.ts';

type Picked = Partial<Pick<PanelState, 'x' | 'y' | 'xScale' | 'yScale'>>;

export function createAxesBar(onPick: (picked: Picked) => void) {
  const picker = (side: 'x' | 'y', label: string) =>
    html('select', {
      'aria-label': label,
      change: ({ target }) => {
        const value = (target as HTMLSelectElement).value;
        const id = metricIds.find((known) => known === value);
        if (id) onPick({ [side]: id });
      },
    });
  const scale = (side: 'x' | 'y', label: string) => {
    const button = html(
      'button',
      {
        ...{ type: 'button', class: 'toggle', 'aria-label': label, title: label },
        click: () => onPick({ [`${side}Scale`]: button.getAttribute('aria-pressed') === 'true' ? 'linear' : 'log' }),
      },
      t('log'),
    );
    return button;
  };
  const [y, x] = [picker('y', t('Vertical axis')), picker('x', t('Horizontal axis'))];
  const [yScale, xScale] = [
    scale('y', t('Log scale of the vertical axis')),
    scale('x', t('Log scale of the horizontal axis')),
  ];
  const count = html('span', { class: 'quiet count' });
  const element = html('div', { class: 'toolbar axes-bar' }, y, yScale, html('span', { class: 'quiet' }, t('against')));
  element.append(x, xScale, count);
  let listed: FrontView | undefined;

  return {
    element,
    update(view: FrontView, { axes, frame, replay }: Scene): void {
      if (listed !== view) {
        const metrics = metricsOf(view);
        for (const select of [x, y]) {
          select.replaceChildren(...metrics.map(({ id, name }) => html('option', { value: id }, name)));
        }
        count.textContent = formatAmount(view.points.filter((point) => isOffered(point, view)).length, 'network');
        listed = view;
      }
      const show = (select: HTMLSelectElement, button: HTMLElement, id: MetricId, kind: string) => {
        select.value = id;
        // The replay has axes of its own.
        select.disabled = replay;
        button.setAttribute('aria-pressed', String(kind === 'log'));
      };
      show(x, xScale, axes.x.id, frame.x.kind);
      show(y, yScale, axes.y.id, frame.y.kind);
      xScale.toggleAttribute('disabled', replay);
    },
  };
}
