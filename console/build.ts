import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Builds the console, or finds it built: `node console/build.ts` prints the folder, which is named after what it was made
 * of. `--out DIR` builds it there, for the package.
 */

const ROOM = dirname(fileURLToPath(import.meta.url));
const PROJECT = dirname(ROOM);

/** Where builds are kept; git ignores it. */
const BUILDS = join(ROOM, 'dist');

/** What the console is made of. */
const SOURCES = [
  'console/index.html',
  'console/build.ts',
  'console/src',
  'client',
  'lambdas/domain',
  'package-lock.json',
];

/** Builds of other sources may be served by a runtime that still runs. */
const KEPT_MS = 24 * 3600 * 1000;

async function builtConsole(): Promise<string> {
  const folder = join(BUILDS, await sourcesHash());
  if (await exists(folder)) return folder;
  await mkdir(BUILDS, { recursive: true });
  const draft = await mkdtemp(join(BUILDS, 'draft-'));
  try {
    await build(draft);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  // Whoever is first: two runtimes may start at once.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
  await removeOld(folder);
  return folder;
}

async function build(outDir: string): Promise<void> {
  const [{ build: viteBuild }, { default: react }] = await Promise.all([
    import('vite'),
    import('@vitejs/plugin-react'),
  ]);
  const publicDir = await mkdtemp(join(PROJECT, 'console', '.public-'));
  try {
    await viteBuild({
      root: ROOM,
      configFile: false,
      base: '/console/',
      publicDir,
      logLevel: 'warn',
      build: { outDir, emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
      plugins: [react(), await fontsAsFiles(publicDir)],
    });
  } finally {
    await rm(publicDir, { recursive: true, force: true });
  }
}

const EMBEDDED_FONT = /url\(\s*["']?data:[^;)]*;(?:charset=[^;)]*;)?base64,([A-Za-z0-9+/=]+)["']?\s*\)/g;

/** Cloudscape's CSS has its fonts in it, 138 kB gzip: as files, a browser takes the ones it needs, after the page. */
async function fontsAsFiles(publicDir: string) {
  await mkdir(join(publicDir, 'fonts'));
  return {
    name: 'fonts-as-files',
    enforce: 'pre' as const,
    async transform(code: string, id: string) {
      if (!id.includes('global-styles') || !id.endsWith('.css')) return null;
      const fonts = new Map<string, string>();
      const css = code.replaceAll(EMBEDDED_FONT, (_, base64: string) => {
        const name = `${createHash('sha256').update(base64).digest('hex').slice(0, 16)}.woff2`;
        fonts.set(name, base64);
        return `url(/fonts/${name})`;
      });
      for (const [name, base64] of fonts) {
        await writeFile(join(publicDir, 'fonts', name), Buffer.from(base64, 'base64'));
      }
      return { code: css, map: null };
    },
  };
}

async function sourcesHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await sourceFiles()) {
    hash.update(`${relative(PROJECT, file)}\n`).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function sourceFiles(): Promise<string[]> {
  const found = await Promise.all(
    SOURCES.map(async (name) => {
      const path = join(PROJECT, name);
      if ((await stat(path)).isFile()) return [path];
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  return found.flat().sort();
}

async function removeOld(current: string): Promise<void> {
  for (const name of await readdir(BUILDS)) {
    const path = join(BUILDS, name);
    const { mtimeMs } = await stat(path);
    if (path !== current && Date.now() - mtimeMs > KEPT_MS) await rm(path, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (values.out !== undefined) {
  await build(resolve(values.out));
} else {
  process.stdout.write(`${await builtConsole()}\n`);
}
