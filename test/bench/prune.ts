/**
 * The accuracy curve of pruning over alpha (the paper's Fig. 10) on MNIST: Algorithm 2 beside random and magnitude
 * pruning, each from the same trained networks. `npm run bench:prune`, or `npm run bench:prune -- mlp`.
 */
import { parseArgs } from 'node:util';
import { averageZeros } from '../../engine/prune/mlp.ts';
import { prune } from '../../engine/prune/prune.ts';
import { type PruningMethod, pruningMethods } from '../../engine/prune/select.ts';
import { accuracy, cnnSubject, mlpSubject, type Subject, seeds } from './mnistSubjects.ts';

const alphas = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
const fineTuneEpochs = 5;

/** Accuracies at each alpha, without and with fine-tuning. */
interface Curve {
  readonly surgery: readonly number[];
  readonly tuned: readonly number[];
}

async function curveOf<N>(subject: Subject<N>, network: N, method: PruningMethod, seed: number): Promise<Curve> {
  const run = (fineTune?: (network: N) => Promise<N>) =>
    prune(subject.kind, network, { alphas, method, seed, ...(fineTune ? { fineTune } : {}) });
  const accuracies = async (pruning: ReturnType<typeof run>) =>
    (await pruning).map(({ network }) => accuracy(subject, network));
  return {
    surgery: await accuracies(run()),
    tuned: await accuracies(run((pruned) => subject.train(pruned, fineTuneEpochs, seed))),
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const percent = (values: readonly number[]): string => (100 * mean(values)).toFixed(2).padStart(6);

async function report<N>(subject: Subject<N>, epochs: number): Promise<void> {
  const started = performance.now();
  const before: number[] = [];
  const curves = new Map(pruningMethods.map((method) => [method, [] as Curve[]]));
  for (const seed of seeds) {
    const network = await subject.train(subject.fresh(seed), epochs, seed);
    before.push(accuracy(subject, network));
    for (const method of pruningMethods) curves.get(method)!.push(await curveOf(subject, network, method, seed));
  }
  const { train, test } = subject.data;
  console.log(`\n${subject.name}, ${train.count} training images, ${epochs} epochs, seeds ${seeds.join()}`);
  console.log(`Mean accuracy in % on ${test.count} test images; before pruning ${percent(before).trim()}\n`);
  const heads = pruningMethods.flatMap((method) => [`${method}, surgery alone`, `${method}, ${fineTuneEpochs} epochs`]);
  console.log(`| alpha | ${heads.join(' | ')} |\n|--${'|--'.repeat(heads.length)}|`);
  alphas.forEach((alpha, index) => {
    const cells = pruningMethods.flatMap((method) => {
      const own = curves.get(method)!;
      return [percent(own.map(({ surgery }) => surgery[index]!)), percent(own.map(({ tuned }) => tuned[index]!))];
    });
    console.log(`| ${100 * alpha} % | ${cells.join(' | ')} |`);
  });
  const overall = pruningMethods.map(
    (method) => `${method} ${percent(curves.get(method)!.flatMap(({ tuned }) => tuned)).trim()}`,
  );
  console.log(`\nMean over alpha after fine-tuning: ${overall.join(', ')}.`);
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
}

const { positionals } = parseArgs({ allowPositionals: true });
const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);
if (wanted('mlp')) {
  const subject = mlpSubject();
  await report(subject, 20);
  const trained = await subject.train(subject.fresh(1), 20, 1);
  const { inputs, count } = subject.data.validation;
  const zeros = averageZeros(trained, inputs, count).map((layer) => `${(100 * mean([...layer])).toFixed(0)} %`);
  console.log(`APoZ, the mean share of zero outputs, of its hidden layers: ${zeros.join(', ')}.`);
}
if (wanted('cnn')) await report(cnnSubject(), 12);
