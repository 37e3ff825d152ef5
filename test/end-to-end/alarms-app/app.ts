import { App, Stack } from 'aws-cdk-lib';
import { TaskMode } from '../../../lib/index.ts';

// Two tasks at once, and three receivers of alarms.
const hook = process.env.HOOK_URL ?? '';
const stack = new Stack(new App(), 'Alarms');
const taskMode = new TaskMode(stack, 'TaskMode', {
  alarms: {
    emails: ['oncall@example.com'],
    webhooks: [
      { url: `${hook}/generic` },
      { url: `${hook}/dingtalk`, template: 'dingtalk' },
      { url: `${hook}/slack`, template: 'slack' },
    ],
    functions: { nearTimeout: false },
    runbookUrl: 'https://wiki.example.com/runbook',
  },
});
taskMode.addFunction('wait', { entry: '../../../examples/wait.ts', maxConcurrency: 2 });
taskMode.addFunction('quiet', {
  entry: '../../../examples/echo.ts',
  alarms: { backlog: { threshold: 100 } },
});
