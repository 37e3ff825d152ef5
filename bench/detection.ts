/**
 * Plays how long it takes until a run whose process died is found, in simulated time: `npm run bench:detection -- --seed 7`.
 * Starts, heartbeats, the sweep and returning messages are the product's own use cases and adapters, over tables and queues in
 * memory. Exit code 1 if a median or a 99th percentile is more than 10 % above the one that was calculated from the design.
 */
import { parseArgs } from 'node:util';
import {
  LAMBDA_TIMEOUT_MAX_SECONDS,
  STOP_GRACE_SECONDS_RANGE,
  TASK_TIMEOUT_DEFAULT_SECONDS,
  TIMEOUT_MARGIN_SECONDS,
} from '../lambdas/domain/limits.ts';
import { percentile } from './load.ts';
import { type Crashes, playCrashes } from './simulation/dead-runs.ts';
import { taskTableDescription } from './simulation/task-table.ts';

/** The default function: its Lambda time-out is short, so it has no heartbeats. */
const DEFAULT = {
  name: 'default function',
  lambdaTimeoutSeconds:
    TASK_TIMEOUT_DEFAULT_SECONDS + STOP_GRACE_SECONDS_RANGE.default + TIMEOUT_MARGIN_SECONDS,
};
const LONG = { name: '15-minute function', lambdaTimeoutSeconds: LAMBDA_TIMEOUT_MAX_SECONDS };

interface Scenario
  extends Pick<Crashes, 'name' | 'lambdaTimeoutSeconds' | 'ageSeconds' | 'sweepDownSeconds'> {
  /** Calculated from the design: the lease, the margin of 5 s, the sweep's minute, and the visibility time-out. */
  readonly expected: { readonly p50: number; readonly p99: number };
}

const EARLY = { min: 1, max: 9 };
const SCENARIOS: readonly Scenario[] = [
  { ...DEFAULT, ageSeconds: EARLY, sweepDownSeconds: 0, expected: { p50: 102, p99: 128 } },
  { ...DEFAULT, ageSeconds: { min: 12, max: 60 }, sweepDownSeconds: 0, expected: { p50: 71, p99: 115 } },
  { ...DEFAULT, ageSeconds: { min: 1, max: 60 }, sweepDownSeconds: 0, expected: { p50: 76, p99: 125 } },
  { ...DEFAULT, ageSeconds: { min: 1, max: 60 }, sweepDownSeconds: 600, expected: { p50: 100, p99: 129 } },
  { ...LONG, ageSeconds: EARLY, sweepDownSeconds: 0, expected: { p50: 92, p99: 123 } },
  { ...LONG, ageSeconds: { min: 60, max: 880 }, sweepDownSeconds: 0, expected: { p50: 86, p99: 122 } },
  { ...LONG, ageSeconds: { min: 60, max: 880 }, sweepDownSeconds: 600, expected: { p50: 490, p99: 660 } },
];

const MAX_EXCESS = 1.1;

/** Each play has its own phase of the sweep. */
const PLAYS = 20;

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '7' }, tasks: { type: 'string', default: '50' } },
});
const [seed, tasks] = [Number(values.seed), Number(values.tasks)];
if (!Number.isInteger(seed) || !Number.isInteger(tasks) || tasks < 1) {
  console.error(`--seed and --tasks are "${values.seed}" and "${values.tasks}": want whole numbers`);
  process.exit(2);
}
const taskTable = taskTableDescription();

console.log(
  `\nSeconds from the death of a process to its task being Retrying, ${PLAYS * tasks} runs each, seed ${seed}\n`,
);
console.log(
  '| function | dies after | sweep is down for | p50, p99 | calculated |\n| --- | --- | --- | ---: | ---: |',
);
const offences: string[] = [];
for (const scenario of SCENARIOS) {
  const { name, ageSeconds, sweepDownSeconds, expected } = scenario;
  const { min, max } = ageSeconds;
  const seconds: number[] = [];
  for (let play = 0; play < PLAYS; play += 1) {
    const playName = `${name} ${min}-${max} ${sweepDownSeconds} ${play}`;
    seconds.push(...(await playCrashes({ ...scenario, name: playName, seed, taskTable, tasks })));
  }
  const found = { p50: percentile(seconds, 50), p99: percentile(seconds, 99) };
  const cells = [
    name,
    `${min} to ${max} s`,
    sweepDownSeconds > 0 ? `${sweepDownSeconds / 60} minutes` : '',
    `${found.p50.toFixed(0)}, ${found.p99.toFixed(0)}`,
    `${expected.p50}, ${expected.p99}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
  for (const measure of ['p50', 'p99'] as const) {
    if (found[measure] > expected[measure] * MAX_EXCESS)
      offences.push(
        `${cells.slice(0, 3).join(', ')}: ${measure} ${found[measure]} s, want ${expected[measure]} s`,
      );
  }
}
for (const offence of offences) console.error(offence);
process.exitCode = offences.length > 0 ? 1 : 0;
