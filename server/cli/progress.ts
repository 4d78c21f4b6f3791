/** Progress on stderr: one line that is rewritten on a terminal, one line per step elsewhere. */
import type { FrontView } from '../protocol.ts';

export interface ProgressPrinter {
  show(message: string, fraction: number): void;
  showFront(front: FrontView): void;
  end(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): ProgressPrinter {
  let last = '';
  const line = (text: string): void => {
    if (text === last) return;
    last = text;
    stream.write(stream.isTTY ? `\r\x1b[2K${text}` : '');
  };
  const step = (text: string): void => {
    stream.write(stream.isTTY ? `\r\x1b[2K${text}\n` : `${text}\n`);
    last = '';
  };
  let stage = '';
  return {
    show(message, fraction) {
      line(`${String(Math.round(fraction * 100)).padStart(3)} %  ${message}`);
    },
    showFront(front) {
      const best = Math.min(...front.points.filter((point) => point.onFront).map((point) => point.error.nrmse));
      if (front.stage === 'searching' && front.generation > 0) {
        const volume = front.hypervolume.at(-1) ?? 0;
        step(
          `Generation ${front.generation} of ${front.generations}: ${front.evaluations} networks trained, ` +
            `best error ${(best * 100).toFixed(2)} %, hypervolume ${volume.toFixed(4)}`,
        );
      } else if (front.stage !== stage && front.stage !== 'done') {
        step(stageText[front.stage]);
      }
      stage = front.stage;
    },
    end() {
      if (stream.isTTY) stream.write('\r\x1b[2K');
    },
  };
}

const stageText: Record<FrontView['stage'], string> = {
  analysing: 'Analysing the function',
  sampling: 'Sampling inputs and outputs',
  searching: 'Searching networks',
  training: 'Training the front in full',
  measuring: 'Measuring the generated code',
  done: 'Done',
};
