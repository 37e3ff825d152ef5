import { randomBytes } from 'node:crypto';
import type { Sender } from '../events/targets.ts';
import { isJsonObject } from '../json.ts';
import { ClockSchedule } from '../scheduling/clock-schedule.ts';
import type { ScheduleSource, ScheduleTimes } from '../scheduling/schedule-times.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';
import type { Properties } from './properties.ts';
import { readTarget } from './rule-targets.ts';

/** What a target may have. The retry policy is AWS's to keep: a queue of this machine is tried three times. */
const TARGET_FIELDS = ['Arn', 'RoleArn', 'Input', 'SqsParameters', 'DeadLetterConfig', 'RetryPolicy'];

/**
 * Deploys AWS::Scheduler::Schedule: its target is told at the schedule's times once all else is deployed. What falls due
 * while the runtime is down does not come.
 */
export async function deploySchedulerSchedule(resource: Resource, host: Host): Promise<DeployedResource> {
  const { properties, logicalId } = resource;
  const name = properties.optionalString('Name') ?? physicalName(host.stackName, logicalId, 64);
  const group = properties.optionalString('GroupName') ?? 'default';
  const arn = `arn:aws:scheduler:${host.region}:${host.accountId}:schedule/${group}/${name}`;
  if (properties.oneOf('FlexibleTimeWindow.Mode', ['OFF', 'FLEXIBLE']) !== 'OFF') {
    properties.refuse('FlexibleTimeWindow', '{"Mode": "OFF"}: the local runtime comes at the time itself');
  }
  const now = Math.floor(Date.now() / 1000) * 1000;
  const { createdTime, isNew } = host.deployedState.schedule(logicalId, keyOf(properties), now);
  const times = await readTimes(properties, createdTime);
  const send = sendOf(properties, host, { kind: 'schedule', name, arn });
  if (properties.optionalString('State') !== 'DISABLED') {
    // A new one may come at once.
    host.schedules.push(new ClockSchedule({ times, send, after: isNew ? now - 1 : Date.now() }));
  }
  return { ref: name, attributes: { Arn: arn } };
}

/** What a rate is counted anew for when it changes. */
function keyOf(properties: Properties): string {
  return JSON.stringify([properties.string('ScheduleExpression'), properties.get('StartDate') ?? null]);
}

async function readTimes(properties: Properties, createdTime: number): Promise<ScheduleTimes> {
  const { readSchedule, ScheduleError } = await import('../scheduling/schedule-times.ts');
  const source: ScheduleSource = {
    expression: properties.string('ScheduleExpression'),
    timeZone: properties.optionalString('ScheduleExpressionTimezone') ?? 'UTC',
    createdTime,
    startTime: dateOf(properties, 'StartDate'),
    endTime: dateOf(properties, 'EndDate'),
  };
  try {
    return readSchedule(source);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    return properties.refuse(error.property, error.message);
  }
}

function dateOf(properties: Properties, property: string): number | undefined {
  const text = properties.optionalString(property);
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? properties.refuse(property, 'a date and time in ISO 8601') : time;
}

function sendOf(properties: Properties, host: Host, sender: Sender): (scheduledTime: number) => void {
  const target = properties.object('Target');
  if (!Object.keys(target).every((field) => TARGET_FIELDS.includes(field))) {
    properties.refuse('Target', `a target of ${TARGET_FIELDS.join(', ')}`);
  }
  const input = properties.string('Target.Input');
  const to = readTarget(target, host, (wanted) => properties.refuse('Target', `one of ${wanted}`));
  if (target.SqsParameters !== undefined && !isJsonObject(target.SqsParameters)) {
    properties.refuse('Target.SqsParameters', 'an object');
  }
  return (scheduledTime) => {
    const body = withContext(input, { scheduledTime, scheduleArn: sender.arn });
    void host.targets.tell(to, body, sender);
  };
}

interface Context {
  readonly scheduledTime: number;
  readonly scheduleArn: string;
}

/** Puts in what the input names of the schedule (EventBridge Scheduler, context attributes). */
function withContext(input: string, { scheduledTime, scheduleArn }: Context): string {
  const attributes: Readonly<Record<string, string>> = {
    'schedule-arn': scheduleArn,
    'scheduled-time': new Date(scheduledTime).toISOString().replace(/\.\d+Z$/, 'Z'),
    'execution-id': randomBytes(8).toString('hex'),
    'attempt-number': '1',
  };
  return input.replaceAll(/<aws\.scheduler\.([a-z-]+)>/g, (whole, name: string) => attributes[name] ?? whole);
}
