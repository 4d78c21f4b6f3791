/** The plot with what belongs to it: axes, budget, pointer, replay and legend. */
import { networkLabel } from '../../engine/plot/runFigures.ts';
import { t } from '../../engine/texts.ts';
import type { FrontView } from '../../server/protocol.ts';
import type { Budget, PanelState } from '../messages.ts';
import { createAxesBar } from './axesBar.ts';
import { pickWithin } from './budget.ts';
import { createBudgetBar } from './budgetBar.ts';
import { rememberInputs } from './changes.ts';
import { drawChart, drawDots, showRelatives, walk } from './chart.ts';
import { html, replaceKeepingFocus } from './dom.ts';
import { isOffered } from './front.ts';
import { drawLegend } from './legend.ts';
import { listenToPointer } from './pointer.ts';
import { createReplay } from './replay.ts';
import { figureText, type Scene, sceneOf } from './scene.ts';
import { createTip } from './tip.ts';

export interface FigureOptions {
  readonly onState: (change: Partial<PanelState>) => void;
  readonly onGeneration: (generation: number | undefined) => void;
  /** The limits on what is known of networks; undefined where every limit is taken away. */
  readonly onBudget: (budget: Budget | undefined) => void;
  readonly onSelect: (id: string) => void;
  /** Everything is to be drawn as it was. */
  readonly onCancel: () => void;
  /** The plot has another width. */
  readonly onResize: () => void;
}

/** What it was drawn from last; a drag draws from it with other budgets. */
interface Shown {
  readonly view: FrontView;
  readonly state: PanelState;
  readonly scene: Scene;
}

export function createFigure(options: FigureOptions) {
  const axes = createAxesBar(options.onState);
  const budget = createBudgetBar(options.onBudget);
  const replay = createReplay(options.onGeneration);
  const dots = html('div', { class: 'plot-dots' });
  const picture = html('div', { class: 'plot-picture' });
  const plot = html('div', { class: 'plot' }, dots, picture);
  const tip = html('div', { class: 'tip', hidden: true, 'aria-hidden': 'true' });
  const legend = html('ul', { class: 'legend' });
  const controls = html('div', { class: 'controls' }, axes.element, budget.element, budget.result);
  const frame = html('div', { class: 'plot-frame' }, plot, tip);
  const element = html(
    'section',
    { class: 'figure', 'aria-label': t('Pareto front') },
    ...[frame, replay.element, legend],
  );

  const showTip = createTip(tip, plot);
  const changed = rememberInputs();
  let shown: Shown | undefined;
  let selectedId: string | undefined;

  /** Pixels. Asking the browser between two changes of the document would make it lay everything out in between. */
  let widths = { plot: 0, controls: 0 };
  const measure = () => {
    widths = { plot: plot.clientWidth, controls: controls.clientWidth };
  };

  function sizeOf(): { readonly width: number; readonly height: number } {
    if (widths.plot === 0) measure();
    const width = Math.max(280, Math.round(widths.plot));
    // Beside the details there is room for a taller picture than above them.
    const beside = widths.controls > width + 200;
    return { width, height: Math.round(Math.min(420, Math.max(240, width * (beside ? 0.68 : 0.54)))) };
  }

  listenToPointer({
    plot,
    scene: () => shown?.scene,
    budget: () => shown?.state.budget ?? {},
    onSelect: options.onSelect,
    onHover(id, scene) {
      showTip(tipOf(id, scene));
      if (changed('relatives', [scene, id ?? selectedId])) showRelatives(picture, scene, id ?? selectedId);
    },
    onBrush(next) {
      if (!shown) return;
      const { view, state, scene } = shown;
      // The dots stay as they are until the drag is over: they fade then.
      const marks = { ...view, points: view.points.filter((point) => isOffered(point, view)) };
      const look = { ...state, x: scene.axes.x.id, y: scene.axes.y.id, budget: next };
      const brushed = sceneOf(marks, look, sizeOf(), scene.frame);
      picture.replaceChildren(drawChart(brushed, pickWithin(marks, next)?.point.id));
      budget.update(view, next);
    },
    onBrushed(next) {
      forget();
      options.onBudget(next);
    },
    onCancel() {
      forget();
      options.onCancel();
    },
  });
  plot.addEventListener('keydown', (event) => shown && walk(event, shown.scene, options.onSelect));

  /** What the drag has drawn is not what was remembered. */
  function forget(): void {
    for (const part of ['chart', 'budget']) changed(part, []);
  }

  function tipOf(id: string | undefined, { axes: { x, y }, frame: { place }, points }: Scene) {
    const point = shown?.view.points.find((own) => own.id === id);
    const at = points.find((own) => own.id === id);
    if (!point || !at) return undefined;
    const [left, top] = place(at.x, at.y);
    const text = [y, x].map((metric) => figureText(metric, point)).join(', ');
    return { x: left, y: top, title: networkLabel(point), text };
  }

  // The plot is drawn in real pixels, so that its text keeps the editor's size at every width.
  new ResizeObserver(() => {
    measure();
    options.onResize();
  }).observe(plot);

  return {
    controls,
    element,
    /** Draws what has changed, and answers what is in the picture; undefined while there is nothing to draw. */
    update(view: FrontView, state: PanelState, selected: string | undefined): Scene | undefined {
      const empty = view.points.length === 0;
      for (const part of [controls, legend]) part.hidden = empty;
      if (empty) {
        replay.element.hidden = true;
        shown = undefined;
        for (const part of ['scene', 'dots']) changed(part, []);
        const text = t('Networks appear here after the first generation.');
        if (changed('chart', [text])) {
          dots.replaceChildren();
          picture.replaceChildren(html('p', { class: 'plot-empty' }, text));
        }
        return undefined;
      }
      const size = sizeOf();
      const { x, y, xScale, yScale, budget: limits, generation, pinned } = state;
      const look = [view, x, y, xScale, yScale, limits, generation, pinned, size.width, size.height];
      const isNew = changed('scene', look) || shown === undefined;
      const scene = isNew || !shown ? sceneOf(view, state, size) : shown.scene;
      shown = { view, state, scene };
      selectedId = selected;
      if (changed('dots', [scene])) dots.replaceChildren(drawDots(scene));
      if (changed('chart', [scene, selected])) {
        replaceKeepingFocus(picture, drawChart(scene, selected));
        changed('relatives', [scene, selected]);
      }
      if (isNew) {
        showTip(undefined);
        axes.update(view, scene);
        replay.update(view, scene.replay ? generation : undefined);
        legend.replaceChildren(...drawLegend(view, scene));
      }
      if (changed('budget', [view, limits])) budget.update(view, limits);
      return scene;
    },
  };
}
