import { TaskModeError } from './errors.ts';
import { INVOCATIONS_PER_POLLER, MAX_CONCURRENCY_RANGE } from './limits.ts';

/** How a function's event source was deployed. AWS makes the two exclusive. */
export type Scaling =
  | {
      /** Instances at once. */
      readonly maxConcurrency: number;
    }
  | {
      readonly provisionedPollerConfig: { readonly minimumPollers: number; readonly maximumPollers: number };
    };

/** What was put at run time: how many of a function's tasks run at once. */
export interface RuntimeConcurrency {
  /** Absent: what was deployed is to hold again, and the event source may not know yet. */
  readonly tasksAtOnce?: number;
  readonly changedTime: number;
  /** Another one at every write. */
  readonly revision: string;
}

/** A function, of which so many tasks run at once. */
export interface Scaled {
  readonly scaling: Scaling;
  /** Tasks in one instance at once. */
  readonly instanceConcurrency: number;
  readonly runtimeConcurrency?: RuntimeConcurrency | undefined;
}

/** What an event source is told: to poll or to let messages wait, and how many instances it may have at once. */
export interface EventSourceState {
  readonly isEnabled: boolean;
  /** Absent with provisioned pollers, and where it is to stay as it is. */
  readonly maxInstances?: number;
}

/** How many of a function's tasks may run at once, as it was put or else deployed. */
export function tasksAtOnceOf(scaled: Scaled): number {
  const { scaling, runtimeConcurrency } = scaled;
  const put = runtimeConcurrency?.tasksAtOnce;
  // Of provisioned pollers only the pause can be put; another number is from before they were deployed.
  if (put !== undefined && (put === 0 || 'maxConcurrency' in scaling)) return put;
  return tasksAtOnceIn(scaled, wantedState(scaled));
}

/** How many of a function's tasks an event source in this state lets run at once. */
export function tasksAtOnceIn(
  { scaling, instanceConcurrency }: Scaled,
  { isEnabled, maxInstances }: EventSourceState,
): number {
  if (!isEnabled) return 0;
  const deployed =
    'maxConcurrency' in scaling
      ? scaling.maxConcurrency
      : scaling.provisionedPollerConfig.maximumPollers * INVOCATIONS_PER_POLLER;
  return (maxInstances ?? deployed) * instanceConcurrency;
}

/** What a function's event source is to be told. */
export function wantedState({ scaling, instanceConcurrency, runtimeConcurrency }: Scaled): EventSourceState {
  const put = runtimeConcurrency?.tasksAtOnce;
  if (put === 0) return { isEnabled: false };
  if (!('maxConcurrency' in scaling)) return { isEnabled: true };
  if (put === undefined) return { isEnabled: true, maxInstances: scaling.maxConcurrency };
  // A number that was put fits; but the function may have been deployed with another instanceConcurrency since.
  const { min, max } = MAX_CONCURRENCY_RANGE;
  const instances = Math.floor(put / instanceConcurrency);
  return { isEnabled: true, maxInstances: Math.min(Math.max(instances, min), max) };
}

/** Tells whether an event source does already what it is to be told. */
export function isInState(state: EventSourceState, { isEnabled, maxInstances }: EventSourceState): boolean {
  if (state.isEnabled !== isEnabled) return false;
  return !isEnabled || maxInstances === undefined || state.maxInstances === maxInstances;
}

/**
 * Checks a number of tasks at once, which AWS must be able to hold to exactly.
 * @throws TaskModeError `InvalidArgument`
 */
export function checkTasksAtOnce({ scaling, instanceConcurrency }: Scaled, tasksAtOnce: number): void {
  if (tasksAtOnce === 0) return;
  if (!('maxConcurrency' in scaling)) {
    const { minimumPollers, maximumPollers } = scaling.provisionedPollerConfig;
    throw refusal(
      `0 (its tasks wait): the function has ${minimumPollers} to ${maximumPollers} provisioned pollers, beside which AWS takes no maximum`,
      tasksAtOnce,
    );
  }
  const { min, max } = MAX_CONCURRENCY_RANGE;
  const instances = tasksAtOnce / instanceConcurrency;
  if (Number.isInteger(instances) && instances >= min && instances <= max) return;
  const [from, to] = [min * instanceConcurrency, max * instanceConcurrency];
  const wanted =
    instanceConcurrency === 1
      ? `a whole number from ${from} to ${to}`
      : `a multiple of ${instanceConcurrency} from ${from} to ${to}, as an instance runs ${instanceConcurrency} tasks at once`;
  throw refusal(`0 (its tasks wait) or ${wanted}`, tasksAtOnce);
}

function refusal(wanted: string, got: number): TaskModeError {
  return new TaskModeError('InvalidArgument', `reservedConcurrency must be ${wanted}, got "${got}"`);
}
