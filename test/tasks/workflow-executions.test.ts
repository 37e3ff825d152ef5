import { beforeAll, describe, expect, test } from 'vitest';
import { Executions } from '../../lambdas/aws/executions.ts';
import { WorkflowRegistry } from '../../lambdas/aws/workflow-registry.ts';
import { getWorkflowExecution } from '../../lambdas/tasks/get-workflow-execution.ts';
import { getWorkflowExecutionHistory } from '../../lambdas/tasks/get-workflow-execution-history.ts';
import { listWorkflowExecutions } from '../../lambdas/tasks/list-workflow-executions.ts';
import { listWorkflows } from '../../lambdas/tasks/list-workflows.ts';
import { startWorkflowExecution } from '../../lambdas/tasks/start-workflow-execution.ts';
import { stopWorkflowExecution } from '../../lambdas/tasks/stop-workflow-execution.ts';
import { taskOfRequest } from '../../lambdas/workflow/workflow-request.ts';
import { FUNCTION_TABLE } from '../aws/engines.ts';
import { startWorkflows } from '../aws/workflow-engine.ts';
import { startWorld } from './world.ts';

const world = await startWorld();
const engine = await startWorkflows();

const deps = {
  workflows: new WorkflowRegistry({ client: world.dynamoDb, tableName: FUNCTION_TABLE }),
  executions: new Executions(),
  index: world.index,
  clock: world.clock,
  taskOf: taskOfRequest,
};

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function';

/** A state that asks for a task, as TaskInvoke does where it does not wait. */
const asking = (taskId: string) => ({
  Type: 'Task',
  Resource: `${ARN}:submit`,
  Parameters: {
    functionName: 'echo',
    waitFor: 'response',
    taskId,
    payload: {},
    'executionId.$': '$$.Execution.Id',
    'stateName.$': '$$.State.Name',
    'enteredTime.$': '$$.State.EnteredTime',
  },
});

const DEFINITIONS = {
  quick: { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } },
  slow: { StartAt: 'Rest', States: { Rest: { Type: 'Wait', Seconds: 600, End: true } } },
  failing: {
    StartAt: 'Break',
    States: { Break: { Type: 'Task', Resource: `${ARN}:failing`, End: true } },
  },
  many: {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        ItemProcessor: {
          StartAt: 'Ask',
          States: { Ask: { ...asking('linked'), End: true } },
        },
        End: true,
      },
    },
  },
};

async function register(workflowName: keyof typeof DEFINITIONS | 'express' | 'gone'): Promise<void> {
  const isExpress = workflowName === 'express';
  if (workflowName !== 'gone') {
    engine.deploy(workflowName, DEFINITIONS[isExpress ? 'quick' : workflowName], isExpress);
  }
  await world.registerWorkflow(workflowName, isExpress);
}

beforeAll(async () => {
  for (const name of [
    ...(Object.keys(DEFINITIONS) as (keyof typeof DEFINITIONS)[]),
    'express',
    'gone',
  ] as const) {
    await register(name);
  }
});

const start = (workflowName: string, name?: string, input = '{"a":1}') =>
  startWorkflowExecution(deps, { workflowName, name, input });
const get = (workflowName: string, executionName: string) =>
  getWorkflowExecution(deps, { workflowName, executionName });
const ended = async (workflowName: string, executionName: string) => {
  await expect.poll(async () => (await get(workflowName, executionName)).status).not.toBe('Running');
  return get(workflowName, executionName);
};
const list = (workflowName: string, request: object = {}) =>
  listWorkflowExecutions(deps, { workflowName, status: undefined, limit: 10, token: undefined, ...request });
const history = (workflowName: string, executionName: string, limit = 100, offset = 0) =>
  getWorkflowExecutionHistory(deps, { workflowName, executionName, limit, offset });

describe('workflows', () => {
  test('are listed by name, page by page, and functions are not among them', async () => {
    const first = await listWorkflows(deps, { limit: 4 });
    expect(first.workflows.map(({ workflowName }) => workflowName)).toEqual([
      'express',
      'failing',
      'gone',
      'many',
    ]);
    const { workflows, readTo } = await listWorkflows(deps, { limit: 4, after: first.readTo });
    expect(workflows.map(({ workflowName }) => workflowName)).toEqual(['quick', 'slow']);
    expect(readTo).toBeUndefined();
  });

  test('are not among the functions', async () => {
    expect((await world.registry.list()).map(({ functionName }) => functionName).sort()).toEqual([
      'echo',
      'stubborn',
      'told',
    ]);
  });
});

describe('a start', () => {
  test('gets an execution a name, and another each time', async () => {
    const names = [await start('quick'), await start('quick')].map(({ executionName }) => executionName);
    expect(new Set(names).size).toBe(2);
    expect(await ended('quick', names[0] ?? '')).toMatchObject({
      status: 'Succeeded',
      input: '{"a":1}',
      output: '{"a":1}',
      stopTime: expect.any(Number),
    });
  });

  test('under a name that has run or runs with this input is answered by that execution', async () => {
    const first = await start('slow', 'same');
    expect(await start('slow', 'same')).toEqual(first);
    await start('quick', 'same');
    const over = await ended('quick', 'same');
    expect(await start('quick', 'same')).toEqual(over);
    for (const workflow of ['slow', 'quick']) {
      expect(
        (await list(workflow)).executions.filter(({ executionName }) => executionName === 'same'),
      ).toHaveLength(1);
    }
  });

  test.each(['slow', 'quick'])(
    'under a name that has another input is refused, and changes nothing: %s',
    async (workflow) => {
      await start(workflow, 'taken');
      if (workflow === 'quick') await ended(workflow, 'taken');
      const before = await get(workflow, 'taken');
      await expect(start(workflow, 'taken', '{"a":2}')).rejects.toMatchObject({
        code: 'ExecutionAlreadyExists',
        details: { status: before.status },
      });
      expect(await get(workflow, 'taken')).toEqual(before);
    },
  );

  test('of an unknown workflow, or one whose state machine is gone, is refused', async () => {
    for (const name of ['nobody', 'gone']) {
      await expect(start(name)).rejects.toMatchObject({ code: 'WorkflowNotFound' });
    }
  });

  test('of an Express workflow has no name, and no record', async () => {
    const { executionName } = await start('express');
    const calls = [
      start('express', 'named'),
      get('express', executionName),
      list('express'),
      history('express', executionName),
      stopWorkflowExecution(deps, {
        workflowName: 'express',
        executionName,
        error: undefined,
        cause: undefined,
      }),
    ];
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({
        code: 'WorkflowTypeNotSupported',
        message: expect.stringContaining('Express workflow'),
      });
    }
  });
});

describe('a stop', () => {
  const stop = (workflowName: string, executionName: string, reason: object = {}) =>
    stopWorkflowExecution(deps, {
      workflowName,
      executionName,
      error: undefined,
      cause: undefined,
      ...reason,
    });

  test('says why, and once is enough', async () => {
    await start('slow', 'stopped');
    await stop('slow', 'stopped', { error: 'Enough', cause: 'of it' });
    const stopped = await get('slow', 'stopped');
    expect(stopped).toMatchObject({ status: 'Stopped', error: 'Enough', cause: 'of it' });
    await stop('slow', 'stopped', { error: 'Other' });
    expect(await get('slow', 'stopped')).toEqual(stopped);
  });

  test('of what has ended otherwise is refused', async () => {
    await start('failing', 'broken');
    const broken = await ended('failing', 'broken');
    expect(broken).toMatchObject({ status: 'Failed', error: 'Broken' });
    await expect(stop('failing', 'broken')).rejects.toMatchObject({ code: 'ExecutionFinished' });
    expect(await get('failing', 'broken')).toEqual(broken);
  });

  test('of no execution is refused', async () => {
    await expect(stop('slow', 'nobody')).rejects.toMatchObject({ code: 'ExecutionNotFound' });
    await expect(get('slow', 'nobody')).rejects.toMatchObject({ code: 'ExecutionNotFound' });
    await expect(history('slow', 'nobody')).rejects.toMatchObject({ code: 'ExecutionNotFound' });
  });
});

describe('a list', () => {
  test('has the latest first, page by page, by status', async () => {
    for (const name of ['list-1', 'list-2', 'list-3']) await start('failing', name);
    for (const name of ['list-1', 'list-2', 'list-3']) await ended('failing', name);
    const first = await list('failing', { status: 'Failed', limit: 2 });
    expect(first.executions.map(({ executionName }) => executionName)).toEqual(['list-3', 'list-2']);
    const next = await list('failing', { status: 'Failed', limit: 2, token: first.token });
    expect(next.executions[0]).toMatchObject({ executionName: 'list-1', status: 'Failed' });
    expect((await list('failing', { status: 'Succeeded' })).executions).toEqual([]);
  });

  test('refuses a token that is none', async () => {
    await expect(list('failing', { token: 'x' })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});

describe('a history', () => {
  test('links steps to their tasks, two steps of one task as well, page by page', async () => {
    await world.submit({ taskId: 'linked', delaySeconds: 600 });
    const { executionName } = await start('many', 'three', '[1,2,3]');
    await ended('many', executionName);
    const whole = await history('many', executionName);
    expect(whole).toMatchObject({ isComplete: true, readTo: undefined });
    expect(whole.steps.map(({ step }) => [step.stateName, step.mapIndex, step.status])).toEqual([
      ['Each', undefined, 'Succeeded'],
      ['Ask', 0, 'Succeeded'],
      ['Ask', 1, 'Succeeded'],
      ['Ask', 2, 'Succeeded'],
    ]);
    expect(whole.steps.slice(1).map(({ task, taskStatus }) => [task, taskStatus])).toEqual(
      [0, 1, 2].map(() => [{ functionName: 'echo', taskId: 'linked' }, 'Enqueued']),
    );
    const first = await history('many', executionName, 3);
    expect(first).toMatchObject({ steps: whole.steps.slice(0, 3), readTo: 3, isComplete: true });
    const last = await history('many', executionName, 3, 3);
    expect(last).toMatchObject({ steps: whole.steps.slice(3), readTo: undefined });
  });

  test('of a running execution has the step that it is in', async () => {
    const { executionName } = await start('slow');
    const { steps } = await history('slow', executionName);
    expect(steps).toMatchObject([{ step: { stateName: 'Rest', status: 'Running' }, task: undefined }]);
  });

  /** Reads a history of which Step Functions gives an event at a time, each after `eventMs`. */
  const readSlowly = async (executionName: string, eventMs: number, offset = 0, limit = 100) => {
    let now = 0;
    class SlowExecutions extends Executions {
      override async *history(executionArn: string) {
        for await (const part of super.history(executionArn)) {
          for (const [index, event] of (part?.events ?? []).entries()) {
            now += eventMs;
            yield { events: [event], isLast: index + 1 === part?.events.length };
          }
        }
      }
    }
    const slow = { ...deps, executions: new SlowExecutions(), clock: () => now };
    return getWorkflowExecutionHistory(slow, { workflowName: 'many', executionName, limit, offset });
  };

  test('a page that ran out of time has the steps that were read and a next page, and never looks like the end', async () => {
    await world.submit({ taskId: 'linked', delaySeconds: 600 }).catch(() => undefined);
    const { executionName } = await start('many', 'slow-to-read', '[1,2,3]');
    await ended('many', executionName);
    const whole = await history('many', executionName);
    const names: string[] = [];
    let offset: number | undefined = 0;
    let eventMs = 1500;
    do {
      const page = await readSlowly(executionName, eventMs, offset);
      names.push(...page.steps.map(({ step }) => step.stateName));
      expect(page.readTo === undefined).toBe(page.isComplete);
      offset = page.readTo;
      eventMs /= 2;
    } while (offset !== undefined);
    expect(names).toEqual(whole.steps.map(({ step }) => step.stateName));
  });

  test('a page whose first step cannot be read in time is an error, and not the end of the list', async () => {
    const reading = readSlowly('slow-to-read', 3000, 3);
    await expect(reading).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  });

  test('a history that was read to its end is complete, however long that took', async () => {
    const { executionName } = await start('quick', 'long');
    await ended('quick', executionName);
    let now = 0;
    const clock = () => {
      now += 6000;
      return now;
    };
    const request = { workflowName: 'quick', executionName, limit: 100, offset: 0 };
    const page = await getWorkflowExecutionHistory({ ...deps, clock }, request);
    expect(page).toMatchObject({
      isComplete: true,
      readTo: undefined,
      steps: [{ step: { stateName: 'Pass' } }],
    });
  });
});
