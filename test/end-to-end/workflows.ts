import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll } from 'vitest';
import type { LocalRuntime } from '../../local/runtime.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Which task a state has asked for, as the history of its execution has it. */
interface Asked {
  readonly functionName: string;
  readonly taskId: string;
}

function resourcesOf(assemblyDir: string, stackName: string) {
  return JSON.parse(readFileSync(join(assemblyDir, `${stackName}.template.json`), 'utf-8')).Resources;
}

/** The definitions of an app's state machines by their logical ids, with some ARN wherever one is put in. */
export function definitionsOf(assemblyDir: string, stackName: string): Record<string, object> {
  const machines = Object.entries<TemplateResource>(resourcesOf(assemblyDir, stackName)).filter(
    ([, { Type }]) => Type === 'AWS::StepFunctions::StateMachine',
  );
  const textOf = (part: unknown) =>
    typeof part === 'string' ? part : JSON.stringify(part).includes('Partition') ? 'aws' : ARN;
  return Object.fromEntries(
    machines.map(([id, { Properties }]) => {
      const parts = Properties.DefinitionString['Fn::Join'][1];
      return [id, JSON.parse(parts.map(textOf).join(''))];
    }),
  );
}

interface TemplateResource {
  readonly Type: string;
  readonly Properties: { readonly DefinitionString: { readonly 'Fn::Join': [string, unknown[]] } };
}

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:submit';

/** The logical id of the resource of an app whose id, but for its hash, ends like this. */
export function logicalIdOf(assemblyDir: string, stackName: string, name: string): string {
  return Object.keys(resourcesOf(assemblyDir, stackName)).find((id) => id.slice(0, -8).endsWith(name)) ?? '';
}

/** The workflows of a runtime, as a client of Step Functions sees them. */
export function workflowsOf(runtime: LocalRuntime, assemblyDir: string) {
  const refOf = (name: string) => runtime.ref(logicalIdOf(assemblyDir, runtime.stackName, name));
  return { refOf, ...executionsAt(runtime.endpoints.sfn, (name) => refOf(`Workflows${name}`) ?? '') };
}

/** The executions that a client of Step Functions starts and sees, of workflows whose ARNs `machineOf` gives. */
export function executionsAt(endpoint: string, machineOf: (workflow: string) => string) {
  const sfn = new SFNClient({ region: 'us-east-1', endpoint, credentials });
  afterAll(() => sfn.destroy());

  const describe = (executionArn: string) => sfn.send(new DescribeExecutionCommand({ executionArn }));

  return {
    describe,
    /** Starts an execution and gives its ARN. */
    start: async (workflow: string, input: unknown): Promise<string> => {
      const command = new StartExecutionCommand({
        stateMachineArn: machineOf(workflow),
        input: JSON.stringify(input),
      });
      return (await sfn.send(command)).executionArn ?? '';
    },
    stop: (executionArn: string) => sfn.send(new StopExecutionCommand({ executionArn })),
    /** Waits for the end of an execution. */
    ended: async (executionArn: string, withinMs = 30_000) => {
      for (const endTime = Date.now() + withinMs; ; await new Promise((next) => setTimeout(next, 100))) {
        const execution = await describe(executionArn);
        if (execution.status !== 'RUNNING') return execution;
        if (Date.now() > endTime) throw new Error(`${executionArn} still runs after ${withinMs} ms`);
      }
    },
    /** The tasks that the states of an execution were given, each once. */
    tasksOf: async (executionArn: string): Promise<Asked[]> => {
      const tasks = new Map<string, Asked>();
      let nextToken: string | undefined;
      do {
        const page = await sfn.send(
          new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken }),
        );
        for (const { taskSubmittedEventDetails: submitted } of page.events ?? []) {
          if (submitted?.output === undefined) continue;
          const task = JSON.parse(submitted.output).Payload as Asked;
          tasks.set(`${task.functionName}/${task.taskId}`, task);
        }
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      return [...tasks.values()];
    },
  };
}
