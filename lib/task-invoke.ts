import { Duration, Stack, Token } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  FieldUtils,
  JsonPath,
  type TaskInput,
  type TaskMetricsConfig,
  TaskStateBase,
  type TaskStateJsonPathBaseProps,
  type Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { DELAY_MAX_SECONDS, TASK_ID_PATTERN } from '../lambdas/domain/limits.ts';
import type { TaskFunction } from './task-function.ts';

/**
 * Faults of AWS on the way to the task, as CDK's own Lambda states have them, and ours. None of them is the task's, and
 * the submit may be repeated.
 */
const SERVICE_ERRORS = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'TaskMode.ServiceUnavailable',
];

export interface TaskInvokeProps extends TaskStateJsonPathBaseProps {
  /** The function that does the work. */
  readonly taskFunction: TaskFunction;

  /**
   * The task's payload.
   *
   * @default - the state's input
   */
  readonly payload?: TaskInput;

  /**
   * The task's id: a text, or a JSONPath to one. A state whose task has this id already waits for that task.
   *
   * @default - one of this entering of the state, the same for each of its retries
   */
  readonly taskId?: string;

  /**
   * After how long the task may first run: 0 s to 7 days.
   *
   * @default - at once
   */
  readonly delay?: Duration;

  /**
   * What the state waits for. `task`: the task's end; its result is the state's output. `callback`: what the task's
   * code answers by `context.task.callbackToken`. `response`: nothing; it goes on once the task is accepted.
   *
   * @default 'task'
   */
  readonly waitFor?: 'response' | 'task' | 'callback';

  /**
   * Whether a submit that AWS did not take is repeated: 6 times, after 2 s and twice as long each time.
   *
   * @default true
   */
  readonly retryOnServiceExceptions?: boolean;

  /**
   * The index of the item, in a Map: `JsonPath.numberAt('$.index')` where the Map's `itemSelector` has
   * `index: JsonPath.numberAt('$$.Map.Item.Index')`. It tells the default ids of the Map's tasks apart.
   *
   * @default - the state is in no Map, or `taskId` tells its tasks apart
   */
  readonly mapIndex?: number;
}

/**
 * A state of a workflow that runs a task. An attempt's error is named by its type, as a Lambda function's is; a task that
 * ended otherwise by `TaskMode.Expired`, `TaskMode.Invalid` or `TaskMode.Stopped`. `Retry` runs it again under its id,
 * or waits for it on when it has not ended.
 */
export class TaskInvoke extends TaskStateBase {
  protected readonly taskMetrics?: TaskMetricsConfig;
  protected readonly taskPolicies: PolicyStatement[];
  readonly #props: TaskInvokeProps;

  /** @throws Error at synth, naming property, value and what is wanted. */
  constructor(scope: Construct, id: string, props: TaskInvokeProps) {
    super(scope, id, props);
    checkProps(id, props);
    this.#props = props;
    const { functionArn } = props.taskFunction.workflowSubmit;
    const { waitFor = 'task' } = props;
    if (waitFor === 'callback') props.taskFunction.grantCallback();
    if (waitFor === 'task') props.taskFunction.grantHeartbeat();
    if (props.retryOnServiceExceptions ?? true) {
      this.addRetry({
        errors: SERVICE_ERRORS,
        interval: Duration.seconds(2),
        maxAttempts: 6,
        backoffRate: 2,
      });
    }
    this.taskPolicies = [
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }),
    ];
  }

  /** @internal */
  protected _renderTask(): object {
    const { taskFunction, payload, taskId, delay, waitFor = 'task', mapIndex } = this.#props;
    const request = {
      functionName: taskFunction.functionName,
      payload: payload ? payload.value : JsonPath.entirePayload,
      waitFor,
      executionId: JsonPath.executionId,
      stateName: JsonPath.stateName,
      enteredTime: JsonPath.stateEnteredTime,
      ...(taskId !== undefined && { taskId }),
      ...(delay && { delaySeconds: delay.toSeconds() }),
      ...(mapIndex !== undefined && { mapIndex }),
      ...secondsOf('timeoutSeconds', this.#props.taskTimeout, this.#props.timeout),
      ...secondsOf('heartbeatSeconds', this.#props.heartbeatTimeout, this.#props.heartbeat),
    };
    const { functionArn } = taskFunction.workflowSubmit;
    if (waitFor === 'response') {
      return { Resource: functionArn, Parameters: FieldUtils.renderObject(request) };
    }
    return {
      Resource: `arn:${Stack.of(taskFunction).partition}:states:::lambda:invoke.waitForTaskToken`,
      Parameters: FieldUtils.renderObject({
        FunctionName: functionArn,
        Payload: { ...request, token: JsonPath.taskToken },
      }),
    };
  }
}

/** Tells who submits the task how long the state waits: a task that has not started by then never does. */
function secondsOf(name: string, timeout: Timeout | undefined, duration: Duration | undefined): object {
  if (timeout?.path !== undefined) return { [name]: JsonPath.numberAt(timeout.path) };
  const seconds = timeout?.seconds ?? duration?.toSeconds();
  return seconds === undefined ? {} : { [name]: seconds };
}

function checkProps(id: string, props: TaskInvokeProps): void {
  const { taskFunction, taskId, delay, waitFor = 'task' } = props;
  const refuse = (property: string, wanted: string, got: unknown): never => {
    throw new Error(`${property} of the state "${id}" must be ${wanted}, got ${got}`);
  };
  const isLiteral =
    taskId !== undefined && !Token.isUnresolved(taskId) && !JsonPath.isEncodedJsonPath(taskId);
  if (isLiteral && !TASK_ID_PATTERN.test(taskId)) {
    refuse('taskId', '1 to 128 letters, digits, _ and -, not starting with a digit or -', `"${taskId}"`);
  }
  const seconds = delay?.toSeconds() ?? 0;
  if (
    !Token.isUnresolved(seconds) &&
    !(Number.isInteger(seconds) && seconds >= 0 && seconds <= DELAY_MAX_SECONDS)
  ) {
    refuse('delay', `whole seconds from 0 to ${DELAY_MAX_SECONDS}`, `${seconds} s`);
  }
  const heartbeatSeconds = props.heartbeatTimeout?.seconds ?? props.heartbeat?.toSeconds();
  const hasHeartbeat = heartbeatSeconds !== undefined || props.heartbeatTimeout?.path !== undefined;
  if (waitFor === 'response' && hasHeartbeat) {
    refuse('heartbeatTimeout', "absent with waitFor: 'response', which waits for nothing", 'one');
  }
  const { leaseSeconds } = taskFunction;
  if (waitFor === 'task' && heartbeatSeconds !== undefined && heartbeatSeconds < leaseSeconds) {
    refuse(
      'heartbeatTimeout',
      `at least the lease of "${taskFunction.functionName}" (${leaseSeconds} s), at every third of which it is told`,
      `${heartbeatSeconds} s`,
    );
  }
}
