import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LambdaService } from '../functions/lambda-service.ts';
import type { BundleSource } from './bundle-source.ts';
import { type Bundled, Bundler, endBundlers } from './bundler.ts';
import { SourceWatch } from './source-watch.ts';

/** Saving is several changes one after the other: a build waits until there was none for this long. */
const QUIET_MS = 30;

/** A function whose code can be bundled again. */
export interface ReloadableFunction {
  readonly name: string;
  /** Its name in log lines. */
  readonly label: string;
  readonly source: BundleSource;
}

export interface HotReloadOptions {
  readonly functions: readonly ReloadableFunction[];
  /** The files that the CDK app is made of; what they say holds from the next start on. */
  readonly appFiles: Promise<readonly string[]>;
  /** Where new bundles go. */
  readonly outDir: string;
  readonly lambda: Pick<LambdaService, 'replaceCode'>;
  readonly log: (line: string) => void;
}

/** What is known of a function's code by now. */
interface Code {
  readonly function: ReloadableFunction;
  readonly bundler: Bundler;
  inputs: ReadonlySet<string>;
  /** Folders in which a file is missing, while its code does not build. */
  awaitedFolders: readonly string[];
  /** What was wrong with the last build, and was told. */
  errors: string;
  /** Its last bundle of ours. */
  folder?: string;
}

/** Bundles functions again when a file that went into them is saved, and has what runs from then on run on that. */
export class HotReload {
  readonly #options: HotReloadOptions;
  readonly #codes: readonly Code[];
  readonly #watch = new SourceWatch((path) => this.#noteChange(path));
  /** Since when the code of a function is not what its files say, in milliseconds. */
  readonly #changed = new Map<Code, number>();
  #appFiles: ReadonlySet<string> = new Set();
  readonly #changedAppFiles = new Set<string>();
  readonly #stopping = new AbortController();
  #lastChangeMs = 0;
  #reloading: Promise<void> | undefined;

  constructor(options: HotReloadOptions) {
    this.#options = options;
    this.#codes = options.functions.map((reloadable) => ({
      function: reloadable,
      bundler: new Bundler(reloadable.source.options),
      inputs: new Set(reloadable.source.inputs),
      awaitedFolders: [],
      errors: '',
    }));
  }

  start(): void {
    this.#watchFolders();
    void this.#options.appFiles.then((files) => {
      this.#appFiles = new Set(files);
      this.#watchFolders();
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#watch.close();
    await this.#reloading;
    if (this.#codes.some(({ folder }) => folder !== undefined)) await endBundlers();
  }

  #watchFolders(): void {
    if (this.#stopping.signal.aborted) return;
    const files = [...this.#appFiles, ...this.#codes.flatMap(({ inputs }) => [...inputs])];
    const awaited = this.#codes.flatMap(({ awaitedFolders }) => awaitedFolders);
    this.#watch.watch([...files.map((path) => dirname(path)), ...awaited]);
  }

  #noteChange(path: string): void {
    this.#lastChangeMs = performance.now();
    for (const code of this.#codes) {
      if (!isAffected(code, path)) continue;
      this.#changed.set(code, this.#changed.get(code) ?? this.#lastChangeMs);
      // What is saved with the mistake still in it is told of again.
      if (code.inputs.has(path)) code.errors &&= TOLD_BEFORE;
    }
    if (this.#appFiles.has(path)) this.#changedAppFiles.add(path);
    if (this.#changed.size + this.#changedAppFiles.size === 0) return;
    this.#reloading ??= this.#reloadChanged().finally(() => {
      this.#reloading = undefined;
    });
  }

  async #reloadChanged(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#changed.size + this.#changedAppFiles.size > 0 && !signal.aborted) {
      await this.#quiet(signal);
      this.#tellOfApp();
      const changed = [...this.#changed];
      this.#changed.clear();
      const failures = await Promise.all(changed.map(([code, sinceMs]) => this.#reload(code, sinceMs)));
      this.#tell(failures.filter((failure) => failure !== undefined));
      this.#watchFolders();
    }
  }

  /** Waits until nothing has changed for a moment. */
  async #quiet(signal: AbortSignal): Promise<void> {
    let restMs = QUIET_MS;
    while (restMs > 0 && !signal.aborted) {
      await delay(restMs, undefined, { signal }).catch(() => undefined);
      restMs = this.#lastChangeMs + QUIET_MS - performance.now();
    }
  }

  /** Builds and swaps a function's code; answers the code whose mistake is to be told. */
  async #reload(code: Code, sinceMs: number): Promise<Code | undefined> {
    const folder = await mkdtemp(join(this.#options.outDir, 'reloaded-'));
    const bundled = await code.bundler.bundle(folder).catch(failed);
    const isObsolete = this.#changed.has(code) || this.#stopping.signal.aborted;
    if (isObsolete || 'errors' in bundled) await remove(folder);
    if (isObsolete) return undefined;
    if ('errors' in bundled) {
      const errors = bundled.errors.join('\n');
      const isNews = errors !== code.errors;
      code.errors = errors;
      code.awaitedFolders = bundled.awaitedFolders;
      return isNews ? code : undefined;
    }
    code.inputs = new Set(bundled.inputs);
    code.errors = '';
    code.awaitedFolders = [];
    this.#swap(code, folder);
    const seconds = (performance.now() - sinceMs) / 1000;
    this.#options.log(`task-mode | reloaded ${code.function.label} in ${seconds.toFixed(2)} s`);
    return undefined;
  }

  #swap(code: Code, folder: string): void {
    const earlier = code.folder;
    code.folder = folder;
    const isUnused = this.#options.lambda.replaceCode(code.function.name, folder);
    if (earlier === undefined) return;
    // At a stop everything that is ours is left to the next start.
    void isUnused.then(() => (this.#stopping.signal.aborted ? undefined : remove(earlier)));
  }

  #tellOfApp(): void {
    for (const path of this.#changedAppFiles) {
      this.#options.log(`task-mode | ${relative(process.cwd(), path)} has changed: restart to apply it`);
    }
    this.#changedAppFiles.clear();
  }

  /** Tells a mistake once, of whatever functions it is in. */
  #tell(failures: readonly Code[]): void {
    for (const [errors, codes] of Map.groupBy(failures, (code) => code.errors)) {
      const labels = codes.map((code) => code.function.label).join(', ');
      const lines = [`not reloaded: ${labels}. What ran before goes on`, ...errors.split('\n')];
      for (const line of lines) this.#options.log(`task-mode | ${line}`);
    }
  }
}

/** A mistake in a build that is about to be told again. */
const TOLD_BEFORE = ' ';

/** Code that does not build may be mended by any file, such as one that was missing. */
function isAffected({ inputs, errors }: Code, path: string): boolean {
  return errors !== '' || inputs.has(path) || [...inputs].some((input) => input.startsWith(path + sep));
}

function failed(error: unknown): Bundled {
  return { errors: [error instanceof Error ? error.message : String(error)], awaitedFolders: [] };
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
