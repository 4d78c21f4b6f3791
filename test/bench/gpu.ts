/**
 * `npm run bench:gpu`: rows per second of generated batch functions on WebGPU and on the CPU, over batch sizes. Uses the
 * machine's own graphics driver; where there is none, SwiftShader, whose times say nothing about a GPU, and says so.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { installPackages, vulkanEnvironment } from '../server/webgpuSupport.ts';
import type { GpuTimes } from './gpuBatches.ts';

const log = (line: string) => console.error(line);

/** In a process of its own, because the driver is looked for in the environment that a process starts with. */
function measure(packages: string, environment: Readonly<Record<string, string>>): Promise<GpuTimes> {
  const child = fork(join(import.meta.dirname, 'gpuBatches.ts'), [packages], {
    env: { ...process.env, ...environment },
  });
  return new Promise((resolve, reject) => {
    let times: GpuTimes | undefined;
    child.on('message', (message: GpuTimes) => {
      times = message;
    });
    child.on('error', reject);
    child.on('exit', (code) =>
      times ? resolve(times) : reject(new Error(`The measurement ended with code ${code}.`)),
    );
  });
}

const packages = await installPackages(log);
const own = await measure(packages, {});
const { adapter, software, rows } =
  own.adapter === undefined ? await measure(packages, await vulkanEnvironment(log)) : own;
if (adapter === undefined)
  throw new Error('WebGPU finds no adapter: install a driver for Vulkan, Metal or Direct3D 12.');
console.log(`On ${adapter}, Node ${process.versions.node}. Medians of batches in turns with the CPU's batch function.`);
if (software)
  console.log(`${adapter} computes on the processor: these times are no GPU's, and the last column says nothing.`);
const cells = [
  ['network', 'rows', 'CPU, rows/s', 'WebGPU, rows/s', 'WebGPU / CPU'],
  ...rows.map(({ network, count, cpuNs, gpuNs }) => [
    network,
    ...[count, (count / cpuNs) * 1e9, (count / gpuNs) * 1e9].map((value) => Math.round(value).toLocaleString('en-US')),
    (cpuNs / gpuNs).toPrecision(3),
  ]),
];
const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
const [head, ...body] = cells.map(line);
console.log(`\n${[head, '| --- | ---: | ---: | ---: | ---: |', ...body].join('\n')}`);
