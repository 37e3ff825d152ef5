import { readFile, rename, writeFile } from 'node:fs/promises';
import type { JsonObject } from './json.ts';

/** What was deployed into a data directory, for the next start: custom resources and how to delete them. */
export interface DeployedCustomResource {
  readonly physicalId: string;
  /** The resolved Delete call, absent when the resource has none. */
  readonly delete?: JsonObject;
}

export class DeployedState {
  readonly #file: string;
  readonly #earlier: ReadonlyMap<string, DeployedCustomResource>;
  readonly #now = new Map<string, DeployedCustomResource>();

  private constructor(file: string, earlier: ReadonlyMap<string, DeployedCustomResource>) {
    this.#file = file;
    this.#earlier = earlier;
  }

  static async read(file: string): Promise<DeployedState> {
    const text = await readFile(file, 'utf8').catch(() => '{}');
    const { customResources }: { customResources?: Record<string, DeployedCustomResource> } =
      JSON.parse(text);
    return new DeployedState(file, new Map(Object.entries(customResources ?? {})));
  }

  /** What an earlier start deployed under this logical id. */
  earlier(logicalId: string): DeployedCustomResource | undefined {
    return this.#earlier.get(logicalId);
  }

  record(logicalId: string, resource: DeployedCustomResource): void {
    this.#now.set(logicalId, resource);
  }

  /** What an earlier start deployed and this one has not, by logical id. */
  removed(): ReadonlyMap<string, DeployedCustomResource> {
    return new Map([...this.#earlier].filter(([logicalId]) => !this.#now.has(logicalId)));
  }

  /** Writes what this start has deployed, whole or not at all. */
  async save(): Promise<void> {
    const temporary = `${this.#file}.new`;
    await writeFile(temporary, JSON.stringify({ customResources: Object.fromEntries(this.#now) }, null, 2));
    await rename(temporary, this.#file);
  }
}
