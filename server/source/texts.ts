import { readFileSync, statSync } from 'node:fs';

/** Lives as long as its SourceProject. Answers what a file contains now: the editor's text first, then the disk's. */
export class FileTexts {
  readonly #overlays = new Map<string, { readonly text: string; readonly version: string }>();
  #edits = 0;

  setOverlay(path: string, text: string): void {
    if (this.#overlays.get(path)?.text === text) return;
    this.#overlays.set(path, { text, version: `edit ${++this.#edits}` });
  }

  removeOverlay(path: string): void {
    this.#overlays.delete(path);
  }

  /** Changes whenever the text may have changed; undefined where there is no file. */
  version(path: string): string | undefined {
    const overlay = this.#overlays.get(path);
    if (overlay) return overlay.version;
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? `${stat.mtimeMs} ${stat.size}` : undefined;
  }

  read(path: string): string | undefined {
    const overlay = this.#overlays.get(path);
    if (overlay) return overlay.text;
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // A file that vanished or may not be read is one that is not there: the compiler reports what misses it.
      return undefined;
    }
  }

  hasOverlay(path: string): boolean {
    return this.#overlays.has(path);
  }

  /** Whether a text of the editor lies in the folder, which may not exist on disk yet. */
  hasOverlayBelow(folder: string): boolean {
    return [...this.#overlays.keys()].some((path) => path.startsWith(`${folder}/`));
  }
}
