/**
 * `npm run bench:hard`: what hard inputs gain. On each branchy kernel two networks of one shape get as many samples and as
 * many epochs: one has a Sobol sequence alone, for the other one half of them comes from two rounds of the search for hard
 * inputs. Errors on 20,000 fresh inputs; the geometric mean over seeds.
 */
import { outputUnits } from '../../engine/data/metrics.ts';
import { independentRows, sampleDomain } from '../../engine/data/sobol.ts';
import { concatenateSamples, splitSamples } from '../../engine/data/split.ts';
import { formatPercent, significant } from '../../engine/format.ts';
import { hardSearch } from '../../engine/trust/hardInputs.ts';
import type { Samples } from '../../engine/types.ts';
import { encodingOf, errorsOf, kernelOf, quantile, trainOn } from './kernels/data.ts';
import { branchyKernels } from './kernels/kernels.ts';

const samples = 1200;
const rounds = 2;
const hardShare = 0.5;
const generations = 5;
const seeds = [1, 2, 3];
const shape = { hidden: [24, 12], epochs: 750 };

async function tails(name: (typeof branchyKernels)[number], seed: number): Promise<{ plain: number; hard: number }> {
  const kernel = kernelOf(name);
  const test = kernel.label(independentRows(kernel.domain, 20_000, seed + 1000));
  const units = outputUnits(test.outputs, test.count, kernel.outputSlots);
  const drawn = (count: number) => splitSamples(kernel.label(sampleDomain(kernel.domain, count, seed)), seed);
  const settings = { ...shape, seed };

  const plain = drawn(samples);
  const plainEncoding = encodingOf(kernel, plain.train);
  const plainNetwork = await trainOn(plainEncoding, plain, settings);

  let split = drawn(Math.round(samples * (1 - hardShare)));
  const encoding = encodingOf(kernel, split.train);
  let network = await trainOn(encoding, split, settings);
  for (let round = 0; round < rounds; round++) {
    const label = (rows: Float64Array) => {
      const own = kernel.label(rows);
      return { own, errors: errorsOf(kernel, encoding, network, own, units) };
    };
    const known = concatenateSamples(split.train, split.validation);
    const search = hardSearch(kernel.domain, { ...known, errors: label(known.inputs).errors }, seed * 10 + round);
    let found: Samples = { count: 0, inputs: new Float64Array(), outputs: new Float64Array() };
    for (let generation = 0; generation < generations; generation++) {
      const { own, errors } = label(search.ask(Math.round((samples * hardShare) / rounds / generations)));
      search.tell({ ...own, errors });
      found = concatenateSamples(found, own);
    }
    const hard = splitSamples(found, seed);
    const train = concatenateSamples(split.train, concatenateSamples(hard.train, hard.test));
    split = { ...split, train, validation: concatenateSamples(split.validation, hard.validation) };
    network = await trainOn(encoding, split, settings);
  }
  return {
    plain: quantile(errorsOf(kernel, plainEncoding, plainNetwork, test, units), 0.99),
    hard: quantile(errorsOf(kernel, encoding, network, test, units), 0.99),
  };
}

const mean = (values: readonly number[]) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

console.log(`${samples} samples, ${shape.hidden.join('-')} tanh, ${shape.epochs} epochs, seeds ${seeds.join(', ')}`);
console.log('kernel        p99, Sobol alone   with hard inputs   ratio');
let better = 0;
for (const name of branchyKernels) {
  const results = [];
  for (const seed of seeds) results.push(await tails(name, seed));
  const [plain, hard] = [mean(results.map((each) => each.plain)), mean(results.map((each) => each.hard))];
  if (hard <= 0.7 * plain) better++;
  console.log(
    `${name.padEnd(13)} ${formatPercent(plain).padStart(16)} ${formatPercent(hard).padStart(18)} ${significant(hard / plain).padStart(7)}`,
  );
}
console.log(`at least 30 % lower on ${better} of ${branchyKernels.length} kernels`);
