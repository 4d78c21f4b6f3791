/**
 * Run by targetGpu.test.ts in a process of its own, whose environment names a Vulkan driver. The first argument is a
 * folder whose node_modules hold the npm package `webgpu`. Prints what it found as JSON.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GuardMode } from '../../engine/types.ts';
import { differenceOf, type GpuCase, gpuCases, textOf } from './gpuCases.ts';

type Exact = () => readonly number[];

interface GpuModule {
  readonly batch: (inputs: Float64Array, count: number, outputs?: Float64Array, exact?: Exact) => Float64Array;
  readonly gpu: (inputs: Float64Array, count: number, outputs?: Float64Array, exact?: Exact) => Promise<Float64Array>;
  readonly name: () => Promise<string | undefined>;
}

const folder = process.argv[2]!;
let written = 0;

/** Each call gives a module of its own, with a device of its own. */
async function load({ input }: GpuCase): Promise<GpuModule> {
  const path = join(folder, `case${++written}.${input.language === 'typescript' ? 'ts' : 'mjs'}`);
  writeFileSync(path, textOf(input));
  const module = await import(pathToFileURL(path).href);
  const { functionName } = input;
  return {
    batch: module[`${functionName}Batch`],
    gpu: module[`${functionName}BatchGpu`],
    name: module[`${functionName}GpuName`],
  };
}

const caseOf = (name: string): GpuCase => gpuCases.find((own) => own.name === name)!;

async function compare(own: GpuCase, counts: readonly number[]) {
  const module = await load(own);
  const differences: number[] = [];
  for (const count of counts) {
    const rows = own.rows(count);
    differences.push(differenceOf(own, await module.gpu(rows, count), module.batch(rows, count)));
  }
  return { name: own.name, adapter: await module.name(), differences };
}

/** Two calls at once, and a call on an array that is too short. */
async function together() {
  const own = caseOf('tanh');
  const { gpu, batch } = await load(own);
  const [first, second] = [own.rows(90), own.rows(200)];
  const found = await Promise.all([gpu(first, 90), gpu(second, 200)]);
  const refused = await gpu(first, 91).then(
    () => 'nothing',
    (error: Error) => `${error.name}: ${error.message}`,
  );
  const differences = [differenceOf(own, found[0], batch(first, 90)), differenceOf(own, found[1], batch(second, 200))];
  return { differences, refused };
}

/** Rows outside of the domain go to the exact function, each once, or are refused. */
async function guarded(mode: GuardMode) {
  const plain = caseOf('tanh');
  const own: GpuCase = { ...plain, input: { ...plain.input, guard: { mode } } };
  const { gpu, batch } = await load(own);
  const rows = own.rows(6);
  rows[6] = 1e6;
  rows[12] = Number.NaN;
  let calls = 0;
  const exact = () => {
    calls++;
    return [1, 2, 3, 4, 5];
  };
  const found = await gpu(rows, 6, undefined, exact);
  const gpuCalls = calls;
  const difference = differenceOf(own, found, batch(rows, 6, undefined, exact));
  const refused = await gpu(rows, 6).then(
    () => 'nothing',
    (error: Error) => `${error.name}: ${error.message}`,
  );
  return { mode, calls: gpuCalls, difference, refused };
}

/** NaN and infinities give what the CPU gives. */
async function notFinite() {
  const own = caseOf('softplus');
  const { gpu, batch } = await load(own);
  const rows = own.rows(5);
  rows[0] = Number.NaN;
  rows[6] = Infinity;
  return { nan: Number.isNaN(batch(rows, 5)[0]), difference: differenceOf(own, await gpu(rows, 5), batch(rows, 5)) };
}

interface Device {
  destroy(): void;
  readonly queue: { submit(commands: readonly object[]): void };
}

interface Adapter {
  readonly info: object;
  requestDevice(): Promise<Device>;
}

/**
 * Devices that are lost after so many submissions each: the batch goes on with the next, and with the CPU where that is
 * lost too. Answers how many devices were asked for, and what batches run on in the end.
 */
async function lost(lives: readonly number[], batches: number) {
  const { create } = (await import(pathToFileURL(join(folder, 'node_modules/webgpu/index.js')).href)) as {
    create(flags: readonly string[]): { requestAdapter(): Promise<Adapter> };
  };
  const api = create([]);
  let devices = 0;
  const watched = {
    async requestAdapter() {
      const adapter = await api.requestAdapter();
      return {
        info: adapter.info,
        async requestDevice() {
          const device = await adapter.requestDevice();
          let life = lives[devices++] ?? Infinity;
          const submit = device.queue.submit.bind(device.queue);
          device.queue.submit = (commands) => {
            submit(commands);
            if (--life <= 0) device.destroy();
          };
          return device;
        },
      };
    },
  };
  Object.defineProperty(globalThis.navigator, 'gpu', { value: watched, configurable: true });
  const own = caseOf('tanh');
  const { gpu, batch, name } = await load(own);
  const differences: number[] = [];
  for (let index = 0; index < batches; index++) {
    const rows = own.rows(70 + index);
    differences.push(differenceOf(own, await gpu(rows, 70 + index), batch(rows, 70 + index)));
  }
  Reflect.deleteProperty(globalThis.navigator, 'gpu');
  return { devices, differences, onGpu: (await name()) !== undefined };
}

/** A device that claims such limits; answers how often it was asked to compute `count` rows, and how well it did. */
async function limited(own: GpuCase, limits: Readonly<Record<string, number>>, count: number) {
  const { create } = (await import(pathToFileURL(join(folder, 'node_modules/webgpu/index.js')).href)) as {
    create(flags: readonly string[]): { requestAdapter(): Promise<Adapter> };
  };
  const api = create([]);
  let submissions = 0;
  const lowered = {
    async requestAdapter() {
      const adapter = await api.requestAdapter();
      return {
        info: adapter.info,
        async requestDevice() {
          const device = await adapter.requestDevice();
          const plenty = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 };
          const value = { ...plenty, maxComputeWorkgroupsPerDimension: 65535, ...limits };
          Object.defineProperty(device, 'limits', { value });
          const submit = device.queue.submit.bind(device.queue);
          device.queue.submit = (commands) => {
            submissions++;
            submit(commands);
          };
          return device;
        },
      };
    },
  };
  Object.defineProperty(globalThis.navigator, 'gpu', { value: lowered, configurable: true });
  const { gpu, batch, name } = await load(own);
  const rows = own.rows(count);
  const difference = differenceOf(own, await gpu(rows, count), batch(rows, count));
  Reflect.deleteProperty(globalThis.navigator, 'gpu');
  return { submissions, difference, onGpu: (await name()) !== undefined };
}

const cases = [];
for (const own of gpuCases) cases.push(await compare(own, own.name.startsWith('images') ? [1, 5] : [1, 63, 131, 2]));
console.log(
  JSON.stringify({
    cases,
    // More rows than one submission takes.
    long: [await compare(caseOf('relu'), [65536 + 77]), await compare(caseOf('images, linear, numbers'), [1024 + 3])],
    limited: [
      await limited(caseOf('tanh'), { maxComputeWorkgroupsPerDimension: 2 }, 300),
      // 13 numbers for each row, of 4 bytes.
      await limited(caseOf('tanh'), { maxStorageBufferBindingSize: 5200 }, 300),
      await limited(caseOf('images, linear, numbers'), { maxComputeWorkgroupsPerDimension: 2 }, 5),
      await limited(caseOf('tanh'), { maxStorageBufferBindingSize: 256 }, 300),
    ],
    together: await together(),
    guarded: [await guarded('fallback'), await guarded('clamp')],
    notFinite: await notFinite(),
    lostOnce: await lost([1], 2),
    lostTwice: await lost([1, 1], 2),
    lostBetween: await lost([2, Infinity], 3),
  }),
);
