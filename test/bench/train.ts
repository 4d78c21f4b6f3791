/**
 * `npm run bench:train`: samples per second of the embedded trainer and of others that do the same work, in one run on one
 * machine. Medians of seven rounds and ratios; nothing here passes or fails. GFLOP/s count what the algorithm needs, six
 * operations per parameter and sample, and not what a trainer happens to do.
 */
import { cpus, loadavg } from 'node:os';
import { buildKernels } from '../../scripts/buildKernels.mjs';
import { runSuite } from './trainSuite.ts';

await buildKernels();
// The suite reads the kernels when it is loaded.
const { mlpSuite } = await import('./trainMlp.ts');
const { cnnSuite } = await import('./trainCnn.ts');

const date = new Date().toISOString().slice(0, 10);
console.log(`${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}, ${date}`);
// Other work takes its share of the cores, and most of it from the threads.
console.log(`Load average before: ${loadavg()[0]!.toFixed(1)}`);
await runSuite(mlpSuite);
await runSuite(cnnSuite);
