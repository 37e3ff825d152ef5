import { TaskModeError } from '../../lambdas/domain/errors.ts';

/** How a call to AWS goes wrong. */
export type Fault =
  /** It never arrives. */
  | 'fails before'
  /** It takes effect, and nobody learns of it. */
  | 'response lost'
  /** It takes effect, and the process that made it is gone. */
  | 'dies after';

export const FAULTS: readonly Fault[] = ['fails before', 'response lost', 'dies after'];

/** The process that made a call is gone: nothing that it would have done next happens. */
export class Death extends Error {
  override readonly name = 'Death';
}

/** AWS did not take a call, as the adapters say it. */
export class AwsAway extends TaskModeError {
  constructor(call: string) {
    super('ServiceUnavailable', `${call} went wrong`, { cause: new Error(call) });
  }
}

export interface PlannedFault {
  /** Which call of the process goes wrong, from 0. */
  readonly call: number;
  readonly fault: Fault;
}

/** The calls that one process makes through its adapters, of which at most one goes wrong. */
export class CallRecorder {
  readonly calls: string[] = [];
  isDead = false;
  readonly #plan: PlannedFault | undefined;

  constructor(plan?: PlannedFault) {
    this.#plan = plan;
  }

  /** The adapter, with each call recorded, and going wrong where the plan says so. */
  recorded<T extends object>(adapter: T): T {
    return new Proxy(adapter, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name, target);
        if (typeof method !== 'function') return method;
        const call = method.bind(target) as (...args: unknown[]) => unknown;
        const label = `${target.constructor.name}.${String(name)}`;
        const kind = kindOf(target, String(name));
        if (kind === 'pages') return (...args: unknown[]) => this.#pages(label, call(...args) as Pages);
        return kind === 'call' ? (...args: unknown[]) => this.#call(label, () => call(...args)) : call;
      },
    });
  }

  /** Each page of a paged call is a call. */
  async *#pages(name: string, pages: Pages): AsyncGenerator {
    for (;;) {
      const next = (await this.#call(name, () => pages.next())) as IteratorResult<unknown>;
      if (next.done) return;
      yield next.value;
    }
  }

  async #call(name: string, call: () => unknown): Promise<unknown> {
    if (this.isDead) throw new Death();
    const number = this.calls.length;
    this.calls.push(name);
    const fault = this.#plan?.call === number ? this.#plan.fault : undefined;
    if (fault === 'fails before') throw new AwsAway(name);
    const result = await call();
    if (fault === 'response lost') throw new AwsAway(name);
    if (fault === 'dies after') this.isDead = true;
    if (this.isDead) throw new Death();
    return result;
  }
}

type Pages = AsyncGenerator;

/** Whether a method of an adapter calls AWS: all do that are asynchronous, and those that leave it to a private one. */
function kindOf(adapter: object, name: string): 'call' | 'pages' | undefined {
  const method: unknown = Reflect.get(Object.getPrototypeOf(adapter), name);
  if (typeof method !== 'function' || name === 'constructor') return undefined;
  if (method.constructor.name === 'AsyncFunction') return 'call';
  if (method.constructor.name === 'AsyncGeneratorFunction') return 'pages';
  const source = String(method);
  if (/this\.#pages\(/.test(source)) return 'pages';
  return /this\.#\w+\(|\.send\(/.test(source) ? 'call' : undefined;
}

/** Every call to AWS that an adapter can make. */
export function callsOf(adapterClass: { readonly name: string; readonly prototype: object }): string[] {
  const adapter = Object.create(adapterClass.prototype);
  return Object.getOwnPropertyNames(adapterClass.prototype)
    .filter((name) => kindOf(adapter, name) !== undefined)
    .map((name) => `${adapterClass.name}.${name}`);
}
