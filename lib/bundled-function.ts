import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type CfnFunction,
  Function as LambdaFunction,
  LambdaInsightsVersion,
  LoggingFormat,
  type RecursiveLoop,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ENV } from '../lambdas/domain/env.ts';
import { acknowledge } from './acknowledge.ts';
import { type LambdaBundleProps, lambdaBundle, userBundleSource } from './lambda-bundle.ts';

export interface BundledFunctionProps {
  readonly bundle: LambdaBundleProps;
  readonly description: string;
  readonly timeout: Duration;
  /** In MB. */
  readonly memorySize: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly architecture?: Architecture;
  /**
   * Where it writes its lines, beside others.
   *
   * @default - to a log group of its own
   */
  readonly logGroup?: LogGroup;
  /** Whether Lambda Insights measures its instances. */
  readonly hasInsights?: boolean;
  /**
   * Whether Lambda ends a chain of invocations that goes through this function about 16 times. A function that sends fresh messages
   * to its own queue is such a chain.
   *
   * @default - Lambda ends it
   */
  readonly recursiveLoop?: RecursiveLoop;
}

/** Has a layer for both architectures, and is known to the oldest CDK that we take (2.276). */
const INSIGHTS = LambdaInsightsVersion.VERSION_1_0_498_0;

/** Logs are for looking into a failure: its task can be read for 7 days, so a month is ample. */
const LOG_RETENTION = RetentionDays.ONE_MONTH;

/** The construct context by which TaskMode tells its functions whether they are traced. */
const TRACING_CONTEXT = 'task-mode:tracing';

/** The context by which the local runtime asks for what it needs to bundle users' code again. */
const RELOAD_CONTEXT = 'task-mode:reload';

/** The metadata of a function's resource that tells it; never in a template that is deployed to AWS. */
const BUNDLE_METADATA = 'task-mode:bundle';

/** Has the functions below a construct traced by AWS X-Ray, or not: to be said before there are any. */
export function setTracing(construct: Construct, isTraced: boolean): void {
  construct.node.setContext(TRACING_CONTEXT, isTraced);
}

/**
 * A Lambda function of ours: bundled by esbuild, on the Node that the tests run on, with a role that can do nothing
 * but write to its log group until a construct grants more.
 */
export class BundledFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    const logGroup = props.logGroup ?? newLogGroup(scope, `${id}Logs`);
    const isTraced = scope.node.tryGetContext(TRACING_CONTEXT) === true;
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPrincipalPolicy(writeLogs(logGroup));
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: props.architecture ?? Architecture.ARM_64,
      handler: 'index.handler',
      code: lambdaBundle(props.bundle),
      description: props.description,
      timeout: props.timeout,
      memorySize: props.memorySize,
      environment: {
        ...props.environment,
        [ENV.service]: Stack.of(scope).stackName,
        POWERTOOLS_SERVICE_NAME: 'task-mode',
      },
      role,
      logGroup,
      // JSON, and the platform's own lines from WARN on: START, END and REPORT would cost $0.2 per million tasks.
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(props.recursiveLoop && { recursiveLoop: props.recursiveLoop }),
      ...(isTraced && { tracing: Tracing.ACTIVE }),
      ...(props.hasInsights && { insightsVersion: INSIGHTS }),
    });
    noteBundleSource(this, props.bundle);
    if (props.hasInsights) {
      acknowledge(
        role,
        'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/CloudWatchLambdaInsightsExecutionRolePolicy]',
        'the policy of Lambda Insights allows its own log group and nothing else',
      );
    }
    if (isTraced) {
      acknowledge(
        role,
        'IAM5[Resource::*]',
        'traces are granted on * only (AWS X-Ray: xray:PutTraceSegments)',
      );
    }
  }
}

/** A log group that goes with the stack: its lines are of no use without what wrote them. */
export function newLogGroup(scope: Construct, id: string): LogGroup {
  return new LogGroup(scope, id, { retention: LOG_RETENTION, removalPolicy: RemovalPolicy.DESTROY });
}

/** The permission to write to one log group; its ARN ends in `:*`, as log streams have no narrower one. */
export function writeLogs(logGroup: LogGroup): PolicyStatement {
  return new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  });
}

function noteBundleSource(fn: LambdaFunction, bundle: LambdaBundleProps): void {
  if (fn.node.tryGetContext(RELOAD_CONTEXT) === undefined) return;
  const source = userBundleSource(bundle);
  if (source !== undefined) (fn.node.defaultChild as CfnFunction).addMetadata(BUNDLE_METADATA, source);
}
