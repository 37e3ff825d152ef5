import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Api } from './api.ts';

const run = promisify(execFile);
const project = resolve('.');
const folder = mkdtempSync(join(tmpdir(), 'task-mode-package-'));
const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf-8'));

/** What somebody writes who wants task mode in an app of their own. */
const APP = `
import { App, Stack } from 'aws-cdk-lib';
import { TaskMode } from 'lambda-task-mode';

const stack = new Stack(new App(), 'Mine');
const taskMode = new TaskMode(stack, 'TaskMode');
taskMode.addFunction('greet', { entry: 'greet.ts', environment: { GREETING: 'Hello' } });
taskMode.addFunction('hold', { entry: 'hold.ts', maxConcurrency: 2 });
`;

const GREET = `
import type { TaskHandler } from 'lambda-task-mode/handler';

export const handler: TaskHandler<{ name: string }, string> = async ({ name }, { task }) =>
  \`\${process.env.GREETING}, \${name} (\${task?.taskId})\`;
`;

const HOLD = `
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskHandler } from 'lambda-task-mode/handler';
import { version } from './version.js';

export const handler: TaskHandler<{ until: string }, number> = async ({ until }) => {
  while (!existsSync(until)) await delay(20);
  return version;
};
`;

const version = (number: number) => `export const version = ${number};\n`;

beforeAll(async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: project });
  const tarball: string = JSON.parse(stdout.slice(stdout.indexOf('[\n')))[0].filename;
  const { 'aws-cdk-lib': cdk, constructs } = devDependencies;
  const files = {
    'app.ts': APP,
    'greet.ts': GREET,
    'hold.ts': HOLD,
    'version.ts': version(1),
    'cdk.json': JSON.stringify({ app: 'node app.ts' }),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { strict: true, module: 'nodenext', target: 'es2024', noEmit: true, types: ['node'] },
      include: ['*.ts'],
    }),
    'package.json': JSON.stringify({
      name: 'mine',
      private: true,
      type: 'module',
      dependencies: { 'aws-cdk-lib': cdk, constructs, 'lambda-task-mode': `file:${tarball}` },
      devDependencies: { '@types/node': devDependencies['@types/node'] },
    }),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder });
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }), 120_000);

test("its types hold in the other app, also where libraries' types are checked", async () => {
  await run(join(project, 'node_modules/.bin/tsc'), ['--project', folder]);
}, 120_000);

describe('its runtime', () => {
  const lines: string[] = [];
  let stop: () => Promise<void>;
  let api: Api;
  let url: string;

  const untilSaid = async (line: RegExp, timeout = 30_000): Promise<RegExpExecArray> => {
    await vi.waitFor(() => expect(lines).toContainEqual(expect.stringMatching(line)), { timeout });
    return line.exec(lines.findLast((said) => line.test(said)) ?? '') as RegExpExecArray;
  };

  beforeAll(async () => {
    const cli = join(folder, 'node_modules/lambda-task-mode/dist/bin/task-mode.js');
    const runtime = spawn(process.execPath, [cli, 'dev', '--port', '0'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<void>((done) => {
      runtime.on('exit', () => done());
    });
    stop = () => {
      runtime.kill('SIGINT');
      return ended;
    };
    createInterface({ input: runtime.stdout }).on('line', (line) => lines.push(line));
    [, url = ''] = await untilSaid(/^Task Mode is ready at (http:.*)$/, 120_000);
    api = new Api(url);
  }, 150_000);
  afterAll(() => stop());

  test('runs the CDK app of the folder that it is started in, and its command line calls it', async () => {
    expect(await (await fetch(`${url}/console/`)).text()).toContain('<title>Task Mode</title>');
    const id = await api.accepted('greet', { id: 'one', payload: { name: 'you' } });
    expect(await api.until('greet', id, 'Succeeded')).toMatchObject({ returnPayload: '"Hello, you (one)"' });
    const command = join(folder, 'node_modules/.bin/task-mode');
    const { stdout } = await run(command, ['list', 'greet', '--endpoint', url], { cwd: folder });
    expect(stdout).toMatch(/^TASK .*\none +Succeeded/);
    expect((await run(command, ['--help'], { cwd: folder })).stdout).toContain('submit a task');
    await api.accepted('greet', { id: 'two', payload: { name: 'me' }, delay: 600 });
    await run(command, ['clock', 'advance', '10m', '--endpoint', url], { cwd: folder });
    await api.until('greet', 'two', 'Succeeded');
  });

  test('swaps the code of a function whose file is saved: what runs ends on the old, what waits runs once on the new', async () => {
    const until = join(folder, 'go');
    const ids = ['run-1', 'run-2', 'wait-1', 'wait-2', 'wait-3', 'wait-4'];
    for (const id of ids.slice(0, 2)) {
      await api.accepted('hold', { id, payload: { until } });
      await api.until('hold', id, 'Running');
    }
    for (const id of ids.slice(2)) await api.accepted('hold', { id, payload: { until } });
    writeFileSync(join(folder, 'version.ts'), version(2));
    await untilSaid(/^task-mode \| reloaded hold in \d+\.\d\d s$/);
    writeFileSync(until, '');
    const ends = await Promise.all(ids.map((id) => api.until('hold', id, 'Succeeded')));
    expect(ends.map(({ returnPayload }) => returnPayload)).toEqual(['1', '1', '2', '2', '2', '2']);
    for (const { events, alreadyRetriedTimes } of ends) {
      expect(events.map(({ status }) => status)).toEqual(['Enqueued', 'Processed', 'Running', 'Succeeded']);
      expect(alreadyRetriedTimes).toBe(0);
    }
  }, 60_000);

  test('tells a mistake with its line and runs the code before; what the CDK app is made of wants a restart', async () => {
    const held = () => api.invoke('hold', { until: folder });
    writeFileSync(join(folder, 'version.ts'), 'export const version = ;\n');
    await untilSaid(/^task-mode \| version\.ts:1:24: Unexpected ";"$/);
    expect(await (await held()).text()).toBe('2');
    writeFileSync(join(folder, 'version.ts'), version(3));
    await vi.waitFor(async () => expect(await (await held()).text()).toBe('3'), { timeout: 30_000 });
    writeFileSync(join(folder, 'app.ts'), `${APP}// More.\n`);
    await untilSaid(/^task-mode \| app\.ts has changed: restart to apply it$/);
  });
});
