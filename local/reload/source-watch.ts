import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';

interface Watched {
  readonly watcher: FSWatcher;
  readonly inode: number;
}

/**
 * Watches the files of folders, not those of folders in them. Folders and not files: most editors save by putting another file in
 * the place of the first, which then nobody would watch any more.
 */
export class SourceWatch {
  readonly #onChange: (path: string) => void;
  readonly #watched = new Map<string, Watched>();
  #wanted: ReadonlySet<string> = new Set();

  /** Tells the path of what has changed in a folder, has come or is gone. */
  constructor(onChange: (path: string) => void) {
    this.#onChange = onChange;
  }

  /** Watches these folders and no others; for one that is not there, the nearest above it. */
  watch(folders: Iterable<string>): void {
    this.#wanted = new Set(folders);
    this.#adjust();
  }

  close(): void {
    this.watch([]);
  }

  #adjust(): void {
    const present = new Map([...this.#wanted].map(nearestFolder));
    for (const [folder, { watcher, inode }] of this.#watched) {
      // One that was deleted and made anew is another, also under the same name.
      if (present.get(folder) === inode) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
    for (const [folder, inode] of present) {
      if (!this.#watched.has(folder)) this.#add(folder, inode);
    }
  }

  #add(folder: string, inode: number): void {
    const watcher = watch(folder, { persistent: false }, (event, name) => {
      if (event === 'rename') this.#adjust();
      this.#onChange(name === null ? folder : join(folder, name));
    });
    // A folder that is deleted on some systems; its place is looked at again with the next change beside it.
    watcher.on('error', () => undefined);
    this.#watched.set(folder, { watcher, inode });
  }
}

function nearestFolder(folder: string): [string, number] {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() ? [folder, found.ino] : nearestFolder(dirname(folder));
}
