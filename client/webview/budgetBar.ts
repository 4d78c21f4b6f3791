/** The budget as fields: what is at most acceptable, and in words which network is best within it. */

import { t } from '../../engine/texts.ts';
import type { FrontView } from '../../server/protocol.ts';
import { type Budget, type MetricId, metricIds } from '../messages.ts';
import { budgetText, limited } from './budget.ts';
import { html } from './dom.ts';
import { isTargetCost, limitText, metricOf, metricsOf, parseLimit } from './metrics.ts';

/** Those that have a field whether they are limited or not. */
const usual: readonly MetricId[] = ['nrmse', 'bytes', 'latencyNs', ...metricIds.filter(isTargetCost)];

const examples: Partial<Record<MetricId, string>> = { nrmse: '2 %', bytes: '32 kB', latencyNs: '1 µs' };

/** `onBudget` gets undefined where every limit is taken away, also those that have no field on this target. */
export function createBudgetBar(onBudget: (budget: Budget | undefined) => void) {
  let shown: { view: FrontView; budget: Budget } | undefined;
  const fields = metricIds.map((id) => {
    const input = html('input', {
      ...{ type: 'text', size: 6, placeholder: examples[id] ?? '', spellcheck: 'false', autocomplete: 'off' },
      'aria-describedby': 'budget-result',
      input: () => type(id, input),
      change: () => shown && input.getAttribute('aria-invalid') !== 'true' && fill(id, input, shown, true),
    });
    const name = html('span', {});
    return { id, input, name, label: html('label', { hidden: true }, name, input) };
  });
  const clear = html(
    'button',
    { type: 'button', class: 'link', hidden: true, click: () => onBudget(undefined) },
    t('Clear'),
  );
  const result = html('p', { class: 'quiet budget-result', id: 'budget-result', role: 'status' });
  const element = html(
    'div',
    { class: 'toolbar budget-bar', role: 'group', 'aria-label': t('Budget: the most that is acceptable') },
    html('span', { class: 'quiet' }, t('At most')),
    ...fields.map(({ label }) => label),
    clear,
  );

  function type(id: MetricId, input: HTMLInputElement): void {
    if (!shown) return;
    const limit = parseLimit(metricOf(id, shown.view), input.value);
    input.setAttribute('aria-invalid', String(limit.kind === 'invalid'));
    const { [id]: _previous, ...rest } = shown.budget;
    onBudget(limit.kind === 'limit' ? { ...rest, [id]: limit.value } : rest);
  }

  function fill(id: MetricId, input: HTMLInputElement, { view, budget }: NonNullable<typeof shown>, force = false) {
    // What somebody is typing stays as they type it.
    if (!force && input === document.activeElement) return;
    const limit = budget[id];
    input.value = limit === undefined ? '' : limitText(metricOf(id, view), limit);
    input.setAttribute('aria-invalid', 'false');
  }

  return {
    element,
    result,
    update(view: FrontView, budget: Budget): void {
      shown = { view, budget };
      const known = new Set(metricsOf(view).map(({ id }) => id));
      for (const { id, input, name, label } of fields) {
        const metric = metricOf(id, view);
        label.hidden = budget[id] === undefined && !(usual.includes(id) && known.has(id));
        name.textContent = metric.better === 'less' ? metric.name : t('{0} at least', metric.name);
        fill(id, input, shown);
      }
      clear.hidden = limited(budget).length === 0;
      const text = budgetText(view, budget);
      if (result.textContent !== text) result.textContent = text;
    },
  };
}
