/** Source files that call a network, by their text alone. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';

const extensions = new Set(['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs']);

/** What version control and builds keep apart from sources. */
const skipped = new Set(['node_modules', 'dist', 'out', 'build', 'coverage']);

/** Every source below `path`, or `path` itself, that holds the marker of an applied approximation; in order. */
export function findAppliedFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return isApplied(path) ? [path] : [];
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && !skipped.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const child = join(path, entry.name);
      if (entry.isDirectory()) return findAppliedFiles(child);
      return entry.isFile() && isApplied(child) ? [child] : [];
    });
}

const isApplied = (path: string): boolean =>
  extensions.has(extname(path)) && readFileSync(path, 'utf8').includes('// deepmaker: exact ');
