/** The parts of the panel that stay while their contents are drawn anew. */
import { html } from './dom.ts';
import { createTargetSection } from './target.ts';

export interface LayoutOptions {
  readonly onBound: (text: string) => void;
  readonly onDominated: (shown: boolean) => void;
  readonly onReveal: () => void;
  readonly onStop: () => void;
  readonly onRun: () => void;
  readonly onPickTarget: () => void;
}

/** Fills the document's `#root`. */
export function createLayout(options: LayoutOptions) {
  const { onBound, onDominated, onReveal, onStop, onRun, onPickTarget } = options;
  const root = document.getElementById('root');
  if (!root) throw new Error('The panel has no root element.');

  const name = html('button', { type: 'button', class: 'link', click: onReveal });
  const target = html('span', { class: 'quiet' });
  const statusText = html('span', { role: 'status', 'aria-live': 'polite' });
  const progress = html('progress', { max: 1, 'aria-label': 'Progress', hidden: true });
  // These stay while fronts arrive: a button that is drawn anew between press and release loses the click.
  const stop = html('button', { type: 'button', class: 'secondary', hidden: true, click: onStop }, 'Stop');
  const run = html('button', { type: 'button', class: 'secondary', hidden: true, click: onRun }, 'Run again');
  const status = html(
    'div',
    { class: 'status' },
    html('span', { class: 'status-line' }, html('span', { class: 'status-mark', 'aria-hidden': 'true' }), statusText),
    html('span', { class: 'status-tools' }, progress, stop, run),
  );

  const bound = html('input', {
    type: 'text',
    inputmode: 'decimal',
    size: 5,
    id: 'bound',
    'aria-describedby': 'bound-unit',
    input: () => onBound(bound.value),
  });
  const count = html('span', { class: 'quiet', 'aria-live': 'polite' });
  const plot = html('div', { class: 'plot' });
  const below = html('div', { class: 'below-plot' });
  const details = html('section', { class: 'details', 'aria-label': 'Selected network' });
  const dominated = html('input', { type: 'checkbox', change: () => onDominated(dominated.checked) });
  const table = html('div', {});

  const toolbar = html(
    'div',
    { class: 'toolbar' },
    html('label', { for: 'bound' }, 'Error at most'),
    bound,
    html('span', { id: 'bound-unit' }, '%'),
    count,
  );
  const networks = html(
    'section',
    { class: 'networks', 'aria-label': 'All networks' },
    html(
      'div',
      { class: 'toolbar' },
      html('h2', {}, 'Networks'),
      html('label', {}, dominated, 'Show dominated networks'),
    ),
    table,
  );
  const onTarget = createTargetSection(onPickTarget);
  const explained = html('div', { class: 'figures' });
  const explanation = html(
    'section',
    { class: 'plots', 'aria-label': 'Where the selected network is wrong', hidden: true },
    html('h2', {}, 'Where it is wrong'),
    explained,
  );
  const figures = html('div', { class: 'figures' });
  const plots = html('section', { class: 'plots', 'aria-label': 'Plots' }, html('h2', {}, 'Plots'), figures);
  const content = html(
    'div',
    { class: 'content', hidden: true },
    html('section', { class: 'figure', 'aria-label': 'Pareto front' }, toolbar, plot, below),
    details,
    networks,
    onTarget.element,
    explanation,
    plots,
  );
  root.replaceChildren(html('header', {}, html('h1', {}, name, ' ', target), status), content);
  return {
    root,
    name,
    target,
    status,
    statusText,
    progress,
    stop,
    run,
    toolbar,
    bound,
    count,
    plot,
    below,
    details,
    dominated,
    networks,
    table,
    onTarget,
    explanation,
    explained,
    plots,
    figures,
    content,
  };
}

export type Layout = ReturnType<typeof createLayout>;
