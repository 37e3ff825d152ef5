import type { EventTarget } from '../events/event-buses.ts';
import { readTargetInput, TargetInputError } from '../events/target-input.ts';
import type { Target } from '../events/targets.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { Host } from './deployer.ts';
import type { Properties } from './properties.ts';

/** What decides which event a target gets; without these it is the event itself. */
const INPUTS = ['Input', 'InputPath', 'InputTransformer'];

/** What a target may have. The retry policy is AWS's to keep: a queue of this machine is tried three times. */
const FIELDS = ['Arn', 'Id', 'RoleArn', 'SqsParameters', 'DeadLetterConfig', 'RetryPolicy', ...INPUTS];

/** The targets of a rule. One that is to get anything but the event is refused. */
export function plainTargets(properties: Properties): JsonObject[] {
  return knownTargets(properties).map((target) =>
    INPUTS.some((input) => target[input] !== undefined)
      ? properties.refuse('Targets', `targets without ${INPUTS.join(', ')}`)
      : target,
  );
}

/** The targets of a rule, each with what it gets of an event. */
export function eventTargets(properties: Properties, host: Host): EventTarget[] {
  return knownTargets(properties).map((target) => ({
    ...readTarget(target, host, (wanted) => properties.refuse('Targets', wanted)),
    input: inputOf(target, properties),
  }));
}

/** Where a target is. */
export function readTarget(
  { Arn: arn, SqsParameters: sqs, DeadLetterConfig: deadLetters }: JsonObject,
  host: Host,
  refuse: (wanted: string) => never,
): Target {
  if (!(isQueue(arn) || (typeof arn === 'string' && host.lambda.has(arn)))) {
    return refuse('queues, and functions of this template');
  }
  const group = isJsonObject(sqs) ? sqs.MessageGroupId : undefined;
  const deadLetterArn = isJsonObject(deadLetters) ? deadLetters.Arn : undefined;
  if (deadLetterArn !== undefined && !isQueue(deadLetterArn)) return refuse('a queue for dead letters');
  return {
    arn,
    ...(typeof group === 'string' && { messageGroupId: group }),
    ...(deadLetterArn !== undefined && { deadLetterArn }),
  };
}

function knownTargets(properties: Properties): JsonObject[] {
  return properties.list('Targets').map((entry) => {
    const target: JsonObject = isJsonObject(entry) ? entry : {};
    return Object.keys(target).every((field) => FIELDS.includes(field))
      ? target
      : properties.refuse('Targets', `targets of ${FIELDS.join(', ')}`);
  });
}

function inputOf(target: JsonObject, properties: Properties): EventTarget['input'] {
  try {
    return readTargetInput(target);
  } catch (error) {
    if (!(error instanceof TargetInputError)) throw error;
    return properties.refuse('Targets', error.message);
  }
}

function isQueue(arn: unknown): arn is string {
  return typeof arn === 'string' && /^arn:[^:]+:sqs:/.test(arn);
}
