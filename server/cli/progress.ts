/** Progress on stderr: one line that is rewritten on a terminal; elsewhere one per step, and one now and then between. */
import { formatPercent } from '../../engine/format.ts';
import type { SearchView } from '../pipeline/datasetRun.ts';

export interface ProgressPrinter {
  show(message: string, fraction: number): void;
  showFront(front: SearchView): void;
  /** A line that stays. */
  note(text: string): void;
  end(): void;
}

/** How long a log stays silent, at least, where lines cannot be rewritten. */
const silenceMs = 60_000;

/** `texts` says what some stages are called here. */
export function createProgress(
  texts: Partial<typeof stageText> = {},
  stream: NodeJS.WriteStream = process.stderr,
): ProgressPrinter {
  let last = '';
  let writtenMs = Date.now();
  const line = (text: string): void => {
    if (text === last || (!stream.isTTY && Date.now() - writtenMs < silenceMs)) return;
    last = text;
    writtenMs = Date.now();
    stream.write(stream.isTTY ? `\r\x1b[2K${text}` : `${text}\n`);
  };
  const step = (text: string): void => {
    stream.write(stream.isTTY ? `\r\x1b[2K${text}\n` : `${text}\n`);
    last = '';
    writtenMs = Date.now();
  };
  let stage = '';
  return {
    note: step,
    show(message, fraction) {
      line(`${String(Math.round(fraction * 100)).padStart(3)} %  ${message}`);
    },
    showFront(front) {
      const best = Math.min(...front.points.filter((point) => point.onFront).map((point) => point.error.nrmse));
      if (front.stage === 'searching' && front.generation > 0) {
        const volume = front.hypervolume.at(-1) ?? 0;
        step(
          `Generation ${front.generation} of ${front.generations}: ${front.evaluations} networks trained, ` +
            `best error ${formatPercent(best)}, hypervolume ${volume.toFixed(4)}`,
        );
      } else if (front.stage !== stage && front.stage !== 'done') {
        step(texts[front.stage] ?? stageText[front.stage]);
      }
      stage = front.stage;
    },
    end() {
      if (stream.isTTY) stream.write('\r\x1b[2K');
    },
  };
}

const stageText: Record<SearchView['stage'], string> = {
  analysing: 'Analysing the function',
  sampling: 'Sampling inputs and outputs',
  searching: 'Searching networks',
  training: 'Training the front in full',
  measuring: 'Measuring the generated code',
  done: 'Done',
};
