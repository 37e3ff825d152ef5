import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
`;

const GREET = `
import type { TaskHandler } from 'lambda-task-mode/handler';

export const handler: TaskHandler<{ name: string }, string> = async ({ name }, { task }) =>
  \`\${process.env.GREETING}, \${name} (\${task?.taskId})\`;
`;

beforeAll(async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: project });
  const tarball: string = JSON.parse(stdout.slice(stdout.indexOf('[\n')))[0].filename;
  const { 'aws-cdk-lib': cdk, constructs } = devDependencies;
  const files = {
    'app.ts': APP,
    'greet.ts': GREET,
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
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("its types hold in the other app, also where libraries' types are checked", async () => {
  await run(join(project, 'node_modules/.bin/tsc'), ['--project', folder]);
});

test('its runtime runs the CDK app of the folder that it is started in, and its command line calls it', async () => {
  const cli = join(folder, 'node_modules/lambda-task-mode/dist/bin/task-mode.js');
  const runtime = spawn(process.execPath, [cli, 'dev', '--port', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => {
    runtime.on('exit', done);
  });
  try {
    let url: string | undefined;
    for await (const line of createInterface({ input: runtime.stdout })) {
      url = /^Task Mode is ready at (http:.*)$/.exec(line)?.[1];
      if (url !== undefined) break;
    }
    const api = new Api(url ?? 'no line said that it is ready');
    expect(await (await fetch(`${url}/console/`)).text()).toContain('<title>Task Mode</title>');
    const id = await api.accepted('greet', { id: 'one', payload: { name: 'you' } });
    expect(await api.until('greet', id, 'Succeeded')).toMatchObject({ returnPayload: '"Hello, you (one)"' });
    const command = join(folder, 'node_modules/.bin/task-mode');
    const { stdout } = await run(command, ['list', 'greet', '--endpoint', url ?? ''], { cwd: folder });
    expect(stdout).toMatch(/^TASK .*\none +Succeeded/);
    expect((await run(command, ['--help'], { cwd: folder })).stdout).toContain('submit a task');
  } finally {
    runtime.kill('SIGINT');
    await ended;
  }
});
