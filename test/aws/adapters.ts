import { globSync, readFileSync } from 'node:fs';

/** What a line that calls AWS has in it, or a webhook's receiver. */
const CALLS_AWS = /\.send\(|\bpaginate\w*\(|\bcallAws\(|\.consume\(|\brequest\(/;

/** A class of the adapters' room as its file has it: the formatter ends it with the first brace at a line's start. */
const CLASS = /^(?:export )?class (\w+).*?\n\}$/gms;

export interface AdapterFile {
  readonly file: string;
  /** The names of its classes that call AWS. */
  readonly adapters: readonly string[];
  /** Whether it calls AWS outside of them as well. */
  readonly callsOutside: boolean;
}

/** How each file of the adapters' room calls AWS. A class that an adapter makes for itself is a part of that one. */
export function adapterFiles(): AdapterFile[] {
  const sources = globSync('lambdas/aws/*.ts').map((file) => {
    const source = readFileSync(file, 'utf-8').replaceAll(/^import .*?;$/gms, '');
    return { file, source, classes: [...source.matchAll(CLASS)] };
  });
  const all = sources.map(({ source }) => source).join('\n');
  const parts = sources
    .flatMap(({ classes }) => classes)
    .filter(([text, name]) => CALLS_AWS.test(text) && all.includes(`new ${name}(`))
    .map(([, name = '']) => name);
  const makesPart = (text: string) => parts.some((name) => text.includes(`new ${name}(`));
  return sources.map(({ file, source, classes }) => {
    const adapters = classes.filter(
      ([text, name = '']) => !parts.includes(name) && (CALLS_AWS.test(text) || makesPart(text)),
    );
    const outside = source.replaceAll(CLASS, '').replaceAll(/^export async function callAws\b.*/gm, '');
    return { file, adapters: adapters.map(([, name = '']) => name), callsOutside: CALLS_AWS.test(outside) };
  });
}

export interface AdapterClass {
  readonly name: string;
  readonly prototype: object;
}

/** The adapters, each as its file exports it. */
export async function adapterClasses(): Promise<AdapterClass[]> {
  const files = adapterFiles().filter(({ adapters }) => adapters.length > 0);
  const classes = await Promise.all(
    files.map(async ({ file, adapters }) => {
      const module = (await import(/* @vite-ignore */ `../../${file}`)) as Record<string, AdapterClass>;
      return adapters.map((name) => {
        const adapter = module[name];
        if (!adapter) throw new Error(`${file} keeps its adapter ${name} to itself`);
        return adapter;
      });
    }),
  );
  return classes.flat();
}
