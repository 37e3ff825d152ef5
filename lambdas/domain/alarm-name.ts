/** `medium`: to look at. `high`: somebody is affected. `critical`: many are, or nothing is looked after any more. */
export const SEVERITIES = ['medium', 'high', 'critical'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** The alarms that each function has, by the names under which they are set. */
export const FUNCTION_ALARM_NAMES = [
  'backlog',
  'largeBacklog',
  'ageOfOldest',
  'failureRate',
  'expired',
  'deadLetters',
  'destinationErrors',
  'destinationsGivenUp',
  'throttles',
  'nearTimeout',
] as const;

export type FunctionAlarmName = (typeof FUNCTION_ALARM_NAMES)[number];

/** Made of those of them that are serious. */
export const INCIDENT = 'incident';

/** The name of an alarm's heading in docs/runbook.md, and the last part but one of its own: `large-backlog`. */
export function alarmSlug(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z0-9])/g, '-').toLowerCase();
}

export interface AlarmNameParts {
  readonly service: string;
  /** None of what all functions share. */
  readonly functionName?: string | undefined;
  readonly name: string;
  readonly severity: Severity;
}

/** What an alarm is called in CloudWatch, such as `MyStack-encode-backlog-medium`. */
export function alarmNameOf({ service, functionName, name, severity }: AlarmNameParts): string {
  return [service, functionName, alarmSlug(name), severity].filter((part) => part !== undefined).join('-');
}

/** Every name that an alarm of a function can have in CloudWatch, with what it says. */
export function alarmNamesOf(service: string, functionName: string): Map<string, AlarmNameParts> {
  const names = [...FUNCTION_ALARM_NAMES, INCIDENT].flatMap((name) =>
    SEVERITIES.map((severity) => ({ service, functionName, name, severity })),
  );
  return new Map(names.map((parts) => [alarmNameOf(parts), parts]));
}
