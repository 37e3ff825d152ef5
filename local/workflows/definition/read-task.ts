import { StartupError } from '../../startup-error.ts';
import type { TaskResource, TaskState } from './definition.ts';
import { Fields } from './fields.ts';
import { errorHandling } from './read-error-handling.ts';

/** The service integrations that are run here, with the parameters of each. */
const INTEGRATIONS = {
  'lambda:invoke': { service: 'lambda', parameters: ['FunctionName', 'Payload', 'InvocationType'] },
  'sqs:sendMessage': {
    service: 'sqs',
    parameters: [
      'QueueUrl',
      'MessageBody',
      'DelaySeconds',
      'MessageAttributes',
      'MessageGroupId',
      'MessageDeduplicationId',
    ],
  },
} as const;

const INTEGRATION_ARN = /^arn:aws[\w-]*:states:[^:]*:[^:]*:(\w+:\w+)(\.\w+)?$/;
const FUNCTION_ARN = /^arn:aws[\w-]*:lambda:[^:]+:[^:]+:function:[^:]+/;
const TOKEN_SUFFIX = '.waitForTaskToken';

/** Reads a Task state. */
export function readTask(
  common: Pick<TaskState, 'name' | 'inputPath' | 'outputPath' | 'next'>,
  fields: Fields,
  isExpress: boolean,
): TaskState {
  const resource = resourceOf(fields);
  const timeout = fields.optionalNumberSource('TimeoutSeconds', 1);
  const heartbeat = fields.optionalNumberSource('HeartbeatSeconds', 1);
  const waitsForToken = resource.kind === 'integration' && resource.waitsForToken;
  if (isExpress && waitsForToken) {
    fields.refuse('Resource', `none that ends in ${TOKEN_SUFFIX}: Express workflows wait for no token`);
  }
  if (heartbeat !== undefined && !waitsForToken) {
    throw new StartupError(
      `${fields.where} has HeartbeatSeconds: want it beside a Resource that ends in ${TOKEN_SUFFIX}`,
    );
  }
  if (timeout?.kind === 'number' && heartbeat?.kind === 'number' && heartbeat.value >= timeout.value) {
    fields.refuse('HeartbeatSeconds', `a number below TimeoutSeconds, which is ${timeout.value}`);
  }
  return {
    type: 'Task',
    ...common,
    ...errorHandling(fields),
    resource,
    parameters: fields.optionalTemplate('Parameters'),
    timeout,
    heartbeat,
    resultPath: fields.resultPath(),
  };
}

function resourceOf(fields: Fields): TaskResource {
  const arn = fields.string('Resource');
  if (FUNCTION_ARN.test(arn)) {
    return { kind: 'function', arn };
  }
  const [, name = '', suffix = ''] = INTEGRATION_ARN.exec(arn) ?? [];
  const integration = Object.entries(INTEGRATIONS).find(([known]) => known === name)?.[1];
  if (integration === undefined || (suffix !== '' && suffix !== TOKEN_SUFFIX)) {
    const known = Object.keys(INTEGRATIONS).map((known) => `arn:aws:states:::${known}`);
    return fields.refuse(
      'Resource',
      `a function's ARN or one of ${known.join(', ')}, with or without ${TOKEN_SUFFIX}: the local runtime calls no other`,
    );
  }
  refuseUnknownParameters(fields, integration.parameters);
  return {
    kind: 'integration',
    service: integration.service,
    action: `${name.split(':')[1]}${suffix}`,
    waitsForToken: suffix !== '',
  };
}

function refuseUnknownParameters(fields: Fields, known: readonly string[]): void {
  const either = known.flatMap((name) => (name === 'InvocationType' ? [name] : [name, `${name}.$`]));
  const parameters = new Fields(fields.of('Parameters'), fields.get('Parameters'), either);
  const type = parameters.get('InvocationType') ?? 'RequestResponse';
  if (type !== 'RequestResponse' && type !== 'Event') {
    parameters.refuse('InvocationType', '"RequestResponse" or "Event"');
  }
}
