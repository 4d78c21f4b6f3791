/** The GPU target on this machine: its batch function runs on whatever adapter there is, and the figures say on which. */

import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { errorFigures } from '../../engine/data/metrics.ts';
import { batchGpuName, gpuNameOf, gpuTarget } from '../../engine/emit/gpu/gpu.ts';
import { formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import { assetPath } from '../assets.ts';
import type { Failure } from '../protocol.ts';
import { loadEsbuild } from '../sampling/installation.ts';
import { saidWhenRead } from './sentence.ts';
import type { ServerTarget } from './target.ts';

export interface GpuRequest {
  /** The entry of the npm package `webgpu`. */
  readonly packagePath: string;
  /** The generated module, as JavaScript. */
  readonly code: string;
  /** The functions in it that run a batch and say on what. */
  readonly batch: string;
  readonly name: string;
  readonly inputs: Float64Array;
  readonly count: number;
}

export type GpuReply =
  | {
      readonly kind: 'ran';
      /** undefined: on the CPU. */
      readonly adapter: string | undefined;
      readonly outputs: Float64Array;
      /** Of the one batch, the upload of the network apart. */
      readonly milliseconds: number;
    }
  | { readonly kind: 'threw'; readonly reason: string };

const limitMs = 300_000;
const driverHint = () =>
  t('Install a driver for Vulkan, Metal or Direct3D 12 (VK_DRIVER_FILES may name one for Vulkan), or pick CPU.');

/** Adapters that compute on the processor: what they take says nothing about a GPU. */
export const isSoftware = (adapter: string): boolean =>
  /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b|\bcpu\b/i.test(adapter);

export const gpuServerTarget: ServerTarget = {
  target: gpuTarget,
  get needs() {
    return t(
      'A browser with WebGPU, or Node with the npm package webgpu and a graphics driver; without a GPU batches run on the CPU. Checking it here needs the package and a driver.',
    );
  },
  async unavailable() {
    const found = findPackage();
    if (found.kind === 'failed') return found;
    const code =
      'export const run = () => new Float64Array(0); export const name = () => navigator.gpu.requestAdapter()';
    const named = `${code}.then((adapter) => (adapter ? 'found' : undefined));`;
    const request = { packagePath: found.path, code: named, batch: 'run', name: 'name' };
    const reply = await runInChild({ ...request, inputs: new Float64Array(0), count: 0 });
    if (reply.kind === 'failed') return reply;
    return reply.adapter === undefined ? noAdapter() : undefined;
  },
  async verify({ files, functionName, outputSlots, test, signal }) {
    const found = findPackage();
    if (found.kind === 'failed') return found;
    const { transform } = await loadEsbuild();
    const { code } = await transform(String(files[0].content), { loader: 'ts', format: 'esm', target: 'node20' });
    const reply = await runInChild(
      {
        packagePath: found.path,
        code,
        batch: batchGpuName(functionName),
        name: gpuNameOf(functionName),
        inputs: test.inputs,
        count: test.count,
      },
      signal,
    );
    if (reply.kind === 'failed') return reply;
    const { adapter, outputs } = reply;
    if (adapter === undefined) return noAdapter();
    const note = () =>
      isSoftware(adapter)
        ? t('Ran on {0}, which computes on the processor: errors are those of a GPU, times would not be.', adapter)
        : t('Ran on {0}.', adapter);
    return { kind: 'verified', error: errorFigures(test.outputs, outputs, test.count, outputSlots), notes: [note] };
  },
};

const noAdapter = (): Failure => saidWhenRead(() => t('WebGPU finds no GPU on this machine.'), driverHint);

/** The npm package of the project, or of where this program is installed. */
function findPackage(): { readonly kind: 'package'; readonly path: string } | Failure {
  for (const folder of [process.cwd(), import.meta.dirname]) {
    try {
      return { kind: 'package', path: createRequire(join(folder, 'package.json')).resolve('webgpu') };
    } catch {
      // The next one may have it.
    }
  }
  return saidWhenRead(
    () => t('Running GPU code needs the npm package webgpu, not installed in {0}.', process.cwd()),
    () => t('Run `npm install webgpu` there.'),
  );
}

function runInChild(request: GpuRequest, signal?: AbortSignal): Promise<Extract<GpuReply, { kind: 'ran' }> | Failure> {
  const isBuilt = basename(import.meta.dirname) === 'dist';
  const path = isBuilt ? assetPath('gpuChild.cjs') : join(import.meta.dirname, 'gpuChild.ts');
  return new Promise((resolve) => {
    const child = fork(path, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const end = (answer: Extract<GpuReply, { kind: 'ran' }> | Failure) => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', abort);
      child.kill('SIGKILL');
      resolve(answer);
    };
    const abort = () => end({ kind: 'failed', message: 'Cancelled.' });
    const deadline = setTimeout(
      () => end(saidWhenRead(() => t('The GPU did not answer within {0} s.', formatCount(limitMs / 1000)), driverHint)),
      limitMs,
    );
    signal?.addEventListener('abort', abort, { once: true });
    child.once('message', (reply: GpuReply) =>
      end(reply.kind === 'ran' ? reply : saidWhenRead(() => t('WebGPU failed: {0}', reply.reason), driverHint)),
    );
    child.once('error', (error) => end({ kind: 'failed', message: t('WebGPU did not start: {0}', error.message) }));
    child.once('exit', (code) =>
      end(saidWhenRead(() => t('The graphics driver ended its process (code {0}).', String(code)), driverHint)),
    );
    child.send(
      request,
      (error) => error && end({ kind: 'failed', message: t('WebGPU did not start: {0}', error.message) }),
    );
  });
}
