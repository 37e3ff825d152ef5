import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { appFiles } from '../../../local/reload/app-files.ts';
import { Bundler } from '../../../local/reload/bundler.ts';
import { HotReload } from '../../../local/reload/hot-reload.ts';
import { temporaryFolder } from '../fixtures/assembly.ts';

const running: HotReload[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((hotReload) => hotReload.stop()));
});

const options = (folder: string, entry: string) =>
  ({
    entryPoints: { index: join(folder, entry) },
    absWorkingDir: folder,
    bundle: true,
    format: 'esm',
  }) as const;

/** Starts to watch functions, by name and entry, whose files are in a folder. */
async function watched(
  files: Readonly<Record<string, string>>,
  entries: Readonly<Record<string, string>> = { fn: 'fn.ts' },
  command = 'python app.py',
) {
  const folder = realpathSync(await temporaryFolder());
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  const functions = await Promise.all(
    Object.entries(entries).map(async ([name, entry]) => {
      const bundled = await new Bundler(options(folder, entry)).bundle();
      const inputs = 'inputs' in bundled ? bundled.inputs : [];
      return { name, label: name, source: { options: options(folder, entry), inputs } };
    }),
  );
  const outDir = await temporaryFolder();
  const lines: string[] = [];
  const swaps: { name: string; folder: string; end: () => void }[] = [];
  const known = appFiles(folder, command);
  const hotReload = new HotReload({
    functions,
    appFiles: known,
    outDir,
    lambda: {
      replaceCode: (name, root) =>
        new Promise<void>((end) => {
          swaps.push({ name, folder: root, end });
        }),
    },
    log: (line) => lines.push(line),
  });
  running.push(hotReload);
  hotReload.start();
  await known;
  return {
    folder,
    write,
    lines,
    swaps,
    hotReload,
    /** Waits until a function has code that says this. */
    until: (text: string, name = 'fn') =>
      vi.waitFor(
        () => {
          const code = swaps.findLast((swap) => swap.name === name)?.folder;
          expect(code && readFileSync(join(code, 'index.js'), 'utf-8')).toContain(text);
        },
        { timeout: 20_000 },
      ),
    untilSaid: (line: string | RegExp) =>
      vi.waitFor(() => expect(lines).toContainEqual(expect.stringMatching(line)), { timeout: 20_000 }),
  };
}

const FN = "import { word } from './word.ts';\nexport const handler = () => word;\n";
const SAYS = (word: string) => `export const word = '${word}';\n`;

describe('a file that is saved', () => {
  it('has the functions made of it swapped, and no others', async () => {
    const { write, until, swaps, lines } = await watched(
      { 'a.ts': FN, 'b.ts': FN, 'c.ts': 'export const handler = 1;', 'word.ts': SAYS('one') },
      { a: 'a.ts', b: 'b.ts', c: 'c.ts' },
    );
    write('word.ts', SAYS('two'));
    await Promise.all([until('two', 'a'), until('two', 'b')]);
    expect(new Set(swaps.map(({ name }) => name))).toEqual(new Set(['a', 'b']));
    expect(lines).toContainEqual(expect.stringMatching(/^task-mode \| reloaded a in \d+\.\d\d s$/));
  });

  it('may be put in the place of the first, as editors do, time and again', async () => {
    const { folder, write, until } = await watched({ 'fn.ts': FN, 'word.ts': SAYS('one') });
    for (const word of ['two', 'three']) {
      write('word.ts.new', SAYS(word));
      renameSync(join(folder, 'word.ts.new'), join(folder, 'word.ts'));
      await until(word);
    }
  });

  it('is watched as well when it is imported only since', async () => {
    const { write, until } = await watched({ 'fn.ts': 'export const handler = 0;' });
    write('parts/word.ts', SAYS('one'));
    write('fn.ts', FN.replace('./word.ts', './parts/word.ts'));
    await until('one');
    write('parts/word.ts', SAYS('two'));
    await until('two');
  });

  it('is seen in a folder that was deleted and made anew', async () => {
    const { folder, write, until, untilSaid } = await watched({
      'fn.ts': FN.replace('./word.ts', './parts/word.ts'),
      'parts/word.ts': SAYS('one'),
    });
    rmSync(join(folder, 'parts'), { recursive: true });
    await untilSaid(/fn\.ts:1:22: Could not resolve/);
    write('parts/word.ts', SAYS('two'));
    await until('two');
    write('parts/word.ts', SAYS('three'));
    await until('three');
  });

  it('counts as it is at the end of many saves', async () => {
    const { write, until, swaps } = await watched({ 'fn.ts': FN, 'word.ts': SAYS('one') });
    for (let count = 0; count < 40; count += 1) {
      write('word.ts', SAYS(`w${count}`));
      await new Promise(setImmediate);
    }
    await until('w39');
    expect(swaps.length).toBeLessThan(10);
  });
});

describe('a mistake', () => {
  it('is told with its file and line, for all functions at once, and leaves the code that runs; mended, it is swapped', async () => {
    const { write, until, untilSaid, lines, swaps } = await watched(
      { 'a.ts': FN, 'b.ts': FN, 'word.ts': SAYS('one') },
      { a: 'a.ts', b: 'b.ts' },
    );
    write('word.ts', 'export const word = ;\n');
    await untilSaid(/word\.ts:1:21: Unexpected ";"$/);
    expect(lines[0]).toBe('task-mode | not reloaded: a, b. What ran before goes on');
    expect(lines.slice(2)).toEqual([
      'task-mode |   export const word = ;',
      `task-mode |   ${' '.repeat(20)}^`,
    ]);
    expect(swaps).toEqual([]);
    write('word.ts', SAYS('two'));
    await Promise.all([until('two', 'a'), until('two', 'b')]);
  });

  it('that a missing file makes is mended by that file, also in a folder that is not there yet', async () => {
    const { write, until, untilSaid } = await watched({ 'fn.ts': 'export const handler = 0;' });
    write('fn.ts', FN.replace('./word.ts', './deep/er/word.ts'));
    await untilSaid(/fn\.ts:1:22: Could not resolve ".\/deep\/er\/word.ts"/);
    write('deep/er/word.ts', SAYS('one'));
    await until('one');
  });
});

it("deletes a bundle when nothing runs on it any more, never the app's own", async () => {
  const { write, until, swaps } = await watched({ 'fn.ts': FN, 'word.ts': SAYS('one') });
  write('word.ts', SAYS('two'));
  await until('two');
  write('word.ts', SAYS('three'));
  await until('three');
  const [first, second] = swaps;
  expect(existsSync(first?.folder ?? '')).toBe(true);
  second?.end();
  await vi.waitFor(() => expect(existsSync(first?.folder ?? '')).toBe(false));
  expect(existsSync(second?.folder ?? '')).toBe(true);
});

it('says that a change of the CDK app needs a restart', async () => {
  const { write, untilSaid, swaps } = await watched(
    {
      'fn.ts': FN,
      'word.ts': SAYS('one'),
      'bin/app.mts': "import '../stack.ts';\n",
      'stack.ts': 'export {};\n',
    },
    { fn: 'fn.ts' },
    'npx tsx "bin/app.mts"',
  );
  write('stack.ts', 'export const more = 1;\n');
  await untilSaid(/stack\.ts has changed: restart to apply it$/);
  write('cdk.json', '{}');
  await untilSaid(/cdk\.json has changed: restart to apply it$/);
  expect(swaps).toEqual([]);
});

it('does nothing any more when it is stopped', async () => {
  const { write, hotReload, swaps, lines } = await watched({ 'fn.ts': FN, 'word.ts': SAYS('one') });
  write('word.ts', SAYS('two'));
  await hotReload.stop();
  write('word.ts', SAYS('three'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect([swaps, lines]).toEqual([[], []]);
});
