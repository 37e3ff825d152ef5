import { RateSchedule } from '../event-sources/rate-schedule.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';
import type { Properties } from './properties.ts';
import { plainTargets } from './rule-targets.ts';

/**
 * How long after the start of the runtime a schedule comes first. EventBridge would wait for a whole interval; here a
 * machine that was off is to catch up at once, but not while the first requests start their functions.
 */
const FIRST_RUN_MS = 5000;

const MINUTE_MS = 60_000;

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: 24 * 60 * MINUTE_MS,
};

/** Deploys AWS::Events::Rule of a rate: its functions are invoked at intervals once all else is deployed. */
export function deploySchedule({ properties, logicalId }: Resource, host: Host): DeployedResource {
  const name = properties.optionalString('Name') ?? physicalName(host.stackName, logicalId, 64);
  const ruleArn = `arn:aws:events:${host.region}:${host.accountId}:rule/${name}`;
  const intervalMs = intervalOf(properties);
  const functionArns = functionArnsOf(properties, host);
  if (properties.optionalString('State') !== 'DISABLED') {
    const { region, accountId, lambda, log } = host;
    host.schedules.push(
      ...functionArns.map(
        (functionArn) =>
          new RateSchedule({
            ruleArn,
            functionArn,
            firstRunMs: FIRST_RUN_MS,
            intervalMs,
            region,
            accountId,
            lambda,
            log,
          }),
      ),
    );
  }
  return { ref: name, attributes: { Arn: ruleArn } };
}

function intervalOf(properties: Properties): number {
  const [, count, unit = ''] =
    /^rate\((\d+) (minute|hour|day)s?\)$/.exec(properties.string('ScheduleExpression')) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined || Number(count) === 0) {
    return properties.refuse(
      'ScheduleExpression',
      'a rate such as "rate(1 minute)": the local runtime runs no cron()',
    );
  }
  return Number(count) * unitMs;
}

function functionArnsOf(properties: Properties, host: Host): string[] {
  return plainTargets(properties).map(({ Arn: arn }) =>
    typeof arn === 'string' && host.lambda.has(arn)
      ? arn
      : properties.refuse('Targets', 'functions of this template'),
  );
}
