/** The search again, generation by generation: a slider, and a button that moves it. */
import { formatCount } from '../../engine/format.ts';
import { writeNumber } from '../../engine/numbers.ts';
import { sparkline } from '../../engine/plot/sparkline.ts';
import { t } from '../../engine/texts.ts';
import type { FrontView } from '../../server/protocol.ts';
import { html, toDom } from './dom.ts';

const stepMs = 700;

/** `onGeneration` gets undefined for the final front. */
export function createReplay(onGeneration: (generation: number | undefined) => void) {
  let generations: readonly number[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  const at = () => Number(slider.value);
  const slider = html('input', {
    ...{ type: 'range', min: 0, step: 1, 'aria-label': t('Generation') },
    input: () => {
      stop();
      onGeneration(generations[at()]);
    },
  });
  const play = html('button', { type: 'button', class: 'toggle play', click: () => (timer ? stop() : start()) });
  const text = html('span', { class: 'quiet replay-text' });
  const course = html('span', { class: 'course' });
  const element = html('div', { class: 'toolbar replay' }, play, slider, text, course);

  function start(): void {
    if (at() === generations.length) move(0);
    timer = setInterval(() => move(at() + 1), stepMs);
    label();
  }
  function move(index: number): void {
    slider.value = String(index);
    if (index >= generations.length) stop();
    onGeneration(generations[index]);
  }
  function stop(): void {
    clearInterval(timer);
    timer = undefined;
    label();
  }
  function label(): void {
    const name = timer ? t('Pause the replay') : t('Replay the search');
    play.setAttribute('aria-label', name);
    play.title = name;
    play.classList.toggle('playing', timer !== undefined);
  }
  label();

  return {
    element,
    /** Hidden until there are generations to go back to. */
    update(view: FrontView, generation: number | undefined): void {
      const fronts = view.plots?.fronts ?? [];
      generations = fronts.map((front) => front.generation);
      const canReplay = generations.length > 1;
      const hasCourse = view.hypervolume.length > 0;
      element.hidden = !canReplay && !hasCourse;
      play.hidden = slider.hidden = !canReplay;
      slider.max = String(generations.length);
      const index = generation === undefined ? -1 : generations.indexOf(generation);
      slider.value = String(index < 0 ? generations.length : index);
      const shown =
        index < 0
          ? t('Final front')
          : t('Generation {0} of {1}', formatCount(generation!), formatCount(generations.at(-1)!));
      slider.setAttribute('aria-valuetext', shown);
      const size = fronts[index]?.places.length;
      const volumes = view.hypervolume.slice(0, index < 0 ? undefined : generation);
      const volume = volumes.at(-1);
      text.textContent = [
        ...(canReplay ? [shown] : []),
        ...(size === undefined ? [] : [t('{0} on the front', formatCount(size))]),
        ...(volume === undefined ? [] : [t('hypervolume {0}', formatVolume(volume))]),
      ].join(', ');
      const words = t('Hypervolume after each generation: {0}', view.hypervolume.map(formatVolume).join(', '));
      text.title = t('How much of the plane of error and size the front covers. Larger is better.');
      // One value is no course yet.
      course.replaceChildren(...(volumes.length < 2 ? [] : [toDom(sparkline(volumes, view.generations, words))]));
    },
  };
}

const formatVolume = (value: number): string =>
  Number.isFinite(value) ? writeNumber(value, 'fourDigits') : t('unknown');
