/** Time from the command to the first front and to the applied edit. */
import { join } from 'node:path';
import { formatPercent, significant } from '../../engine/format.ts';
import { defaultConfig } from '../../server/config.ts';
import { approximate } from '../../server/pipeline/approximate.ts';
import { applyToDisk } from '../../server/pipeline/onDisk.ts';
import type { RunResult } from '../../server/pipeline/run.ts';
import { projectRoot } from '../../server/store.ts';

export async function benchPipeline(folder: string, regions: readonly string[]): Promise<RunResult[]> {
  console.log('\nFrom command to applied edit, default settings');
  console.log('  function       first front   whole front   applied    NRMSE   speedup');
  const results: RunResult[] = [];
  for (const region of regions) {
    const [path, name] = region.split('#');
    const file = join(folder, path!);
    const started = performance.now();
    const seconds = () => `${significant((performance.now() - started) / 1000)} s`;
    let first = '';
    const outcome = await approximate(
      { file, name: name!, target: 'cpu', config: defaultConfig },
      {
        signal: new AbortController().signal,
        onProgress: () => {},
        onFront({ generation }) {
          if (generation === 1 && first === '') first = seconds();
        },
      },
    );
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
    const { result } = outcome;
    const whole = seconds();
    const applied = await applyToDisk(projectRoot(file), {
      config: {},
      runId: result.runId,
      candidateId: result.chosen,
      target: 'cpu',
      force: true,
      signal: new AbortController().signal,
    });
    if (applied.kind !== 'applied') throw new Error(applied.message);
    const point = result.points.find(({ id }) => id === result.chosen)!;
    console.log(
      `  ${name!.padEnd(13)} ${first.padStart(12)} ${whole.padStart(13)} ${seconds().padStart(9)} ` +
        `${formatPercent(point.error.nrmse).padStart(8)} ${significant(point.speedup!).padStart(9)}`,
    );
    results.push(result);
  }
  return results;
}
