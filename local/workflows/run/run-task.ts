import { after, afterWorkTime } from '../../clock/timer.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { NumberSource, TaskResource, TaskState } from '../definition/definition.ts';
import type { Data } from '../expressions/json-path.ts';
import type { TokenWait } from '../task-tokens.ts';
import { WHOLE } from './history.ts';
import { numberOf, type Run, withinLimit } from './run.ts';
import { abortOf, TIMEOUT, WorkflowError } from './workflow-error.ts';

interface Limits {
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
}

/** Calls what a Task state names, once; gives its result, or that of whoever has the token. */
export async function runTask(state: TaskState, data: Data, run: Run): Promise<Json> {
  const { resource } = state;
  const waitsForToken = resource.kind === 'integration' && resource.waitsForToken;
  const wait = waitsForToken ? run.environment.tokens.open(run.environment.executionArn) : undefined;
  try {
    const context: JsonObject = { ...data.context, ...(wait && { Task: { Token: wait.token } }) };
    const limits = {
      timeoutSeconds: secondsOf(state.timeout, data),
      heartbeatSeconds: secondsOf(state.heartbeat, data),
    };
    const parameters = state.parameters?.({ input: data.input, context }) ?? data.input;
    return await called(resource, withinLimit(parameters, state.name), limits, wait, run);
  } finally {
    wait?.close();
  }
}

async function called(
  resource: TaskResource,
  parameters: Json,
  limits: Limits,
  wait: TokenWait | undefined,
  run: Run,
): Promise<Json> {
  record(run, resource, 'Scheduled', scheduledDetails(resource, parameters, limits, run));
  record(run, resource, 'Started', {});
  try {
    const name = resource.kind === 'function' ? resource.arn : resource.service;
    const result = withinLimit(await outcome(resource, parameters, limits, wait, run), name);
    record(run, resource, 'Succeeded', outputDetails(result));
    return result;
  } catch (error) {
    if (error instanceof WorkflowError) {
      record(run, resource, error.error === TIMEOUT ? 'TimedOut' : 'Failed', {
        ...(error.error === undefined ? {} : { error: error.error }),
        ...(error.details === undefined ? {} : { cause: error.details }),
      });
    }
    throw error;
  }
}

/** Ends with the call or the token's answer, at a time-out, or when the state is given up: whichever is first. */
async function outcome(
  resource: TaskResource,
  parameters: Json,
  { timeoutSeconds, heartbeatSeconds }: Limits,
  wait: TokenWait | undefined,
  run: Run,
): Promise<Json> {
  const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
  const onAbort = () => giveUp(abortOf(run.signal));
  run.signal.addEventListener('abort', onAbort, { once: true });
  // What only waits is over when the clock is advanced; what a function does takes its time.
  const afterTimeout = wait === undefined ? afterWorkTime : after;
  const timer =
    timeoutSeconds === undefined
      ? undefined
      : afterTimeout(timeoutSeconds * 1000, () => giveUp(new WorkflowError(TIMEOUT)));
  if (heartbeatSeconds !== undefined) {
    // Recorded from Step Functions: a missed heartbeat is told as States.Timeout. Both names match it.
    wait?.expectHeartbeats(heartbeatSeconds, () =>
      giveUp(new WorkflowError(TIMEOUT, undefined, ['States.HeartbeatTimeout'])),
    );
  }
  let isOver = false;
  try {
    const call = run.environment.caller.call(resource, parameters);
    if (wait === undefined) {
      return await Promise.race([call, givenUp]);
    }
    const submitted = call.then((output) => {
      if (!isOver) record(run, resource, 'Submitted', outputDetails(output));
    });
    // Whoever has the token may answer before the call itself has ended.
    await Promise.race([submitted, wait.answer, givenUp]);
    return await Promise.race([wait.answer, givenUp]);
  } finally {
    isOver = true;
    timer?.cancel();
    run.signal.removeEventListener('abort', onAbort);
  }
}

type TaskEvent = 'Scheduled' | 'Started' | 'Submitted' | 'Succeeded' | 'Failed' | 'TimedOut';

/** Adds an event of a task to the history; a function called by its ARN has events of its own. */
function record(run: Run, resource: TaskResource, event: TaskEvent, details: JsonObject): void {
  if (resource.kind === 'function') {
    const hasDetails = event !== 'Started';
    run.trail.add(
      `LambdaFunction${event}`,
      hasDetails ? { [`lambdaFunction${event}EventDetails`]: details } : {},
    );
  } else {
    run.trail.add(`Task${event}`, {
      [`task${event}EventDetails`]: {
        resourceType: resource.service,
        resource: resource.action,
        ...details,
      },
    });
  }
}

function scheduledDetails(
  resource: TaskResource,
  parameters: Json,
  { timeoutSeconds, heartbeatSeconds }: Limits,
  run: Run,
): JsonObject {
  const text = JSON.stringify(parameters);
  return {
    ...(resource.kind === 'function'
      ? { resource: resource.arn, input: text, inputDetails: WHOLE }
      : { region: run.environment.region, parameters: text }),
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
  };
}

function outputDetails(output: Json): JsonObject {
  return { output: JSON.stringify(output), outputDetails: WHOLE };
}

function secondsOf(source: NumberSource | undefined, data: Data): number | undefined {
  return source === undefined ? undefined : numberOf(source, data, 1);
}
