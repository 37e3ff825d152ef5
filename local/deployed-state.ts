import { readFile, rename, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { EventSourceState } from './event-sources/event-source.ts';
import type { JsonObject } from './json.ts';

/** What was deployed into a data directory, for the next start: custom resources and how to delete them. */
export interface DeployedCustomResource {
  readonly physicalId: string;
  /** The resolved Delete call, absent when the resource has none. */
  readonly delete?: JsonObject;
}

/** An event source as its template has it, and as it was changed since. */
interface DeployedEventSource {
  readonly template: EventSourceState;
  readonly current: EventSourceState;
}

/** A schedule as it was first deployed: a rate counts from then on. */
interface DeployedSchedule {
  readonly source: string;
  readonly createdTime: number;
}

interface Deployed {
  readonly customResources: Readonly<Record<string, DeployedCustomResource>>;
  readonly eventSources: Readonly<Record<string, DeployedEventSource>>;
  readonly schedules: Readonly<Record<string, DeployedSchedule>>;
}

export class DeployedState {
  readonly #file: string;
  readonly #earlier: Deployed;
  readonly #customResources = new Map<string, DeployedCustomResource>();
  readonly #eventSources = new Map<string, DeployedEventSource>();
  readonly #schedules = new Map<string, DeployedSchedule>();
  #saving: Promise<void> = Promise.resolve();

  private constructor(file: string, earlier: Deployed) {
    this.#file = file;
    this.#earlier = earlier;
  }

  static async read(file: string): Promise<DeployedState> {
    const text = await readFile(file, 'utf8').catch(() => '{}');
    const { customResources = {}, eventSources = {}, schedules = {} }: Partial<Deployed> = JSON.parse(text);
    return new DeployedState(file, { customResources, eventSources, schedules });
  }

  /** What an earlier start deployed under this logical id. */
  earlier(logicalId: string): DeployedCustomResource | undefined {
    return this.#earlier.customResources[logicalId];
  }

  record(logicalId: string, resource: DeployedCustomResource): void {
    this.#customResources.set(logicalId, resource);
  }

  /** What an earlier start deployed and this one has not, by logical id. */
  removed(): ReadonlyMap<string, DeployedCustomResource> {
    const earlier = Object.entries(this.#earlier.customResources);
    return new Map(earlier.filter(([logicalId]) => !this.#customResources.has(logicalId)));
  }

  /**
   * Tells how an event source is now: as it was changed at run time, unless its template says otherwise than before.
   * CloudFormation leaves alone what a template did not change, and sets all of what it did.
   */
  eventSource(logicalId: string, template: EventSourceState): EventSourceState {
    const earlier = this.#earlier.eventSources[logicalId];
    const current = earlier && isDeepStrictEqual(earlier.template, template) ? earlier.current : template;
    this.#eventSources.set(logicalId, { template, current });
    return current;
  }

  /** Keeps a change of an event source that this start has deployed. */
  async keepEventSource(logicalId: string, current: EventSourceState): Promise<void> {
    const { template = current } = this.#eventSources.get(logicalId) ?? {};
    this.#eventSources.set(logicalId, { template, current });
    await this.save();
  }

  /** Tells when a schedule was first deployed as it is: now, unless an earlier start has. */
  schedule(logicalId: string, source: string, now: number): { createdTime: number; isNew: boolean } {
    const earlier = this.#earlier.schedules[logicalId];
    const isNew = earlier?.source !== source;
    const schedule = isNew ? { source, createdTime: now } : earlier;
    this.#schedules.set(logicalId, schedule);
    return { createdTime: schedule.createdTime, isNew };
  }

  /** Writes what this start has deployed, whole or not at all, one write after the other. */
  save(): Promise<void> {
    this.#saving = this.#saving.catch(() => undefined).then(() => this.#write());
    return this.#saving;
  }

  async #write(): Promise<void> {
    const temporary = `${this.#file}.new`;
    const deployed: Deployed = {
      customResources: Object.fromEntries(this.#customResources),
      eventSources: Object.fromEntries(this.#eventSources),
      schedules: Object.fromEntries(this.#schedules),
    };
    await writeFile(temporary, JSON.stringify(deployed, null, 2));
    await rename(temporary, this.#file);
  }
}
