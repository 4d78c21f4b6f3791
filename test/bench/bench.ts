/**
 * `npm run bench`: the figures that users feel, in one run on one machine. Ratios and medians; nothing here passes or
 * fails, so that a slow machine prints slow figures and no more.
 */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchCodeAction } from './codeAction.ts';
import { benchPipeline } from './pipeline.ts';
import { benchSingleCall } from './singleCall.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-bench-')));
try {
  cpSync(examples, folder, { recursive: true });
  const results = await benchPipeline(folder, ['options.ts#americanPut', 'pendulum.ts#swing']);
  await benchSingleCall(results);
  await benchCodeAction(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
