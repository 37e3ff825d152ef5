import { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import type { FunctionAlarmName, Severity } from '../lambdas/domain/alarm-name.ts';
import { functionMetric, sharedMetric } from './task-metrics.ts';

export interface AlarmDefinition<Subject> {
  readonly severity: Severity;
  /** What it says when it is raised. */
  readonly meaning: string;
  readonly metric: (subject: Subject) => IMetric;
  /** @default - from the threshold on */
  readonly comparison?: ComparisonOperator;
  readonly threshold: (subject: Subject) => number;
  readonly evaluationPeriods: number;
  /** @default - all of them */
  readonly datapointsToAlarm?: number;
  /**
   * @default - not breaching. Metrics of what happened have no values while nothing happens, and SQS reports none of a
   * queue that was idle for six hours: no news is good news.
   */
  readonly missingData?: TreatMissingData;
}

/** A task function as its alarms see it. */
export interface FunctionSubject {
  readonly scope: IConstruct;
  readonly functionName: string;
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly worker: IFunction;
  readonly timeoutSeconds: number;
}

/** What all functions share. */
export interface SharedSubject {
  readonly scope: IConstruct;
  readonly apiId: string;
  readonly followUpDeadLetterQueue: IQueue;
  readonly bulkJobDeadLetterQueue: IQueue;
}

/** What triggers share. */
export interface TriggersSubject {
  readonly scope: IConstruct;
  readonly deadLetterQueue: IQueue;
}

const MINUTE = Duration.minutes(1);
const FIVE_MINUTES = Duration.minutes(5);

/** Fewer failed tasks than this in five minutes are no rate. */
const FAILURES_MIN = 5;

/** A due task starts within seconds while workers are free: so long is a true wait. */
const WAIT_MS = 15 * 60_000;

const visible = (queue: IQueue): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ period: MINUTE, statistic: 'Maximum' });

export const FUNCTION_ALARMS = {
  backlog: {
    severity: 'medium',
    meaning: 'Tasks wait for a worker.',
    metric: ({ queue }) => visible(queue),
    threshold: () => 5,
    evaluationPeriods: 1,
  },
  largeBacklog: {
    severity: 'critical',
    meaning: 'Very many tasks have been waiting for a worker for five minutes.',
    metric: ({ queue }) => visible(queue),
    threshold: () => 1000,
    evaluationPeriods: 5,
  },
  ageOfOldest: {
    severity: 'high',
    meaning: 'A task that is due has been waiting for a worker for a quarter of an hour.',
    // Measured from the rows: a task that waits has a fresh message from time to time, and SQS knows its messages only.
    metric: ({ scope, functionName }) =>
      functionMetric(scope, functionName, 'BacklogAge', { period: MINUTE, statistic: 'Maximum' }),
    threshold: () => WAIT_MS,
    evaluationPeriods: 3,
  },
  failureRate: {
    severity: 'high',
    meaning: `Of the tasks that ended in five minutes, more than a tenth failed, and ${FAILURES_MIN} or more.`,
    metric: ({ scope, functionName }) =>
      new MathExpression({
        expression: `IF(failed >= ${FAILURES_MIN}, 100 * failed / ended, 0)`,
        label: 'failed tasks, %',
        period: FIVE_MINUTES,
        usingMetrics: {
          failed: functionMetric(scope, functionName, 'FailedCount'),
          // It has a 0 for each task that succeeded.
          ended: functionMetric(scope, functionName, 'FailedCount', { statistic: 'SampleCount' }),
        },
      }),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: () => 10,
    evaluationPeriods: 1,
  },
  expired: {
    severity: 'high',
    meaning: 'Tasks were not started in time, and never will be.',
    metric: ({ scope, functionName }) =>
      functionMetric(scope, functionName, 'ExpiredCount', { period: FIVE_MINUTES }),
    threshold: () => 1,
    evaluationPeriods: 1,
  },
  deadLetters: {
    severity: 'high',
    meaning: 'Messages were received 1,000 times without their tasks being started.',
    metric: ({ deadLetterQueue }) => visible(deadLetterQueue),
    threshold: () => 1,
    evaluationPeriods: 1,
  },
  destinationErrors: {
    severity: 'medium',
    meaning: 'A destination does not take what it is told of tasks that ended. It is tried again.',
    metric: ({ scope, functionName }) =>
      functionMetric(scope, functionName, 'DestinationErrorCount', { period: FIVE_MINUTES }),
    threshold: () => 5,
    evaluationPeriods: 1,
  },
  destinationsGivenUp: {
    severity: 'high',
    meaning: 'A destination was not told how tasks ended, and is not told any more.',
    metric: ({ scope, functionName }) =>
      functionMetric(scope, functionName, 'DestinationGivenUpCount', { period: FIVE_MINUTES }),
    threshold: () => 1,
    evaluationPeriods: 1,
  },
  throttles: {
    severity: 'medium',
    meaning: 'AWS refuses to run as many instances as there is work for.',
    metric: ({ worker }) => worker.metricThrottles({ period: MINUTE, statistic: 'Sum' }),
    threshold: () => 10,
    evaluationPeriods: 5,
    datapointsToAlarm: 3,
  },
  nearTimeout: {
    severity: 'medium',
    meaning: 'Attempts take nine tenths of their time-out, or more.',
    metric: ({ scope, functionName }) =>
      functionMetric(scope, functionName, 'RunDuration', { period: FIVE_MINUTES, statistic: 'Maximum' }),
    threshold: ({ timeoutSeconds }) => 0.9 * timeoutSeconds * 1000,
    evaluationPeriods: 1,
  },
} as const satisfies Record<FunctionAlarmName, AlarmDefinition<FunctionSubject>>;

export const SHARED_ALARMS = {
  apiErrors: {
    severity: 'high',
    meaning: 'The API answers with errors of ours (5xx).',
    metric: ({ apiId }) =>
      new Metric({
        namespace: 'AWS/ApiGateway',
        metricName: '5xx',
        dimensionsMap: { ApiId: apiId },
        period: FIVE_MINUTES,
        statistic: 'Sum',
      }),
    threshold: () => 5,
    evaluationPeriods: 1,
  },
  sweepNotRunning: {
    severity: 'critical',
    meaning: 'The sweep has not run for five minutes: nobody looks after delayed, lost and dead tasks.',
    metric: ({ scope }) => sharedMetric(scope, 'SweepRunCount', { period: MINUTE }),
    comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold: () => 1,
    evaluationPeriods: 5,
    // That it says nothing is what is wrong.
    missingData: TreatMissingData.BREACHING,
  },
  sweepFailures: {
    severity: 'medium',
    meaning: 'Parts of the sweep fail minute by minute.',
    metric: ({ scope }) => sharedMetric(scope, 'SweepFailureCount', { period: MINUTE }),
    threshold: () => 1,
    evaluationPeriods: 5,
    datapointsToAlarm: 3,
  },
  followUpDeadLetters: {
    severity: 'high',
    meaning: 'The follow-up functions could not read or note tasks whose destinations are to be told.',
    metric: ({ followUpDeadLetterQueue }) => visible(followUpDeadLetterQueue),
    threshold: () => 1,
    evaluationPeriods: 1,
  },
  droppedMessages: {
    severity: 'medium',
    meaning: 'A follow-up queue holds what our functions do not write: code of a function may be sending it.',
    metric: ({ scope }) => sharedMetric(scope, 'DroppedMessageCount', { period: FIVE_MINUTES }),
    threshold: () => 1,
    evaluationPeriods: 1,
  },
  bulkJobDeadLetters: {
    severity: 'medium',
    meaning: 'AWS has not let the worker of bulk jobs work on one for two hours.',
    metric: ({ bulkJobDeadLetterQueue }) => visible(bulkJobDeadLetterQueue),
    threshold: () => 1,
    evaluationPeriods: 1,
  },
  accountConcurrency: {
    severity: 'medium',
    meaning: 'The account runs nearly as many Lambda instances as its quota allows (1,000 unless raised).',
    metric: () =>
      new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'ConcurrentExecutions',
        period: MINUTE,
        statistic: 'Maximum',
      }),
    threshold: () => 800,
    evaluationPeriods: 3,
  },
} as const satisfies Record<string, AlarmDefinition<SharedSubject>>;

/** A part that is deployed only where it is used, as its alarm sees it. */
export interface PartSubject {
  readonly deadLetterQueue: IQueue;
}

const deadLettersOfPart = (meaning: string): AlarmDefinition<PartSubject> => ({
  severity: 'high',
  meaning,
  metric: ({ deadLetterQueue }) => visible(deadLetterQueue),
  threshold: () => 1,
  evaluationPeriods: 1,
});

/** What all functions share as well, but is deployed only where it is used. */
export const PART_ALARMS = {
  workflowStopDeadLetters: deadLettersOfPart(
    'Tasks of workflows that ended before them could not be stopped: they may still run.',
  ),
  alarmDeadLetters: deadLettersOfPart(
    'A webhook did not take what it was told of alarms, and is not told any more.',
  ),
} as const satisfies Record<string, AlarmDefinition<PartSubject>>;

export type PartAlarmName = keyof typeof PART_ALARMS;

export type SharedAlarmName = keyof typeof SHARED_ALARMS | PartAlarmName;

/** Deployed with the first trigger. */
export const TRIGGER_ALARMS = {
  triggerDeadLetters: {
    severity: 'high',
    meaning: 'What events or schedules have sent could not be delivered, or not be submitted for an hour.',
    metric: ({ deadLetterQueue }) => visible(deadLetterQueue),
    threshold: () => 1,
    evaluationPeriods: 1,
  },
} as const satisfies Record<string, AlarmDefinition<TriggersSubject>>;

export type TriggerAlarmName = keyof typeof TRIGGER_ALARMS;

/** Whose alarms make an incident: one page for all of them. The others are told of one by one. */
export const INCIDENT_SEVERITIES: readonly Severity[] = ['high', 'critical'];
