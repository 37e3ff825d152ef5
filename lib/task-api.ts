import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { REQUEST_RATE, REQUEST_RATE_RANGE } from '../lambdas/domain/limits.ts';
import {
  OPERATIONS,
  type OperationName,
  type RouteName,
  TASK_OPERATION_NAMES,
  type TaskOperationName,
  UNKNOWN_ROUTE,
} from '../lambdas/domain/operations.ts';
import { AccessKeys, type AccessKeysProps } from './access-keys.ts';
import { acknowledge } from './acknowledge.ts';
import { BundledFunction, newLogGroup } from './bundled-function.ts';
import { checkedRate } from './rate-check.ts';

export type { OperationName } from '../lambdas/domain/operations.ts';

/** Who may call: principals of AWS by IAM, or holders of access keys by ACS3 signatures, as the FC SDK makes them. */
export const AUTH_MODES = ['iam', 'accessKeys'] as const;

export type AuthMode = (typeof AUTH_MODES)[number];

export interface TaskApiProps {
  /**
   * How callers say who they are. `iam`: AWS Signature Version 4, checked by API Gateway (`execute-api:Invoke`).
   * `accessKeys`: ACS3-HMAC-SHA256, checked by the functions behind the API, so that the FC SDK works unchanged.
   *
   * @default 'iam'
   */
  readonly auth?: AuthMode;

  /**
   * Where the access keys are, with `auth: 'accessKeys'`.
   *
   * @default - in a new secret
   */
  readonly accessKeys?: AccessKeysProps;

  /**
   * How many requests the API takes from all callers together. Above it, API Gateway answers 429 and runs no function,
   * so that a flood, of strangers too, neither takes the account's Lambda concurrency from the workers nor is billed
   * without bound. Waiting reads (`?wait=`) and synchronous calls hold an instance for up to 30 s each: this counts
   * requests, and does not bound those.
   *
   * @default - 1,000 a second, 500 at once
   */
  readonly requestRate?: RequestRateProps;
}

/** How many requests an API takes. */
export interface RequestRateProps {
  /**
   * Requests a second: 1 to 100,000. The account's own quota holds beside it (10,000 in most regions).
   *
   * @default 1000
   */
  readonly perSecond?: number;

  /**
   * Requests at once, after a while without any: 1 to 100,000.
   *
   * @default 500
   */
  readonly burst?: number;
}

/**
 * 512 MB is a third of a CPU: a cold start of the submit stays well under the FC SDK's read time-out of 3 s. Time-out:
 * the request's own deadline of 2.5 s, and a cold start.
 */
const API_FUNCTION = { memorySize: 512, timeout: Duration.seconds(10) };

/** A synchronous invocation is answered at 28 s (SYNC_DEADLINE_MS), who waits for a task at 27.5 s; API Gateway ends both at 30 s. */
const LONG_TIMEOUT = Duration.seconds(30);

const LONG_OPERATIONS: readonly RouteName[] = ['InvokeFunction', 'GetAsyncTask'];

/** What the access log says of each request. The task id is in the path; payloads are nowhere. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify(
    Object.fromEntries(
      Object.entries({
        requestId: 'requestId',
        requestTime: 'requestTimeEpoch',
        ip: 'identity.sourceIp',
        caller: 'identity.userArn',
        method: 'httpMethod',
        path: 'path',
        status: 'status',
        responseLength: 'responseLength',
        latency: 'responseLatency',
        integrationError: 'integrationErrorMessage',
      }).map(([name, variable]) => [name, `$context.${variable}`]),
    ),
  ),
);

/** The HTTP API on the contract's paths. Every route asks who calls; TLS is all that API Gateway speaks. */
export class TaskApi extends Construct {
  readonly api: HttpApi;
  /** Of the operations that there always are. */
  readonly functions: Readonly<Record<TaskOperationName, BundledFunction>>;
  /** Where callers sign with access keys. */
  readonly accessKeys: AccessKeys | undefined;
  readonly #logs: LogGroup;

  constructor(scope: Construct, id: string, props: TaskApiProps & { readonly removalPolicy: RemovalPolicy }) {
    super(scope, id);
    checkAuth(props);
    const { auth, accessKeys, removalPolicy } = props;
    this.accessKeys =
      auth === 'accessKeys'
        ? new AccessKeys(this, 'AccessKeys', { ...accessKeys, removalPolicy })
        : undefined;
    this.api = new HttpApi(this, 'Api', {
      createDefaultStage: false,
      description: 'Task Mode for AWS Lambda',
    });
    this.#addStage(props.requestRate ?? {});
    // One for all: what a caller saw may be in the log of any, and each would be one more of a stack's 500 resources.
    this.#logs = newLogGroup(this, 'Logs');
    // TypeScript does not keep the names of a list through fromEntries: they are the table's.
    this.functions = Object.fromEntries(
      TASK_OPERATION_NAMES.map((name) => [name, this.addOperation(name)]),
    ) as Record<TaskOperationName, BundledFunction>;
    this.#addRoute(UNKNOWN_ROUTE, HttpRouteKey.DEFAULT, this.#function(UNKNOWN_ROUTE));
  }

  /** Adds the route of an operation, and the function behind it. */
  addOperation(name: OperationName): BundledFunction {
    const { method, path } = OPERATIONS[name];
    const handler = this.#function(name);
    this.#addRoute(name, HttpRouteKey.with(path, HttpMethod[method]), handler);
    return handler;
  }

  #function(name: RouteName): BundledFunction {
    return new BundledFunction(this, name, {
      bundle: { entry: `${kebabCase(name)}.lambda` },
      description: `Task Mode API: ${name}`,
      logGroup: this.#logs,
      ...API_FUNCTION,
      ...(LONG_OPERATIONS.includes(name) && { timeout: LONG_TIMEOUT }),
    });
  }

  #addRoute(name: string, routeKey: HttpRouteKey, handler: BundledFunction): void {
    const route = new HttpRoute(this, `${name}Route`, {
      httpApi: this.api,
      routeKey,
      integration: new HttpLambdaIntegration(`${name}Integration`, handler),
      authorizer: this.accessKeys ? new HttpNoneAuthorizer() : new HttpIamAuthorizer(),
    });
    this.accessKeys?.grantCheck(handler);
    if (this.accessKeys) {
      acknowledge(
        route,
        'APIG4',
        'its function checks the ACS3 signature of each request: an authorizer could not refuse one in the shape that the FC SDK reads',
      );
    }
  }

  #addStage({ perSecond = REQUEST_RATE.perSecond, burst = REQUEST_RATE.burst }: RequestRateProps): void {
    const logGroup = newLogGroup(this, 'AccessLogs');
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      // No stage prefix: the FC SDK signs the path that the server sees (FC contract section 1).
      stageName: '$default',
      autoDeploy: true,
      throttle: {
        rateLimit: checkedRate('requestRate.perSecond', perSecond, REQUEST_RATE_RANGE),
        burstLimit: checkedRate('requestRate.burst', burst, REQUEST_RATE_RANGE),
      },
      accessLogSettings: { destination: new LogGroupLogDestination(logGroup), format: ACCESS_LOG },
    });
  }
}

function checkAuth({ auth = 'iam', accessKeys }: TaskApiProps): void {
  if (!AUTH_MODES.includes(auth)) {
    throw new Error(`auth of TaskMode must be one of ${AUTH_MODES.join(', ')}, got ${JSON.stringify(auth)}`);
  }
  if (accessKeys !== undefined && auth !== 'accessKeys') {
    throw new Error(
      `accessKeys of TaskMode must be absent unless auth is accessKeys, got them with auth ${auth}`,
    );
  }
}

/** The file of an operation's entry: `GetAsyncTask` is in `get-async-task.lambda`. */
function kebabCase(name: RouteName): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
