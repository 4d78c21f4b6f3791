/** Trainers side by side: each works for a moment in turn, round after round, so that all see the same machine. */
import { significant } from '../../engine/format.ts';

export interface Round {
  readonly seconds: number;
  /** Processor time of all threads, where it is measured. Other programs on the machine hardly change it. */
  readonly cpuSeconds?: number;
  /** Mean loss of the first epoch. */
  readonly loss: number;
}

/** One trainer at work on one problem, from the state that the last call left. */
export interface Contestant {
  /** Samples of one epoch, over all threads. */
  readonly samples: number;
  train(epochs: number): Promise<Round>;
  end?(): void;
}

export interface Entry<Problem> {
  readonly name: string;
  /** Throws an Error that says what is missing where this machine cannot run it. */
  start(problem: Problem): Promise<Contestant>;
}

export interface Suite<Problem> {
  readonly title: string;
  readonly problems: readonly Problem[];
  readonly nameOf: (problem: Problem) => string;
  /** Floating-point operations of a training step, per sample. */
  readonly operationsPerSample: (problem: Problem) => number;
  /** Whether all start from the same weights and samples, so that the loss of the first epoch must be the same. */
  readonly sameStart: boolean;
  /** Others are compared with the first one. */
  readonly entries: readonly Entry<Problem>[];
}

interface Running {
  readonly name: string;
  readonly contestant: Contestant;
  readonly epochs: number;
  readonly loss: number;
  /** Samples per second, one value per round. */
  readonly rates: number[];
  /** Samples per second of processor time, where it is measured. */
  readonly cpuRates: number[];
}

const rounds = 7;
/** Long enough for the clock, short enough that a neighbour's burst meets one round only. */
const secondsPerRound = 0.2;

/** Runs every problem and prints one Markdown table for each. */
export async function runSuite<Problem>(suite: Suite<Problem>): Promise<void> {
  console.log(`\n### ${suite.title}\n`);
  const reasons = new Set<string>();
  for (const problem of suite.problems) {
    const { running, missing } = await startAll(suite.entries, problem);
    try {
      for (let round = 0; round < rounds; round++) {
        for (const { contestant, epochs, rates, cpuRates } of running) {
          const { seconds, cpuSeconds } = await contestant.train(epochs);
          rates.push((contestant.samples * epochs) / seconds);
          if (cpuSeconds) cpuRates.push((contestant.samples * epochs) / cpuSeconds);
        }
      }
    } finally {
      for (const { contestant } of running) contestant.end?.();
    }
    printTable(suite, problem, running);
    for (const reason of missing) reasons.add(reason);
  }
  for (const reason of reasons) console.log(`- ${reason}`);
}

/** One epoch to warm up, one to see how long it takes; then as many a round as fill its time. */
async function startAll<Problem>(entries: readonly Entry<Problem>[], problem: Problem) {
  const running: Running[] = [];
  const missing: string[] = [];
  for (const { name, start } of entries) {
    try {
      const contestant = await start(problem);
      const { loss } = await contestant.train(1);
      const { seconds } = await contestant.train(1);
      const epochs = Math.max(1, Math.round(secondsPerRound / seconds));
      running.push({ name, contestant, epochs, loss, rates: [], cpuRates: [] });
    } catch (error) {
      missing.push(`${name}: ${(error as Error).message}`);
    }
  }
  return { running, missing };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

function printTable<Problem>(suite: Suite<Problem>, problem: Problem, running: readonly Running[]): void {
  const operations = suite.operationsPerSample(problem);
  const [first] = running;
  if (!first) return;
  const rows = running.map(({ name, rates, cpuRates, loss, contestant }) => {
    const rate = median(rates);
    const ratio = rate / median(first.rates);
    const cpuRatio = cpuRates.length > 0 && first.cpuRates.length > 0 && median(cpuRates) / median(first.cpuRates);
    // A trainer that computes something else is no comparison. Other samples (a part of them) have another loss.
    const same =
      !suite.sameStart || contestant.samples % first.contestant.samples !== 0 || Math.abs(loss / first.loss - 1) < 1e-3;
    return [
      same ? name : `${name} (loss ${loss.toPrecision(4)}, not ${first.loss.toPrecision(4)})`,
      Math.round(rate).toLocaleString('en-US'),
      significant((rate * operations) / 1e9),
      significant(ratio),
      cpuRatio === false ? '' : significant(cpuRatio),
    ];
  });
  const header = [suite.nameOf(problem), 'samples / s', 'GFLOP/s', `x ${first.name}`, 'by CPU time'];
  console.log(formatMarkdown([header, ...rows]));
}

/** The first column to the left, figures to the right. */
export function formatMarkdown([header, ...rows]: readonly (readonly string[])[]): string {
  const widths = header!.map((_, column) => Math.max(...[header!, ...rows].map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, k) => (k === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return `${[line(header!), rule, ...rows.map(line)].join('\n')}\n`;
}
