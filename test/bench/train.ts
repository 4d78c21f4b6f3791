/**
 * `npm run bench:train`: samples per second of the embedded trainer and of others that do the same work, in one run on one
 * machine. Medians of seven rounds and ratios; nothing here passes or fails. GFLOP/s count what the algorithm needs, six
 * operations per parameter and sample, and not what a trainer happens to do.
 *
 * To compare trainers of another kind of network, describe them as a `Suite` and add it to `suites`: problems, entries
 * that train them, and the operations of a step.
 */
import { cpus, loadavg } from 'node:os';
import { buildKernels } from '../../scripts/buildKernels.mjs';
import { runSuite } from './trainSuite.ts';

await buildKernels();
// The suite reads the kernels when it is loaded.
const suites = [(await import('./trainMlp.ts')).mlpSuite];

const date = new Date().toISOString().slice(0, 10);
console.log(`${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}, ${date}`);
// Other work takes its share of the cores, and most of it from the threads.
console.log(`Load average before: ${loadavg()[0]!.toFixed(1)}`);
for (const suite of suites) await runSuite(suite);
