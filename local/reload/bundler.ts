import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type * as esbuild from 'esbuild';
import type { BuildContext, BuildOptions, BuildResult, Message, Metafile, OutputFile } from 'esbuild';

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

/**
 * How long esbuild's process is kept after a build, with what it has read: the next save is mostly soon, and then takes a third
 * of the time. It holds some 100 MB, which nobody is to pay for who edits nothing.
 */
const KEPT_MS = 30_000;

/** Most runtimes never load it. Its process is one for all builds: those that go on, and how often it was begun anew. */
let loaded: typeof esbuild | undefined;
let building = 0;
let generation = 0;
let ending: NodeJS.Timeout | undefined;

/** Bundles one thing time and again. */
export class Bundler {
  readonly #options: BuildOptions;
  readonly #folder: string;
  #kept: { readonly generation: number; readonly context: Promise<BuildContext> } | undefined;

  constructor(options: BuildOptions) {
    this.#options = options;
    this.#folder = options.absWorkingDir ?? process.cwd();
  }

  /** Bundles into a folder; without one nothing is written. */
  async bundle(outdir?: string): Promise<Bundled> {
    clearTimeout(ending);
    building += 1;
    try {
      const { metafile, outputFiles = [] } = await (await this.#context()).rebuild();
      if (outdir !== undefined) await write(outputFiles, this.#folder, outdir);
      return { inputs: inputsOf(metafile as Metafile, this.#folder) };
    } catch (error) {
      const { errors } = error as Partial<BuildResult>;
      if (errors === undefined) throw error;
      return {
        errors: errors.slice(0, MOST_ERRORS).flatMap((message) => linesOf(message, this.#folder)),
        awaitedFolders: errors.flatMap((message) => awaitedFolder(message, this.#folder)),
      };
    } finally {
      building -= 1;
      if (building === 0) ending = setTimeout(() => void endBundlers(), KEPT_MS).unref();
    }
  }

  #context(): Promise<BuildContext> {
    if (this.#kept?.generation !== generation) this.#kept = { generation, context: this.#newContext() };
    return this.#kept.context;
  }

  async #newContext(): Promise<BuildContext> {
    loaded ??= await import('esbuild');
    return loaded.context({
      ...this.#options,
      metafile: true,
      logLevel: 'silent',
      write: false,
      outdir: this.#folder,
    });
  }
}

/** Ends esbuild's process, if nothing is being built. */
export async function endBundlers(): Promise<void> {
  clearTimeout(ending);
  if (building > 0) return;
  generation += 1;
  await loaded?.stop();
}

async function write(files: readonly OutputFile[], from: string, to: string): Promise<void> {
  for (const { path, contents } of files) {
    const file = join(to, relative(from, path));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, contents);
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
