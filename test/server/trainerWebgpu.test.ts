/**
 * The WebGPU trainer against the reference, on SwiftShader: a Vulkan driver that computes on the processor and comes with
 * every Chromium, so the browser of the extension's tests serves here too. The npm packages go to the cache folder, as a
 * user's would to a project: 130 MB for five platforms are too many for everybody's node_modules.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { HostError, installOnce } from '../extension/host/cache.ts';
import { installBrowser } from '../extension/host/chromium.ts';
import { expectSuccess } from '../extension/host/command.ts';

const versions = { webgpu: '0.6.2', '@tensorflow/tfjs': '4.22.0', '@tensorflow/tfjs-backend-webgpu': '4.22.0' };
const driver = 'vk_swiftshader_icd.json';

interface Difference {
  readonly outcome: string;
  readonly weights: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
}

test('the WebGPU trainers follow the reference', async (context) => {
  const log = (line: string) => context.diagnostic(line);
  const packages = await installPackages(log);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'webgpuChild.ts'), packages],
    { encoding: 'utf8', env: { ...process.env, ...(await vulkanEnvironment(log)) }, timeout: 120_000 },
  );
  assert.equal(status, 0, stderr);
  const { differences, leaked } = JSON.parse(stdout) as { differences: Difference[]; leaked: number };
  assert.equal(leaked, 0);
  // Two perceptrons and a convolutional network.
  assert.equal(differences.length, 3);
  for (const { outcome, weights, trainLoss, validationLoss } of differences) {
    assert.equal(outcome, 'finished');
    // A GPU's exponential and tanh may be wrong in their last bits; a wrong rule shows as 1e-2 after four updates.
    assert.ok(weights < 1e-4, `weights differ by ${weights}`);
    assert.ok(trainLoss < 1e-4, `training losses differ by ${trainLoss}`);
    assert.ok(validationLoss < 1e-4, `validation losses differ by ${validationLoss}`);
  }
});

function installPackages(log: (line: string) => void): Promise<string> {
  const names = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  return installOnce(`webgpu-${versions.webgpu}-tfjs-${versions['@tensorflow/tfjs']}`, async (folder) => {
    log(`Fetching ${names.join(', ')} (once)`);
    await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await expectSuccess('npm', ['install', '--prefix', folder, ...flags, ...names], {
      cwd: folder,
      timeoutMs: 10 * 60_000,
      hint: 'The test of the WebGPU trainer needs these npm packages.',
    });
    // Dawn comes for every platform at once.
    const programs = join(folder, 'node_modules/webgpu/dist');
    for (const name of await readdir(programs)) {
      if (!name.startsWith(process.platform)) await rm(join(programs, name), { recursive: true });
    }
    return versions;
  });
}

/** A driver that the environment names comes first; else SwiftShader and the Vulkan loader that Chromium brings. */
async function vulkanEnvironment(log: (line: string) => void): Promise<Readonly<Record<string, string>>> {
  if (process.env.VK_DRIVER_FILES) return {};
  const { executable } = await installBrowser(log);
  // Debian's program is a script beside a folder with the files; the npm package's lies in the folder.
  const folders = [dirname(realpathSync(executable)), '/usr/lib/chromium', '/opt/google/chrome'];
  const folder = folders.find((candidate) => existsSync(join(candidate, driver)));
  if (folder === undefined) {
    throw new HostError(
      `There is no ${driver} in ${folders.join(', ')}.`,
      'Install Chromium (apt-get install chromium), or set VK_DRIVER_FILES to the description of a Vulkan driver.',
    );
  }
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { VK_DRIVER_FILES: join(folder, driver), LD_LIBRARY_PATH: libraries };
}
