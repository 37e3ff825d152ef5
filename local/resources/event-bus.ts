import { PatternError, readEventPattern } from '../events/event-pattern.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';
import type { Properties } from './properties.ts';
import { eventTargets } from './rule-targets.ts';
import { deploySchedule } from './schedule-rule.ts';

/** Deploys AWS::Events::EventBus, on which rules of the template match what is put. */
export function deployEventBus({ properties, logicalId }: Resource, host: Host): DeployedResource {
  const name = properties.optionalString('Name') ?? physicalName(host.stackName, logicalId, 256);
  host.eventBuses.addBus(name);
  const arn = `arn:aws:events:${host.region}:${host.accountId}:event-bus/${name}`;
  return { ref: name, attributes: { Arn: arn, Name: name } };
}

/** Deploys AWS::Events::Rule: of a schedule, or of a pattern for the events of a bus. */
export function deployRule(resource: Resource, host: Host): DeployedResource {
  const { properties } = resource;
  if (properties.has('EventPattern') && properties.has('ScheduleExpression')) {
    properties.refuse('EventPattern', 'none beside a ScheduleExpression');
  }
  return properties.has('EventPattern') ? deployPattern(resource, host) : deploySchedule(resource, host);
}

function deployPattern({ properties, logicalId }: Resource, host: Host): DeployedResource {
  const name = properties.optionalString('Name') ?? physicalName(host.stackName, logicalId, 64);
  const bus = properties.optionalString('EventBusName');
  if (!host.eventBuses.has(bus)) {
    properties.refuse('EventBusName', "an event bus of this template, or none for the account's own");
  }
  const [busName] = bus?.split('/').slice(-1) ?? [];
  const path = busName === undefined || busName === 'default' ? name : `${busName}/${name}`;
  const arn = `arn:aws:events:${host.region}:${host.accountId}:rule/${path}`;
  const rule = { name, arn, matches: patternOf(properties), targets: eventTargets(properties, host) };
  if (properties.optionalString('State') !== 'DISABLED') {
    host.eventBuses.addRule(bus, rule);
  }
  return { ref: path.replace('/', '|'), attributes: { Arn: arn } };
}

function patternOf(properties: Properties) {
  try {
    return readEventPattern(properties.object('EventPattern'));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return properties.refuse('EventPattern', `a pattern that can be matched here: ${error.message}`);
  }
}
