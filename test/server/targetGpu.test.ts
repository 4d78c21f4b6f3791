/**
 * GPU code against the CPU code of the same file: in Node on the npm package `webgpu`, and in headless Chromium. Both run
 * on SwiftShader, which computes on the processor, unless the environment names another driver.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { outputSlots } from '../../engine/data/slots.ts';
import { gpuTarget } from '../../engine/emit/gpu/gpu.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { gpuServerTarget } from '../../server/targets/gpu.ts';
import { installBrowser } from '../extension/host/chromium.ts';
import { differenceOf, gpuCases, textOf } from './gpuCases.ts';
import { installPackages, vulkanEnvironment } from './webgpuSupport.ts';

/** Sums of a few hundred float32 products, rounded in another order or fused, relative to the range of the outputs. */
const tolerance = 2e-6;

interface Compared {
  readonly name: string;
  readonly adapter?: string;
  readonly differences: readonly number[];
}

interface Found {
  readonly cases: readonly Compared[];
  readonly long: readonly Compared[];
  readonly limited: readonly { submissions: number; difference: number; onGpu: boolean }[];
  readonly together: { readonly differences: readonly number[]; readonly refused: string };
  readonly guarded: readonly { mode: string; calls: number; difference: number; refused: string }[];
  readonly notFinite: { readonly nan: boolean; readonly difference: number };
  readonly lostOnce: Lost;
  readonly lostTwice: Lost;
  readonly lostBetween: Lost;
}

interface Lost {
  readonly devices: number;
  readonly differences: readonly number[];
  readonly onGpu: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'deepmaker-gpu-'));
const log = (line: string) => console.log(`# ${line}`);
before(async () => symlinkSync(join(await installPackages(log), 'node_modules'), join(folder, 'node_modules')));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('in Node', () => {
  let found: Found;

  before(async () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'gpuChild.ts'), folder], {
      encoding: 'utf8',
      env: { ...process.env, ...(await vulkanEnvironment(log)) },
      timeout: 240_000,
    });
    assert.equal(status, 0, stderr);
    found = JSON.parse(stdout);
  });

  test('every network answers on the GPU what it answers on the CPU', () => {
    assert.equal(found.cases.length, gpuCases.length);
    for (const compared of [...found.cases, ...found.long]) {
      assertSame(compared);
      assert.ok(compared.adapter, `${compared.name} ran on the CPU`);
    }
  });

  test('batches beyond the limits of a device are split, and a network beyond them runs on the CPU', () => {
    for (const { difference } of found.limited) assert.ok(difference < tolerance, `${difference}`);
    assert.deepEqual(
      found.limited.map(({ submissions, onGpu }) => [submissions, onGpu]),
      [
        [3, true],
        [3, true],
        [3, true],
        [0, false],
      ],
    );
  });

  test('calls take turns, and arrays that are too short are refused', () => {
    assertSame({ name: 'together', ...found.together });
    assert.match(found.together.refused, /^RangeError: priceApproxBatchGpu: 91 rows need/);
  });

  test('the exact function takes the rows that the guard turns away', () => {
    // Outside of the domain and NaN; numbers outside are clamped where the guard says so.
    assert.deepEqual(
      found.guarded.map(({ mode, calls }) => [mode, calls]),
      [
        ['fallback', 2],
        ['clamp', 1],
      ],
    );
    for (const { difference, refused } of found.guarded) {
      assert.ok(difference < tolerance, `${difference}`);
      assert.match(refused, /^RangeError: priceApproxBatchGpu: row \d is not an input/);
    }
  });

  test('rows that are not finite are computed on the CPU', () => {
    assert.deepEqual(found.notFinite, { nan: true, difference: 0 });
  });

  test('a lost device is replaced once, then the CPU goes on', () => {
    const same = ({ differences, ...rest }: Lost) => {
      for (const difference of differences) assert.ok(difference < tolerance, `${difference}`);
      return rest;
    };
    assert.deepEqual(same(found.lostOnce), { devices: 2, onGpu: true });
    assert.deepEqual(same(found.lostTwice), { devices: 2, onGpu: false });
    assert.deepEqual(same(found.lostBetween), { devices: 2, onGpu: true });
  });
});

test('the target runs its code on the adapter of this machine and says which', async () => {
  const own = gpuCases.find(({ name }) => name === 'tanh')!;
  const restore = { cwd: process.cwd(), env: process.env };
  try {
    process.chdir(folder);
    process.env = { ...process.env, ...(await vulkanEnvironment(log)) };
    assert.equal(await gpuServerTarget.unavailable(), undefined);
    const { input } = own;
    const inputs = own.rows(40);
    const test = { inputs, outputs: await outputsOf(own.input, inputs), count: 40 };
    const verified = await gpuServerTarget.verify({
      files: gpuTarget.emit(input),
      functionName: input.functionName,
      signature: input.signature,
      outputSlots: outputSlots(input.signature),
      test,
      signal: new AbortController().signal,
    });
    assert.equal(verified.kind, 'verified', JSON.stringify(verified));
    assert.ok(verified.kind === 'verified' && verified.error.max < tolerance);
    assert.match(verified.notes?.[0]?.() ?? '', /^Ran on \w/);
  } finally {
    process.chdir(restore.cwd);
    process.env = restore.env;
  }
});

/** What the CPU's batch function gives. */
async function outputsOf(input: EmitInput, rows: Float64Array): Promise<Float64Array> {
  const path = join(folder, 'exact.ts');
  writeFileSync(path, textOf(input));
  const module = await import(pathToFileURL(path).href);
  return module[`${input.functionName}Batch`](rows, rows.length / input.encoding.inputs.length);
}

test('without a GPU batches run on the CPU, to the bit', async () => {
  for (const own of gpuCases.filter(({ name }) => name === 'tanh' || name === 'images, two blocks, classes')) {
    const bare = mkdtempSync(join(tmpdir(), 'deepmaker-no-gpu-'));
    after(() => rmSync(bare, { recursive: true, force: true }));
    writeFileSync(join(bare, 'bare.ts'), textOf(own.input));
    const module = await import(pathToFileURL(join(bare, 'bare.ts')).href);
    const { functionName } = own.input;
    const rows = own.rows(9);
    assert.equal(await module[`${functionName}GpuName`](), undefined);
    assert.deepEqual(await module[`${functionName}BatchGpu`](rows, 9), module[`${functionName}Batch`](rows, 9));
  }
});

test('the same files run in Chromium', async (context) => {
  const { executable, env } = await installBrowser((line) => context.diagnostic(line));
  const browser = await chromium.launch({
    executablePath: executable,
    env: { ...process.env, ...env },
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'],
  });
  try {
    const page = await browser.newPage();
    const own = gpuCases.filter(({ name }) =>
      ['selu', 'categories and JavaScript', 'images, bottleneck, numbers'].includes(name),
    );
    // Only secure pages have WebGPU; localhost is one, and nothing listens there.
    await page.route('http://localhost/**', (route) => {
      const index = /case(\d+)\.js$/.exec(route.request().url())?.[1];
      const { input } = own[Number(index ?? 0)]!;
      const code = input.language === 'typescript' ? stripTypeScriptTypes(textOf(input)) : textOf(input);
      return index === undefined
        ? route.fulfill({ contentType: 'text/html', body: '<!doctype html>' })
        : route.fulfill({ contentType: 'text/javascript', body: code });
    });
    await page.goto('http://localhost/');
    for (const [index, each] of own.entries()) {
      const rows = each.rows(67);
      const { name, gpu, cpu } = await page.evaluate(
        async ({ index, functionName, rows }) => {
          const url = `/case${index}.js`;
          const module = await import(url);
          return {
            name: (await module[`${functionName}GpuName`]()) as string | undefined,
            gpu: Array.from((await module[`${functionName}BatchGpu`](rows, 67)) as Float64Array),
            cpu: Array.from(module[`${functionName}Batch`](rows, 67) as Float64Array),
          };
        },
        { index, functionName: each.input.functionName, rows: Array.from(rows) },
      );
      const differences = [differenceOf(each, Float64Array.from(gpu), Float64Array.from(cpu))];
      assertSame({ name: each.name, ...(name !== undefined && { adapter: name }), differences });
      assert.notEqual(name, undefined, 'Chromium offers no WebGPU adapter');
    }
  } finally {
    await browser.close();
  }
});

function assertSame({ name, differences }: Compared): void {
  for (const difference of differences) assert.ok(difference < tolerance, `${name}: differs by ${difference}`);
}
