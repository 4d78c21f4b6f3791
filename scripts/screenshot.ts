/** Makes media/screenshot.png: the real extension in a real VS Code, on the examples. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, projectFolder } from '../test/extension/host/cache.ts';
import { buildSuites, runSuiteSession } from '../test/extension/host/session.ts';

const code = await runSuiteSession({
  entry: await buildSuites(),
  suite: 'screenshot',
  extension: { folder: projectFolder },
  workspace: join(projectFolder, 'examples'),
  trusted: true,
  log: console.log,
});
if (code !== 0) process.exit(code);
await copyFile(join(cacheFolder(), 'screenshots', 'screenshot.png'), join(projectFolder, 'media', 'screenshot.png'));
