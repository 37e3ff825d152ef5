import { AwsApiError } from '../aws-json-api.ts';
import type { JsonObject } from '../json.ts';
import { EXECUTION_STATUSES, type ExecutionRecord, type ExecutionStatus } from './execution-record.ts';
import type { Page } from './execution-store.ts';
import type { HistoryEvent } from './run/history.ts';
import { MAX_DATA_BYTES } from './run/run.ts';
import type { WorkflowService } from './workflow-service.ts';
import type { OperationName } from './workflows.ts';

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;

/** Step Functions' rule for the name of an execution. */
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

type Operation = (service: WorkflowService, input: JsonObject) => object;

/** The calls of Step Functions' API that are served here. */
export const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  StartExecution: (service, input) => {
    const record = service.start(string(input, 'stateMachineArn'), {
      name: executionName(input),
      input: jsonText(input, 'input', 'InvalidExecutionInput', 'State Machine Execution Input') ?? '{}',
      traceHeader: optionalString(input, 'traceHeader'),
    });
    return { executionArn: record.arn, startDate: record.startMs / 1000 };
  },
  DescribeExecution: (service, input) => described(service.execution(standardArn(input))),
  StopExecution: (service, input) => {
    const { stopMs = 0 } = service.stopExecution(
      standardArn(input),
      optionalString(input, 'error'),
      optionalString(input, 'cause'),
    );
    return { stopDate: stopMs / 1000 };
  },
  ListExecutions: (service, input) => {
    const { arn, isExpress } = service.machine(string(input, 'stateMachineArn'));
    if (isExpress) {
      refuse('StateMachineTypeNotSupported', 'This operation is not supported by this type of state machine');
    }
    const page = pageOf(input);
    const found = service.store.list(arn, statusFilter(input), page);
    return {
      executions: found.map(({ value }) => summary(value)),
      ...nextToken(found.length === page.limit ? found.at(-1)?.number : undefined),
    };
  },
  GetExecutionHistory: (service, input) => {
    const { arn } = service.execution(standardArn(input));
    const page = pageOf(input);
    const events = service.store.events(arn, input.reverseOrder === true, page);
    const withData = input.includeExecutionData !== false;
    return {
      events: events.map((event) => eventOf(event, withData)),
      ...nextToken(events.length === page.limit ? events.at(-1)?.id : undefined),
    };
  },
  DescribeStateMachine: (service, input) => {
    const machine = service.machine(string(input, 'stateMachineArn'));
    return {
      stateMachineArn: machine.arn,
      name: machine.name,
      status: 'ACTIVE',
      definition: machine.definitionText,
      roleArn: machine.roleArn,
      type: machine.isExpress ? 'EXPRESS' : 'STANDARD',
      creationDate: machine.createdMs / 1000,
    };
  },
  SendTaskSuccess: (service, input) => {
    const output = jsonText(input, 'output', 'InvalidOutput', 'Output');
    const wait = service.tokens.find(string(input, 'taskToken'));
    wait.succeed(JSON.parse(output ?? refuse('ValidationException', 'output must be given')));
    return {};
  },
  SendTaskFailure: (service, input) => {
    const [error, cause] = [optionalString(input, 'error'), optionalString(input, 'cause')];
    service.tokens.find(string(input, 'taskToken')).fail(error, cause);
    return {};
  },
  SendTaskHeartbeat: (service, input) => {
    service.tokens.find(string(input, 'taskToken')).heartbeat();
    return {};
  },
};

function described(record: ExecutionRecord): object {
  const { input, output, error, cause, traceHeader } = record;
  return {
    ...summary(record),
    input,
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
    error,
    cause,
    traceHeader,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'The local runtime redrives no execution',
  };
}

function summary({ arn, machineArn, name, status, startMs, stopMs }: ExecutionRecord): object {
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: startMs / 1000,
    ...(stopMs === undefined ? {} : { stopDate: stopMs / 1000 }),
    redriveCount: 0,
  };
}

/** Without its data, an event keeps what is no input, output, error or cause. */
function eventOf(
  { id, previousEventId, timestampMs, type, details }: HistoryEvent,
  withData: boolean,
): object {
  const told = withData ? details : (JSON.parse(JSON.stringify(details, withoutData)) as JsonObject);
  return { id, previousEventId, timestamp: timestampMs / 1000, type, ...told };
}

function withoutData(key: string, value: unknown): unknown {
  return ['input', 'output', 'parameters', 'error', 'cause'].includes(key) ? undefined : value;
}

/** The ARN of an execution whose record is kept: an Express one has none. */
function standardArn(input: JsonObject): string {
  const arn = string(input, 'executionArn');
  const [scheme, , service, , , type = ''] = arn.split(':');
  if (scheme !== 'arn' || service !== 'states') {
    refuse('InvalidArn', `Invalid Arn: '${arn}'`);
  }
  if (type !== 'execution') {
    refuse('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${type}'`);
  }
  return arn;
}

function executionName(input: JsonObject): string | undefined {
  const name = optionalString(input, 'name');
  return name === undefined || NAME.test(name) ? name : refuse('InvalidName', `Invalid Name: '${name}'`);
}

function statusFilter(input: JsonObject): ExecutionStatus | undefined {
  const status = optionalString(input, 'statusFilter');
  return status === undefined
    ? undefined
    : (EXECUTION_STATUSES.find((known) => known === status) ??
        refuse(
          'ValidationException',
          `statusFilter is ${status}: want one of ${EXECUTION_STATUSES.join(', ')}`,
        ));
}

function jsonText(input: JsonObject, field: string, error: string, noun: string): string | undefined {
  const text = optionalString(input, field);
  if (text === undefined) {
    return undefined;
  }
  if (Buffer.byteLength(text) > MAX_DATA_BYTES) {
    refuse('ValidationException', `${field} has more than ${MAX_DATA_BYTES} bytes`);
  }
  try {
    JSON.parse(text);
    return text;
  } catch (cause) {
    return refuse(error, `Invalid ${noun}: '${(cause as Error).message}'`);
  }
}

function pageOf(input: JsonObject): Page {
  const { maxResults } = input;
  const token = optionalString(input, 'nextToken');
  const number = Buffer.from(token ?? '', 'base64url').toString('utf8');
  if (token !== undefined && !/^\d+$/.test(number)) {
    refuse('InvalidToken', "Invalid Token: 'Invalid token'");
  }
  const limit =
    typeof maxResults === 'number' && maxResults > 0 ? Math.min(maxResults, MAX_PAGE) : DEFAULT_PAGE;
  return { limit, after: token === undefined ? undefined : Number(number) };
}

function nextToken(last: number | undefined): object {
  return last === undefined ? {} : { nextToken: Buffer.from(String(last)).toString('base64url') };
}

function string(input: JsonObject, field: string): string {
  return optionalString(input, field) ?? refuse('ValidationException', `${field} must be given`);
}

function optionalString(input: JsonObject, field: string): string | undefined {
  const value = input[field] ?? undefined;
  return value === undefined || typeof value === 'string'
    ? value
    : refuse('ValidationException', `${field} must be a string`);
}

function refuse(type: string, message: string): never {
  throw new AwsApiError(type, message);
}
