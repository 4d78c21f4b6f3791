/**
 * WebGPU for tests, on SwiftShader: a Vulkan driver that computes on the processor and comes with every Chromium, so the
 * browser of the extension's tests serves here too. The npm packages go to the cache folder, as a user's would to a
 * project: 130 MB for five platforms are too many for everybody's node_modules.
 */
import { existsSync, realpathSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HostError, installOnce } from '../extension/host/cache.ts';
import { installBrowser } from '../extension/host/chromium.ts';
import { expectSuccess } from '../extension/host/command.ts';

const versions = { webgpu: '0.6.2', '@tensorflow/tfjs': '4.22.0', '@tensorflow/tfjs-backend-webgpu': '4.22.0' };
const driver = 'vk_swiftshader_icd.json';

/** A folder with the npm packages of WebGPU in `node_modules`. */
export function installPackages(log: (line: string) => void): Promise<string> {
  const names = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  return installOnce(`webgpu-${versions.webgpu}-tfjs-${versions['@tensorflow/tfjs']}`, async (folder) => {
    log(`Fetching ${names.join(', ')} (once)`);
    await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await expectSuccess('npm', ['install', '--prefix', folder, ...flags, ...names], {
      cwd: folder,
      timeoutMs: 10 * 60_000,
      hint: 'The tests of WebGPU need these npm packages.',
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
export async function vulkanEnvironment(log: (line: string) => void): Promise<Readonly<Record<string, string>>> {
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
