import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Api } from './api.ts';
import { CommandLine } from './command-line.ts';
import { startExample, temporaryFolder } from './runtime.ts';

/** A thousand submits, on a busy machine with two cores. */
const BATCH_TIMEOUT_MS = 180_000;

const ESC = '\x1b';

// They wait for processes, and so may wait beside each other.
vi.setConfig({ testTimeout: 120_000 });

let api: Api;
let cli: CommandLine;
let sources: CommandLine;
beforeAll(async () => {
  const example = await startExample();
  api = example.api;
  cli = new CommandLine(example.runtime.url, temporaryFolder('command'));
  sources = new CommandLine(example.runtime.url);
});

test('a task is submitted from an argument, a file and a pipe, and waited for', async () => {
  const file = join(temporaryFolder('payload'), 'payload.json');
  writeFileSync(file, '{"from":"a file"}');
  const [argument, fromFile, piped] = await Promise.all([
    cli.run(['submit', 'echo', '{"n":1}', '--id', 'cli-1', '--wait']),
    cli.run(['submit', 'echo', `@${file}`, '--wait', '--json']),
    sources.run(['submit', 'echo'], { input: '"from a pipe"' }),
  ]);
  expect(argument).toMatchObject({ code: 0, stdout: '{"n":1}\n' });
  expect(argument.stderr).toMatch(/^✔ Succeeded cli-1 \(.*after its submit/);
  expect(JSON.parse(fromFile.stdout)).toMatchObject({
    status: 'Succeeded',
    returnPayload: '{"from":"a file"}',
  });
  expect(piped).toMatchObject({ code: 0, stderr: '' });
  const task = await api.until('echo', piped.stdout.trim(), 'Succeeded');
  expect(task.taskPayload).toBe('"from a pipe"');
});

test('the exit code says how a task ended that was waited for, and that it has not yet', async () => {
  const waiting = cli.start(['submit', 'wait', '{"seconds":60}', '--id', 'cli-stop', '--wait']);
  await api.accepted('wait', { id: 'cli-late', payload: { seconds: 1 }, delay: 600 });
  const late = await cli.run(['wait', 'wait', 'cli-late', '--timeout', '1s']);
  expect(late).toMatchObject({ code: 7, stdout: '', stderr: expect.stringContaining('is still Enqueued') });
  await api.until('wait', 'cli-stop', 'Running');
  expect(await cli.run(['stop', 'wait', 'cli-stop'])).toMatchObject({ code: 0, stdout: 'cli-stop\n' });
  expect(await waiting.ended).toMatchObject({ code: 4, stdout: '' });
  expect(waiting.stderr).toMatch(/^■ Stopped cli-stop/);
});

test('whoever presses Ctrl-C stops waiting, and the task goes on', async () => {
  const waiting = cli.atTerminal(['submit', 'wait', '{"seconds":60}', '--id', 'cli-on', '--wait']);
  await waiting.printed(/cli-on Running/);
  waiting.child.stdin.write('\x03');
  expect(await waiting.ended).toMatchObject({ code: 130 });
  expect(waiting.stdout).toContain('task-mode wait wait cli-on');
  expect((await api.task('wait', 'cli-on')).status).toBe('Running');
  await api.stop('wait', 'cli-on');
});

test('at a terminal a list has colours and 80 columns; in a pipe it has neither', async () => {
  await api.accepted('flaky', { id: `cli-${'long-'.repeat(20)}`, payload: { failures: 0 } });
  const list = ['list', 'flaky'];
  const [terminal, piped, forced] = await Promise.all([
    cli.atTerminal(list).ended,
    cli.run(list, { env: { NO_COLOR: '1' } }),
    cli.run(list, { env: { FORCE_COLOR: '1' } }),
  ]);
  const lines = stripVTControlCharacters(terminal.stdout).trimEnd().split('\r\n');
  expect(lines).toHaveLength(2);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(terminal.stdout).toContain(`${ESC}[1mTASK`);
  expect(piped.stdout).not.toContain(ESC);
  expect(piped.stdout).toContain(`cli-${'long-'.repeat(20)}  `);
  expect(forced.stdout).toContain(`${ESC}[1mTASK`);
});

test('who watches a list sees a task end, and gets the cursor back', async () => {
  const watching = cli.atTerminal(['list', 'wait', '--watch', '--prefix', 'cli-watched']);
  await watching.printed(/No task of wait is like that/);
  await api.accepted('wait', { id: 'cli-watched-1', payload: { seconds: 0 } });
  await watching.printed(/cli-watched-1.*Succeeded/s);
  watching.child.stdin.write('\x03');
  expect((await watching.ended).code).toBe(130);
  expect(watching.stdout).toContain(`${ESC}[?25h`);
});

test('a reader that has had enough ends a list quietly', async () => {
  for (let n = 0; n < 3; n += 1) await api.accepted('echo', { payload: 'x'.repeat(2000) });
  const { stdout, stderr } = await cli.shell('set -o pipefail; task-mode list echo --json | head -c 20');
  expect(stdout).toHaveLength(20);
  expect(stderr).toBe('');
});

test('tasks are stopped and run again by filter: counted first, and only when somebody agrees', async () => {
  const ids = ['cli-many-1', 'cli-many-2', 'cli-many-3'];
  for (const id of ids) await api.accepted('wait', { id, payload: { seconds: 0 }, delay: 600 });
  const stop = ['stop', 'wait', '--prefix', 'cli-many-'];
  const counts = '3 tasks to stop: 3 Enqueued\n';
  expect(await cli.run([...stop, '--dry-run'])).toEqual({ code: 0, stdout: '', stderr: counts });
  const unasked = await cli.run(stop);
  expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('want --yes, or --dry-run') });
  const declining = cli.atTerminal(stop);
  await declining.printed(/stop them\? \[y\/N\]/);
  declining.child.stdin.write('n\r');
  await declining.ended;
  expect((await api.listAll('wait', { prefix: 'cli-many-' })).map(({ status }) => status)).toEqual(
    ids.map(() => 'Enqueued'),
  );
  const agreeing = cli.atTerminal(stop);
  await agreeing.printed(/stop them\? \[y\/N\]/);
  agreeing.child.stdin.write('y\r');
  expect((await agreeing.ended).stdout).toMatch(/✔ Succeeded.* b-\S+ \(3 told to stop, /);
  const redrive = ['redrive', 'wait', '--prefix', 'cli-many-', '--status', 'Stopped', '--yes'];
  const again = await cli.run([...redrive, '--reason', 'a test', '--detach']);
  const job = again.stdout.trim();
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining(`bulk-jobs wait wait ${job}`) });
  expect(await cli.run(['bulk-jobs', 'wait', 'wait', job])).toMatchObject({
    ...{ code: 0, stdout: '', stderr: expect.stringContaining('(3 run again, ') },
  });
  for (const id of ids) await api.until('wait', id, 'Succeeded');
  const listed = await cli.run(['bulk-jobs', 'list', 'wait']);
  expect(listed.stdout).toMatch(new RegExp(`^JOB .*\n${job} +Redrive +Succeeded .* 3 .* a test\nb-`));
}, 120_000);

test('functions are listed with what their tasks are at, and a task says why it does not run', async () => {
  await api.accepted('thumbnail', { id: 'cli-later', delay: 3600 });
  const [functions, explained] = await Promise.all([
    cli.run(['functions', '--prefix', 'thumb']),
    cli.run(['explain', 'thumbnail', 'cli-later']),
  ]);
  expect(functions.stdout).toMatch(/^FUNCTION +AT ONCE +WAITING .*\nthumbnail +100 +1 +0 +0 +0\n$/);
  expect(explained.stdout).toMatch(/^cli-later is Enqueued: Delayed\n.*\n {2}until \d{4}-.* in 59 min/);
});

test('an execution of a workflow is started, shown with its steps, and stopped', async () => {
  // Its last tasks wait, and so does the execution.
  expect((await cli.run(['concurrency', 'put', 'contact-sheet', '0'])).code).toBe(0);
  const start = ['workflows', 'start', 'media', '{"images":[]}', '--name', 'cli-album'];
  expect(await cli.run(start)).toMatchObject({ code: 0, stdout: 'cli-album\n' });
  // Under the same name it is the same one.
  const waiting = cli.start([...start, '--wait']);
  const [list, history] = await Promise.all([
    cli.run(['workflows', 'list', 'media']),
    cli.run(['workflows', 'history', 'media', 'cli-album']),
  ]);
  expect(list.stdout).toMatch(/^EXECUTION .*\ncli-album +\w+/);
  expect(history.stdout).toMatch(/^STEP +TYPE/);
  const stop = await cli.run(['workflows', 'stop', 'media', 'cli-album']);
  expect(stop).toEqual({ code: 0, stdout: 'cli-album\n', stderr: '' });
  expect(await waiting.ended).toMatchObject({ code: 4, stdout: '' });
  expect(waiting.stderr).toMatch(/^■ Stopped cli-album \(/);
  const stopped = await cli.run(['workflows', 'get', 'media', 'cli-album']);
  expect(stopped.stdout).toMatch(/^status +Stopped$/m);
});

test('the console of an API is served to whoever opens the printed address, until Ctrl-C', async () => {
  const running = sources.start(['console', '--function', 'echo', '--function', 'wait']);
  await running.printed(/\?token=\S+\n/);
  const entrance = running.stdout.trim();
  const { headers } = await fetch(entrance, { redirect: 'manual' });
  const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
  const answerOf = (path: string) => fetch(new URL(path, entrance), { headers: { cookie } });
  expect(await (await answerOf('/console/')).text()).toContain('<title>Task Mode</title>');
  const { functions } = (await (await answerOf('/2023-03-30/functions?prefix=ec')).json()) as {
    functions: object[];
  };
  expect(functions).toEqual([expect.objectContaining({ functionName: 'echo' })]);
  expect(await (await answerOf('/console/surroundings.json')).json()).toMatchObject({
    functionNames: ['echo', 'wait'],
    isLocal: false,
    auth: 'none',
    hasWorkflows: true,
  });
  expect((await fetch(new URL('/console/', entrance))).status).toBe(401);
  running.child.kill('SIGINT');
  expect((await running.ended).code).toBe(0);
});

test('what was put is shown, and taken back', async () => {
  const put = await cli.run(['config', 'put', 'flaky', '--retries', '0', '--max-age', '2h']);
  expect(put.stdout).toMatch(/^retries {5}0\nmax age {5}2 h$/m);
  expect((await cli.run(['config', 'get', 'flaky', '--json'])).stdout).toContain('"maxAsyncRetryAttempts":0');
  expect((await cli.run(['config', 'delete', 'flaky'])).code).toBe(0);
  expect(await cli.run(['config', 'get', 'flaky'])).toMatchObject({
    stdout: '',
    stderr: 'Nothing was put for flaky: what was deployed holds.\n',
  });
});

test('errors say what to do, in two lines and without a stack', async () => {
  const unknown = await cli.run(['get', 'echo', 'never']);
  expect(unknown).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^task-mode: AsyncTaskNotFound: .*\n {2}"task-mode list .*\n$/),
  });
  const nobody = await cli.run(['list', 'echo', '--endpoint', 'http://127.0.0.1:1']);
  expect(nobody).toMatchObject({ code: 1, stdout: '' });
  expect(nobody.stderr).toMatch(
    /^task-mode: http:\/\/127\.0\.0\.1:1 does not answer .*\n {2}Start it with.*\n$/,
  );
});

// Of bash and zsh what their own completion would call; fish tells what it would offer.
const COMPLETIONS = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's.
  bash: 'source <(task-mode completion bash); offered() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _task_mode; printf "%s\\n" "${COMPREPLY[@]}"; }; offered task-mode',
  zsh: 'compdef() { :; }; compadd() { print -rl -- $offered; }; source <(task-mode completion zsh); offered() { words=("$@"); CURRENT=$#; _task_mode; }; offered task-mode',
  fish: 'task-mode completion fish | source; function offered; complete -C "$argv"; end; offered task-mode',
} as const;

describe.each(Object.keys(COMPLETIONS) as (keyof typeof COMPLETIONS)[])('%s', (shell) => {
  const isThere = spawnSync(shell, ['-c', 'true']).status === 0;
  if (!isThere) console.warn(`SKIPPED: there is no ${shell}, whose completion is to be tried`);

  test.skipIf(!isThere)('completes what the command itself offers', async () => {
    const complete = async (...words: string[]) => {
      const { stdout, stderr } = await cli.shell(`${COMPLETIONS[shell]} ${words.join(' ')}`, shell);
      expect(stderr).toBe('');
      return stdout.trim().split('\n').sort();
    };
    const [values, options] = await Promise.all([
      complete('list', 'echo', '--status', 'Sto'),
      complete('logs', 'echo', 'a', '--ta'),
    ]);
    expect(values).toEqual(['Stopped', 'Stopping']);
    expect(options).toEqual(['--tail']);
  });
});

test('a function is called at once, with its log beside the result, and its failure is an exit code', async () => {
  const [called, failed] = await Promise.all([
    cli.run(['invoke', 'wait', '{"seconds":0}', '--log']),
    cli.run(['invoke', 'wait', '{"seconds":-1}']),
  ]);
  expect(called).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{"waitedSeconds":0[.\d]*\}\n$/) });
  expect(called.stderr).toMatch(/waits for 0 s.*\n✔ Succeeded \(\d+ ms\)\n$/s);
  expect(failed).toMatchObject({ code: 3, stdout: '' });
  expect(failed.stderr).toMatch(/^✘ Failed HandledInvocationError: RangeError: seconds must be .*\n {4}at /);
});

test('what a task has logged is shown, of all attempts or one, and followed until its end', async () => {
  const following = cli.start(['submit', 'flaky', '{"failures":1}', '--id', 'cli-logged', '--wait']);
  await following.printed(/Succeeded cli-logged/);
  const logs = ['logs', 'flaky', 'cli-logged'];
  const [all, second, json] = await Promise.all([
    cli.run([...logs, '--follow'], { env: { NO_COLOR: '1' } }),
    cli.run([...logs, '--attempt', '2', '--tail', '1']),
    cli.run([...logs, '--json']),
  ]);
  const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`;
  expect(all.stdout).toMatch(
    new RegExp(
      `^${time} INFO  attempt 1, .*\n${time} WARN  attempt failed .*\n${time} INFO  attempt 2, .*\n$`,
    ),
  );
  expect(all).toMatchObject({ code: 0, stderr: expect.stringContaining('✔ Succeeded cli-logged') });
  expect(second.stdout).toMatch(/ INFO {2}attempt 2, of which 1 fail\n$/);
  expect(
    json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { level: 'INFO', message: expect.stringContaining('attempt 1') },
    { level: 'WARN', message: expect.stringContaining('attempt failed') },
    { level: 'INFO', message: expect.stringContaining('attempt 2') },
  ]);
  const delayed = await api.accepted('flaky', { delay: 600, payload: {} });
  const nothing = { code: 0, stdout: '', stderr: `${delayed} has logged nothing so far.\n` };
  expect(await cli.run(['logs', 'flaky', delayed])).toEqual(nothing);
});

test(
  'a batch of 1,000 lines that is interrupted and repeated ends with 1,000 tasks, each once',
  async () => {
    const numbers = Array.from({ length: 1000 }, (_, index) => index + 1);
    const input = numbers.map((n) => `{"n":${n}}\n`).join('');
    // Nothing else is to take the machine's time: they wait, and are read as they were submitted.
    expect((await cli.run(['concurrency', 'put', 'spin', '0'])).stdout).toMatch(/^0\b/);
    const interrupted = cli.start(['batch', 'spin']);
    interrupted.child.stdin.on('error', () => undefined).end(input);
    await expect.poll(() => interrupted.stdout.split('\n').length, { timeout: 60_000 }).toBeGreaterThan(100);
    interrupted.child.kill('SIGINT');
    const first = await interrupted.ended;
    expect(first).toMatchObject({ code: 130, stderr: expect.stringMatching(/^Stopped after \d+ lines: /) });
    const submitted = first.stdout.trim().split('\n');
    expect(submitted.length).toBeLessThan(1000);

    const second = await cli.run(['batch', 'spin'], { input });
    expect(second).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^1000 lines: \d+ submitted, \d+ known already\n$/),
    });
    const tasks = await api.listAll('spin', { limit: '100', includePayload: 'true' });
    expect(tasks.map(({ taskPayload = '' }) => JSON.parse(taskPayload).n).sort((a, b) => a - b)).toEqual(
      numbers,
    );
  },
  BATCH_TIMEOUT_MS,
);
