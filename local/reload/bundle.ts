import { existsSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import type { BuildOptions, BuildResult, Message, Metafile } from 'esbuild';

/** So many mistakes of a build are told; the others mostly follow from these. */
const MOST_ERRORS = 3;

export type Bundled =
  | { readonly inputs: readonly string[] }
  | {
      /** What is wrong, a line each, beginning with the file and the line. */
      readonly errors: readonly string[];
      /** Folders in which a file is missing: once it is there, the build may do. */
      readonly awaitedFolders: readonly string[];
    };

/** Builds that go on: esbuild's process is shared by all of them. */
let building = 0;

/** Bundles with esbuild, whose process ends with the last build: idle it would hold 20 MB. */
export async function bundle(options: BuildOptions): Promise<Bundled> {
  // Most runtimes never need it.
  const { build, stop } = await import('esbuild');
  const { absWorkingDir: folder = process.cwd() } = options;
  building += 1;
  try {
    const { metafile } = await build({ ...options, metafile: true, logLevel: 'silent' });
    return { inputs: inputsOf(metafile, folder) };
  } catch (error) {
    const { errors } = error as Partial<BuildResult>;
    if (errors === undefined) throw error;
    return {
      errors: errors.slice(0, MOST_ERRORS).flatMap((message) => linesOf(message, folder)),
      awaitedFolders: errors.flatMap((message) => awaitedFolder(message, folder)),
    };
  } finally {
    building -= 1;
    if (building === 0) await stop();
  }
}

function inputsOf({ inputs }: Metafile, folder: string): string[] {
  return Object.keys(inputs)
    .map((path) => resolve(folder, path))
    .filter((path) => !path.includes(`${sep}node_modules${sep}`) && existsSync(path));
}

function linesOf({ text, location }: Message, folder: string): string[] {
  if (location === null) return [text];
  const { file, line, column, lineText } = location;
  const path = relative(process.cwd(), resolve(folder, file));
  return [`${path}:${line}:${column + 1}: ${text}`, `  ${lineText}`, `  ${' '.repeat(column)}^`];
}

/** The folder of an imported file that is not there. */
function awaitedFolder({ location }: Message, folder: string): string[] {
  const imported = /^(['"`])(\.{1,2}\/.*)\1$/.exec(
    location?.lineText.slice(location.column, location.column + location.length) ?? '',
  )?.[2];
  if (location === null || imported === undefined) return [];
  return [dirname(resolve(folder, dirname(location.file), imported))];
}
