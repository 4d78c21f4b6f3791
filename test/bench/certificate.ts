/**
 * `npm run bench:certificate`: how often certificates are wrong. 200 seeds on each kernel; the approximations are the
 * kernels themselves on inputs that are rounded to a grid, which err where the function is steep or jumps, and whose true
 * share within a bound is known from 200,000 inputs. Each certificate comes from 1,000 fresh inputs, as in a run.
 */
import { outputUnits, sampleErrors } from '../../engine/data/metrics.ts';
import { independentRows } from '../../engine/data/sobol.ts';
import { formatPercent } from '../../engine/format.ts';
import { certifiedShare, certify } from '../../engine/trust/certificate.ts';
import { type Kernel, kernelOf } from './kernels/data.ts';
import { kernelNames } from './kernels/kernels.ts';

const seeds = 200;
const fresh = 1000;
const truth = 200_000;
const grid = 24;

function errorsOn(kernel: Kernel, rows: Float64Array, units: readonly number[]): Float64Array {
  const { domain } = kernel;
  const rounded = rows.map((value, at) => {
    const slot = domain[at % domain.length]!;
    if (slot.kind !== 'number') return value;
    const step = (slot.max - slot.min) / grid;
    const near = Math.min(slot.max, slot.min + step * Math.round((value - slot.min) / step));
    return slot.integer ? Math.round(near) : near;
  });
  return sampleErrors(kernel.label(rows).outputs, kernel.label(rounded).outputs, kernel.outputSlots, units);
}

console.log('kernel         violated   error that holds for 90 %   certified, median');
let violations = 0;
for (const name of kernelNames) {
  const kernel = kernelOf(name);
  const all = kernel.label(independentRows(kernel.domain, truth, 1_000_000));
  const units = outputUnits(all.outputs, all.count, kernel.outputSlots);
  const sorted = errorsOn(kernel, all.inputs, units).sort();
  const holdsFor = (error: number) => sorted.findLastIndex((each) => each <= error) + 1;
  const certified = Float64Array.from({ length: seeds }, (_, seed) => {
    const errors = errorsOn(kernel, independentRows(kernel.domain, fresh, seed), units);
    return certify(errors, { networks: 1, categorical: false })!.error;
  });
  const violated = certified.filter((error) => holdsFor(error) < certifiedShare * truth).length;
  violations += violated;
  const exact = sorted[Math.ceil(certifiedShare * truth) - 1]!;
  console.log(
    `${name.padEnd(14)} ${`${violated} of ${seeds}`.padStart(10)} ${formatPercent(exact).padStart(18)} ${formatPercent(certified.sort()[seeds / 2]!).padStart(20)}`,
  );
}
const all = seeds * kernelNames.length;
console.log(`${violations} of ${all} certificates violated: ${formatPercent(violations / all)}, at most 5 % allowed`);
