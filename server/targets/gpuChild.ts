/** A process of its own for generated GPU code, since a graphics driver that crashes takes its process along. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { reasonOf } from '../tensorflow.ts';
import type { GpuReply, GpuRequest } from './gpu.ts';

process.once('message', async ({ packagePath, code, batch, name, inputs, count }: GpuRequest) => {
  const reply = (answer: GpuReply) => process.send?.(answer, () => process.exit());
  try {
    const dawn = await loadDawn(packagePath);
    // Generated code looks for a GPU here first.
    globalThis.navigator ??= {} as typeof globalThis.navigator;
    Object.defineProperty(globalThis.navigator, 'gpu', { value: dawn.create([]), configurable: true });
    const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
    const adapter: string | undefined = await module[name]();
    const started = performance.now();
    const outputs: Float64Array = await module[batch](inputs, count);
    reply({ kind: 'ran', adapter, outputs, milliseconds: performance.now() - started });
  } catch (error) {
    reply({ kind: 'threw', reason: reasonOf(error) });
  }
});

interface Dawn {
  create(flags: readonly string[]): object;
}

async function loadDawn(path: string): Promise<Dawn> {
  try {
    return createRequire(path)(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_REQUIRE_ESM') throw error;
    // Node 20 requires CommonJS only.
    return import(pathToFileURL(path).href);
  }
}
