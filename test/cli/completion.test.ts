import { expect, it } from 'vitest';
import { candidatesFor } from '../../cli/completion.ts';
import { makeProgram } from '../../cli/program.ts';

it.each([
  [[''], ['submit', 'dev', 'help'], ['__complete']],
  [['sub'], ['submit'], ['stop']],
  [['bulk-jobs', ''], ['list', 'get', 'wait', 'stop'], ['submit']],
  [['bulk-jobs', 'get', 'e'], ['echo', 'encode'], ['wait']],
  [['config', ''], ['get', 'put', 'delete'], ['submit']],
  [['config', 'put', 'echo', '--t'], ['--task-mode'], ['--retries']],
  [['config', 'put', 'echo', '--task-mode', ''], ['on', 'off'], []],
  [['list', 'echo', '--status', 'St'], ['Stopping', 'Stopped'], ['Failed']],
  [['list', 'e'], ['echo', 'encode'], ['wait']],
  [['config', 'put', '--retries', '5', 'w'], ['wait'], ['echo']],
  [['get', 'echo', ''], [], ['echo']],
  [['list', '--limit', ''], [], ['submit']],
  [['submit', '--id', 'list', '--w'], ['--wait'], ['--watch']],
  [['completion', '--'], ['--help'], ['--endpoint']],
])('offers what may follow %j', async (words, offered, others) => {
  const candidates = await candidatesFor(makeProgram(), words, async () => ['echo', 'encode', 'wait']);
  expect(candidates).toEqual(expect.arrayContaining(offered));
  for (const other of others) expect(candidates).not.toContain(other);
});
