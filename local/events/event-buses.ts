import { randomUUID } from 'node:crypto';
import { AwsApiError, type AwsJsonApi, serveAwsJsonApi } from '../aws-json-api.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { EventPattern } from './event-pattern.ts';
import type { TargetInput } from './target-input.ts';
import type { Target, Targets } from './targets.ts';

/** The bus that every account has. */
const DEFAULT_BUS = 'default';

/** EventBridge's limits of one request and of one event in it. */
const MAX_ENTRIES = 10;
const MAX_ENTRY_BYTES = 1024 * 1024;

/** An event as rules match it and targets get it. */
export interface BusEvent {
  readonly version: string;
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: JsonObject;
}

export interface EventTarget extends Target {
  readonly input: TargetInput;
}

export interface EventRule {
  readonly name: string;
  readonly arn: string;
  readonly matches: EventPattern;
  readonly targets: readonly EventTarget[];
}

export interface EventBusesOptions {
  readonly region: string;
  readonly accountId: string;
  readonly targets: Targets;
}

/** The event buses of this machine: each event goes to the targets of the rules that match it, at once and once. */
export class EventBuses {
  readonly #options: EventBusesOptions;
  readonly #rules = new Map<string, EventRule[]>([[DEFAULT_BUS, []]]);

  constructor(options: EventBusesOptions) {
    this.#options = options;
  }

  /** Serves EventBridge's PutEvents. */
  serve(): Promise<AwsJsonApi> {
    return serveAwsJsonApi({
      service: 'AWSEvents',
      version: '1.1',
      maxRequestBytes: MAX_ENTRY_BYTES + 64 * 1024,
      calls: { PutEvents: ({ Entries }) => this.#putEvents(Entries) },
    });
  }

  addBus(name: string): void {
    if (!this.#rules.has(name)) this.#rules.set(name, []);
  }

  has(bus: string | undefined): boolean {
    return this.#rules.has(busName(bus));
  }

  /** Adds a rule to a bus, given by name or ARN; the account's own unless one is given. */
  addRule(bus: string | undefined, rule: EventRule): void {
    this.#rules.get(busName(bus))?.push(rule);
  }

  /** Sends an event of an AWS service, which goes to the account's own bus. */
  publish(event: BusEvent): void {
    void this.#deliver(DEFAULT_BUS, event);
  }

  async #putEvents(entries: Json | undefined): Promise<object> {
    if (!Array.isArray(entries) || entries.length === 0 || entries.length > MAX_ENTRIES) {
      throw new AwsApiError('ValidationException', `Entries must have 1 to ${MAX_ENTRIES} events`);
    }
    const results = await Promise.all(
      entries.map((entry: Json) => this.#put(isJsonObject(entry) ? entry : {})),
    );
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  }

  async #put(entry: JsonObject): Promise<{ EventId: string } | { ErrorCode: string; ErrorMessage: string }> {
    const { Source, DetailType, Detail, EventBusName, Resources, Time } = entry;
    const bus = busName(typeof EventBusName === 'string' ? EventBusName : undefined);
    if (typeof Source !== 'string' || typeof DetailType !== 'string' || typeof Detail !== 'string') {
      return refused('InvalidArgument', 'Source, DetailType and Detail must be given');
    }
    if (Source.startsWith('aws.')) {
      return refused('NotAuthorizedForSourceException', `Not authorized for the source ${Source}`);
    }
    const detail = parsed(Detail);
    if (!isJsonObject(detail)) return refused('MalformedDetail', 'Detail is malformed.');
    // EventBridge does not document what it answers of a bus that is not there. Here it shall not go unnoticed.
    if (!this.#rules.has(bus))
      return refused('ResourceNotFoundException', `Event bus ${bus} does not exist.`);
    const { region, accountId } = this.#options;
    const event: BusEvent = {
      version: '0',
      id: randomUUID(),
      'detail-type': DetailType,
      source: Source,
      account: accountId,
      time: new Date(typeof Time === 'number' ? Time * 1000 : Date.now())
        .toISOString()
        .replace(/\.\d+Z$/, 'Z'),
      region,
      resources: Array.isArray(Resources) ? Resources.map(String) : [],
      detail,
    };
    await this.#deliver(bus, event);
    return { EventId: event.id };
  }

  async #deliver(bus: string, event: BusEvent): Promise<void> {
    const told = { ...event };
    const rules = (this.#rules.get(bus) ?? []).filter(({ matches }) => matches(told));
    await Promise.all(
      rules.flatMap((rule) =>
        rule.targets.map((target) =>
          this.#options.targets.tell(target, target.input(told, rule), { kind: 'rule', ...rule }),
        ),
      ),
    );
  }
}

/** A bus is named by name or ARN. */
function busName(bus = DEFAULT_BUS): string {
  return bus.replace(/^arn:[^:]+:events:[^:]*:[^:]*:event-bus\//, '');
}

function refused(ErrorCode: string, ErrorMessage: string) {
  return { ErrorCode, ErrorMessage };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
