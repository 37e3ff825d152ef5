import { CHAOS_FUNCTION_NAMES, CHAOS_FUNCTIONS, type ChaosFunctionName } from './functions.ts';
import { between, type Random, seededRandom } from './random.ts';

/** What is to be done to one task: all of it fixed by the seed. */
export interface PlannedTask {
  readonly id: string;
  readonly functionName: ChaosFunctionName;
  readonly payload: {
    readonly id: string;
    readonly does: 'return' | 'wait' | 'spin';
    readonly ms: number;
    readonly failsOn: readonly number[];
    readonly isFinal: boolean;
    readonly journal: string;
    readonly padding: string;
  };
  readonly delaySeconds: number;
  /** Whether the accepted task is submitted once more. */
  readonly isRepeated: boolean;
  /** When it is asked to stop, if it is: so long after its acceptance, or after it was first seen to run. */
  readonly stop: { readonly since: 'accepted' | 'running'; readonly afterMs: number } | undefined;
  /** Whether it is redriven once it is Stopped or Failed. */
  readonly isRedriven: boolean;
  /**
   * Whether its client, after an answer that left open whether the task was accepted, submits again some seconds later,
   * as the README recommends. Of the others, the sweep takes care.
   */
  readonly isCareful: boolean;
}

export interface PlanOptions {
  readonly seed: number;
  readonly tasks: number;
  readonly journal: string;
  /** From 0 to 1. */
  readonly carefulShare: number;
}

/** Beyond what is kept in the row (INLINE_PAYLOAD_MAX_BYTES, INLINE_RESULT_MAX_BYTES). */
const PADDING = 'x'.repeat(5000);

/** A flaky task fails in its first attempts only: the back-off doubles, and a run should end. */
const FLAKY_ATTEMPTS = [1, 2, 3];

const STOPPED_SHARE = { return: 0.1, wait: 0.35, spin: 0.6 };

export function planTasks({ seed, tasks, journal, carefulShare }: PlanOptions): PlannedTask[] {
  const random = seededRandom(seed, 'plan');
  return Array.from({ length: tasks }, (_, number) => {
    const id = `chaos-${number}`;
    const functionName = pick(random);
    const { hasRecord } = CHAOS_FUNCTIONS[functionName];
    const does = deedOf(functionName, random);
    const delaySeconds = random() < 0.2 ? Math.floor(between(random, 1, 4)) : 0;
    const isStopped = random() < STOPPED_SHARE[does] && hasRecord;
    const isFlaky = functionName === 'flaky' || functionName === 'loose';
    const failsOn = isFlaky ? FLAKY_ATTEMPTS.filter(() => random() < 0.5) : [];
    const isFinal = random() < 0.1;
    const isFailed = isFinal && failsOn.length > 0 && hasRecord;
    return {
      id,
      functionName,
      payload: {
        ...{ id, does, failsOn, isFinal, journal },
        ms: Math.round(durationMs(does, isStopped, random)),
        padding: random() < 0.1 ? PADDING : '',
      },
      delaySeconds,
      isRepeated: random() < 0.1 && hasRecord,
      stop: isStopped ? stopOf(delaySeconds, random) : undefined,
      // One that fails is redriven while its destination may still have to be told of that.
      isRedriven: isStopped ? random() < 0.3 : isFailed && random() < 0.5,
      isCareful: random() < carefulShare && hasRecord,
    };
  });
}

/** Long enough for a kill where it is to be stopped, and sometimes too long for its time-out. */
function durationMs(does: PlannedTask['payload']['does'], isStopped: boolean, random: Random): number {
  if (does === 'spin' && isStopped) return between(random, 4000, 4900);
  if (does === 'spin' && random() < 0.1) return 7000;
  return between(random, 300, 2000);
}

function stopOf(delaySeconds: number, random: Random): PlannedTask['stop'] {
  return random() < 0.4
    ? { since: 'accepted', afterMs: between(random, 0, 2000 + delaySeconds * 1000) }
    : { since: 'running', afterMs: between(random, 0, 500) };
}

function pick(random: Random): ChaosFunctionName {
  let place = random() * 100;
  for (const name of CHAOS_FUNCTION_NAMES) {
    place -= CHAOS_FUNCTIONS[name].percent;
    if (place < 0) return name;
  }
  return 'quick';
}

function deedOf(functionName: ChaosFunctionName, random: Random): PlannedTask['payload']['does'] {
  if (functionName === 'busy') return 'spin';
  if (functionName === 'slow') return 'wait';
  // One that does not yield is killed, and takes its neighbours along.
  if (functionName === 'crowd') return random() < 0.2 ? 'spin' : 'wait';
  if (functionName === 'loose')
    return (['return', 'wait', 'wait', 'spin'] as const)[Math.floor(random() * 4)] ?? 'wait';
  return 'return';
}
