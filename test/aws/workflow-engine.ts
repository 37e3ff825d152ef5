import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll } from 'vitest';
import type { Workflow } from '../../lambdas/domain/workflow.ts';
import type { Json } from '../../local/json.ts';
import { readDefinition } from '../../local/workflows/definition/read-definition.ts';
import { Workflows } from '../../local/workflows/workflows.ts';

/** Step Functions on this machine, whose states call functions that answer their payload, but for the one that fails; it is where clients go from now on. */
export async function startWorkflows() {
  const dir = mkdtempSync(join(tmpdir(), 'task-mode-workflows-'));
  const workflows = new Workflows({
    dir,
    region: 'us-east-1',
    accountId: '000000000000',
    lambda: () => ({
      has: () => true,
      isThrottled: () => false,
      countThrottle: () => undefined,
      invokeJson: async (name, payload) =>
        name.endsWith(':failing')
          ? { functionError: { errorType: 'Broken', errorMessage: 'it is', trace: [] } }
          : { payload },
    }),
    sqs: {} as SQSClient,
    onStatusChange: () => undefined,
    log: () => undefined,
  });
  const api = await workflows.serve();
  process.env.AWS_ENDPOINT_URL_SFN = api.endpoint;
  afterAll(async () => {
    await api.close();
    await workflows.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const service = await workflows.service();
  return {
    /** The names of all executions of a state machine that there are, the latest first. */
    executionsOf: ({ stateMachineArn }: Workflow) =>
      service.store
        .list(stateMachineArn, undefined, { limit: 1000, after: undefined })
        .map(({ value }) => value.name),
    start: ({ stateMachineArn }: Workflow, name: string) =>
      service.start(stateMachineArn, { name, input: '{}', traceHeader: undefined }),
    deploy: (workflowName: string, definition: Json, isExpress = false): Workflow => {
      const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${workflowName}`;
      service.deploy({
        arn: stateMachineArn,
        name: workflowName,
        roleArn: 'arn:aws:iam::000000000000:role/workflow',
        isExpress,
        definition: readDefinition(definition, workflowName, { isExpress }),
        definitionText: JSON.stringify(definition),
        createdMs: Date.now(),
      });
      return { workflowName, stateMachineArn, isExpress };
    },
  };
}
