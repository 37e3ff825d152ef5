import { afterAll } from 'vitest';
import { AwsApiError, serveAwsJsonApi } from '../../local/aws-json-api.ts';
import type { JsonObject } from '../../local/json.ts';

function jsonOf(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw new AwsApiError('InvalidOutput', `Invalid Output: ${output}`);
  }
}

/** Step Functions with states that wait, each by its token, and executions that have asked for tasks and run for ever. */
export async function startWaitingStates() {
  const waiting = new Set<string>();
  const answers: { readonly token: string; readonly answer: object }[] = [];
  const heartbeats: string[] = [];
  /** What each execution's states have asked for, a text per page. */
  const requests = new Map<string, string[]>();

  const ifWaiting = ({ taskToken }: JsonObject, act: (token: string) => void): object => {
    const token = String(taskToken);
    if (!waiting.has(token)) throw new AwsApiError('TaskTimedOut', 'Task Timed Out');
    act(token);
    return {};
  };
  const answer = (input: JsonObject, told: object) =>
    ifWaiting(input, (token) => {
      waiting.delete(token);
      answers.push({ token, answer: told });
    });

  const api = await serveAwsJsonApi({
    service: 'AWSStepFunctions',
    version: '1.0',
    maxRequestBytes: 1_000_000,
    calls: {
      SendTaskSuccess: (input) => answer(input, { output: jsonOf(String(input.output)) }),
      SendTaskFailure: (input) =>
        answer(input, { error: input.error, cause: JSON.parse(String(input.cause)) }),
      SendTaskHeartbeat: (input) => ifWaiting(input, (token) => heartbeats.push(token)),
      StartExecution: ({ stateMachineArn, name }) => ({
        executionArn: `${stateMachineArn}:${name}`,
        startDate: 1,
      }),
      DescribeExecution: ({ executionArn }) => ({
        executionArn,
        stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:w',
        name: String(executionArn).split(':').at(-1),
        status: 'RUNNING',
        startDate: 1,
        input: '{}',
      }),
      ListExecutions: () => ({ executions: [] }),
      StopExecution: () => ({ stopDate: 2 }),
      GetExecutionHistory: ({ executionArn, nextToken }) => {
        if (String(executionArn).endsWith(':unknown')) {
          throw new AwsApiError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
        }
        const texts = requests.get(String(executionArn)) ?? [];
        const index = nextToken === undefined ? 0 : Number(nextToken);
        const text = texts[index];
        return {
          events: [
            { id: 1, type: 'ExecutionStarted', timestamp: 0 },
            ...(text === undefined
              ? []
              : [
                  {
                    id: 2,
                    type: 'TaskScheduled',
                    timestamp: 0,
                    taskScheduledEventDetails: {
                      resourceType: 'lambda',
                      resource: 'invoke.waitForTaskToken',
                      region: 'us-east-1',
                      parameters: text,
                    },
                  },
                ]),
          ],
          ...(index + 1 < texts.length && { nextToken: String(index + 1) }),
        };
      },
    },
  });
  afterAll(() => api.close());
  process.env.AWS_ENDPOINT_URL_SFN = api.endpoint;
  return { waiting, answers, heartbeats, requests };
}
