import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';

/** Names the folder that keeps bundles of ours between synths. */
const CACHE_VARIABLE = 'TASK_MODE_BUNDLE_CACHE';

/** Of each file that went into a bundle, what tells whether it has changed: as `make` does, and its size. */
type Inputs = Readonly<Record<string, string>>;

const INPUTS_FILE = 'inputs.json';
const BUNDLE_FOLDER = 'bundle';

/**
 * Copies a bundle from the folder that `TASK_MODE_BUNDLE_CACHE` names, if nothing that went into it has changed and
 * nothing was installed since; else builds it, and keeps it there. Without the variable it is built each time.
 */
export function cachedBundle(key: string, outdir: string, build: (outdir: string) => Metafile): void {
  const cache = process.env[CACHE_VARIABLE];
  if (!cache) {
    build(outdir);
    return;
  }
  const entry = join(cache, createHash('sha256').update(key).digest('hex').slice(0, 32));
  if (isCurrent(entry)) {
    cpSync(join(entry, BUNDLE_FOLDER), outdir, { recursive: true });
    return;
  }
  const startTime = performance.timeOrigin + performance.now();
  const inputs = Object.keys(build(outdir).inputs)
    .map((path) => resolve(path))
    .filter(existsSync);
  // What was saved meanwhile may or may not be in it.
  if (inputs.some((path) => statSync(path).mtimeMs > startTime)) return;
  keep(cache, entry, outdir, [...inputs, ...installedLists(inputs)]);
}

/** Puts a bundle into the cache whole, as other synths may look at the same time. */
function keep(cache: string, entry: string, bundle: string, inputs: readonly string[]): void {
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(join(cache, 'new-'));
  cpSync(bundle, join(made, BUNDLE_FOLDER), { recursive: true });
  const files = inputs.map((path) => resolve(path)).filter(existsSync);
  const stamps = Object.fromEntries(
    [...files, ...installedLists(files)].map((path) => [path, stampOf(path)]),
  );
  writeFileSync(join(made, INPUTS_FILE), JSON.stringify(stamps));
  try {
    if (!isCurrent(entry)) {
      rmSync(entry, { recursive: true, force: true });
      renameSync(made, entry);
    }
  } catch {
    // Another synth has just put the same there.
  }
  rmSync(made, { recursive: true, force: true });
}

function isCurrent(entry: string): boolean {
  try {
    const inputs: Inputs = JSON.parse(readFileSync(join(entry, INPUTS_FILE), 'utf-8'));
    return Object.entries(inputs).every(([path, stamp]) => stampOf(path) === stamp);
  } catch {
    return false;
  }
}

function stampOf(path: string): string {
  const { mtimeMs, size } = statSync(path);
  return `${mtimeMs} ${size}`;
}

/** npm writes it at each install, which may put another version of a package before the one that was bundled. */
function installedLists(files: readonly string[]): string[] {
  const roots = new Set(
    files.flatMap((path) =>
      path.includes('/node_modules/') ? [path.slice(0, path.indexOf('/node_modules/'))] : [],
    ),
  );
  return [...roots].map((root) => join(root, 'node_modules/.package-lock.json')).filter(existsSync);
}
