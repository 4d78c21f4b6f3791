/**
 * What a pointer does over the plot: hovering names the nearest network, a click selects it, and a drag draws the budget
 * from the axes to where it is let go.
 */
import type { Budget } from '../messages.ts';
import { brush } from './brush.ts';
import { markAt, pointNear } from './chart.ts';
import type { Scene } from './scene.ts';

export interface PointerOptions {
  /** The element that stays while pictures in it are replaced. */
  readonly plot: HTMLElement;
  readonly scene: () => Scene | undefined;
  readonly budget: () => Budget;
  readonly onHover: (id: string | undefined, scene: Scene) => void;
  readonly onSelect: (id: string) => void;
  /** While the drag goes on, at most once per frame. */
  readonly onBrush: (budget: Budget) => void;
  readonly onBrushed: (budget: Budget) => void;
  /** The drag was left with Escape. */
  readonly onCancel: () => void;
}

/** Pixels that a pointer moves before it drags. */
const dragStart = 5;

export function listenToPointer(options: PointerOptions): void {
  const { plot, scene, onHover, onSelect } = options;
  let down: { readonly x: number; readonly y: number; readonly id: number } | undefined;
  let drag: Budget | undefined;
  /** The click after a drag is its end. */
  let dragged = false;
  let frame = 0;

  const placeOf = (event: MouseEvent) => {
    const picture = plot.getBoundingClientRect();
    return { x: event.clientX - picture.left, y: event.clientY - picture.top };
  };
  const end = () => {
    down = undefined;
    drag = undefined;
    cancelAnimationFrame(frame);
  };

  plot.addEventListener('pointerdown', (event) => {
    const at = placeOf(event);
    dragged = false;
    if (event.button === 0 && event.isPrimary) down = { ...at, id: event.pointerId };
  });
  plot.addEventListener('pointermove', (event) => {
    const [shown, at] = [scene(), placeOf(event)];
    if (!shown) return;
    // It was released outside, where nobody hears it before a drag has begun.
    if (event.buttons === 0 && !drag) down = undefined;
    if (!down) {
      onHover(pointNear(shown, at.x, at.y), shown);
      return;
    }
    // What there was in a replay is not there to choose from.
    if (shown.replay || (!drag && Math.hypot(at.x - down.x, at.y - down.y) < dragStart)) return;
    if (!drag) {
      plot.setPointerCapture(down.id);
      onHover(undefined, shown);
      dragged = true;
    }
    drag = brush(options.budget(), shown, at);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => drag && options.onBrush(drag));
  });
  plot.addEventListener('pointerup', () => {
    const budget = drag;
    end();
    if (budget) options.onBrushed(budget);
  });
  plot.addEventListener('click', (event) => {
    const [shown, at] = [scene(), placeOf(event)];
    if (dragged || !shown) return;
    // Assistive software clicks on elements; a pointer clicks on places, where marks may cover each other.
    const mark = markAt(event.target)?.getAttribute('data-point');
    const id = event.detail === 0 && mark ? mark : pointNear(shown, at.x, at.y);
    if (id) onSelect(id);
  });
  plot.addEventListener('pointercancel', () => {
    if (drag) options.onCancel();
    end();
  });
  plot.addEventListener('pointerleave', () => {
    const shown = scene();
    if (shown && !drag) onHover(undefined, shown);
  });
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !drag) return;
    end();
    options.onCancel();
  });
}
