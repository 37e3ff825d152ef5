import { Duration, Token } from 'aws-cdk-lib';
import { EventField, type EventPattern, Rule, type RuleProps, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import {
  ContextAttribute,
  Schedule,
  type ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { DELAY_MAX_SECONDS, TRIGGER_DELIVERY, TRIGGER_ID_PATTERN } from '../lambdas/domain/limits.ts';
import { checkSchedule, isOneTime } from './schedule-check.ts';
import type { TaskFunction } from './task-function.ts';
import type { TaskTriggers } from './task-triggers.ts';

export interface TriggerProps {
  /** The function of the same TaskMode that does the work. */
  readonly taskFunction: TaskFunction;

  /**
   * How long after its event or its time a task may first run: 0 s to 7 days.
   *
   * @default - at once
   */
  readonly delay?: Duration;

  /**
   * Whether it submits tasks.
   *
   * @default true
   */
  readonly enabled?: boolean;
}

/** A trigger that submits a task for each event which matches a pattern. */
export interface EventTriggerProps extends TriggerProps {
  /** Which events. */
  readonly eventPattern: EventPattern;

  /**
   * The bus on which they are.
   *
   * @default - the account's own, where events of AWS services are
   */
  readonly eventBus?: RuleProps['eventBus'];

  /**
   * The payload: any JSON, in which `EventField.fromPath('$.detail.…')` stands for a part of the event.
   *
   * @default - the whole event
   */
  readonly payload?: unknown;
}

/** A trigger that submits a task at each of its times. */
export interface ScheduleTriggerProps extends TriggerProps {
  /** When: `ScheduleExpression.rate`, `.cron` or `.at`, in a time zone. */
  readonly schedule: ScheduleExpression;

  /**
   * From when on, for a rate or cron.
   *
   * @default - from the deployment on
   */
  readonly start?: Date;

  /**
   * Until when, for a rate or cron.
   *
   * @default - without end
   */
  readonly end?: Date;

  /**
   * The payload: any JSON, in which `ContextAttribute.scheduledTime` stands for the time that the schedule meant.
   *
   * @default - `{"scheduledTime": "2026-11-24T03:00:00Z"}`
   */
  readonly payload?: unknown;
}

export type TaskTriggerProps = EventTriggerProps | ScheduleTriggerProps;

/**
 * Submits a task for each event that a rule matches, or at each time of a schedule. The task's id is made of the
 * trigger's and the event's id or the scheduled time, so that what AWS delivers twice runs once.
 */
export class TaskTrigger extends Construct {
  /** The rule of events. */
  readonly rule: Rule | undefined;
  readonly schedule: Schedule | undefined;

  /** @throws Error at synth, naming property, value and what is wanted. */
  constructor(scope: TaskTriggers, id: string, props: TaskTriggerProps) {
    checkProps(id, props);
    super(scope, id);
    scope.submitTo(props.taskFunction.queue);
    if ('schedule' in props) this.schedule = this.#newSchedule(scope, props);
    else this.rule = this.#newRule(scope, props);
  }

  #newRule(triggers: TaskTriggers, props: EventTriggerProps): Rule {
    const { taskFunction, eventPattern, eventBus, enabled = true, payload } = props;
    const rule = new Rule(this, 'Rule', {
      description: `Task Mode: trigger ${this.node.id} of ${taskFunction.functionName}`,
      eventPattern,
      enabled,
      ...(eventBus && { eventBus }),
    });
    const input = RuleTargetInput.fromObject(
      this.#request(props, EventField.eventId, payload ?? EventField.fromPath('$')),
    );
    rule.addTarget({
      bind: () => ({
        arn: triggers.queue.queueArn,
        input,
        deadLetterConfig: { arn: triggers.deadLetterQueue.queueArn },
        retryPolicy: TRIGGER_DELIVERY,
      }),
    });
    triggers.takeFrom(rule);
    return rule;
  }

  #newSchedule(triggers: TaskTriggers, props: ScheduleTriggerProps): Schedule {
    const { taskFunction, schedule, start, end, enabled = true, payload } = props;
    const { scheduledTime } = ContextAttribute;
    const input = ScheduleTargetInput.fromObject(
      this.#request(props, scheduledTime, payload ?? { scheduledTime }),
    );
    return new Schedule(this, 'Schedule', {
      description: `Task Mode: trigger ${this.node.id} of ${taskFunction.functionName}`,
      schedule,
      enabled,
      ...(start && { start }),
      ...(end && { end }),
      target: {
        bind: () => ({
          arn: triggers.queue.queueArn,
          role: triggers.scheduleRole,
          input,
          deadLetterConfig: { arn: triggers.deadLetterQueue.queueArn },
          retryPolicy: TRIGGER_DELIVERY,
        }),
      },
    });
  }

  /** What `lambdas/trigger/trigger-request.ts` reads. */
  #request({ taskFunction, delay }: TriggerProps, occurrence: string, payload: unknown): object {
    return {
      trigger: this.node.id,
      occurrence,
      functionName: taskFunction.functionName,
      delaySeconds: (delay ?? Duration.seconds(0)).toSeconds(),
      payload,
    };
  }
}

function checkProps(id: string, props: TaskTriggerProps): void {
  if (!TRIGGER_ID_PATTERN.test(id)) {
    throw new Error(
      `id of a trigger must have 1 to 64 characters, starting with a letter or _ and of letters, digits, _ and - only, got "${id}"`,
    );
  }
  const refuse = (property: string, wanted: string, got: unknown): never => {
    throw new Error(`${property} of trigger "${id}" must be ${wanted}, got ${got}`);
  };
  const seconds = props.delay?.toSeconds() ?? 0;
  const isDelay = Number.isInteger(seconds) && seconds >= 0 && seconds <= DELAY_MAX_SECONDS;
  if (!Token.isUnresolved(seconds) && !isDelay) {
    refuse('delay', `whole seconds from 0 to ${DELAY_MAX_SECONDS}`, `${seconds} s`);
  }
  if ('schedule' in props) checkScheduleProps(props, refuse);
  else checkPattern(props.eventPattern, refuse);
}

type Refuse = (property: string, wanted: string, got: unknown) => never;

function checkScheduleProps(props: ScheduleTriggerProps, refuse: Refuse): void {
  const { schedule, start, end } = props;
  checkSchedule(schedule, (wanted, got) => refuse('schedule', wanted, got));
  if ('eventPattern' in props) refuse('eventPattern', 'absent beside a schedule', 'both');
  if (isOneTime(schedule) && (start ?? end)) {
    refuse(start ? 'start' : 'end', 'absent for a schedule that comes once', (start ?? end)?.toISOString());
  }
  if (start && end && start >= end)
    refuse('end', `after its start ${start.toISOString()}`, end.toISOString());
}

function checkPattern(eventPattern: EventPattern, refuse: Refuse): void {
  const lists = Object.entries(eventPattern).filter(([, value]) => value !== undefined);
  if (lists.length === 0) refuse('eventPattern', 'a pattern with at least one field', '{}');
  for (const [field, value] of lists) {
    if (Array.isArray(value) && value.length === 0) {
      refuse(`eventPattern.${field}`, 'a list with at least one value', '[]');
    }
  }
}
