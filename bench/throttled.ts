/**
 * Plays tasks of an existing function that throttles, in simulated time: `npm run bench:throttled -- --seed 3`. Workers are the
 * product's own use cases and adapters, over tables, queues and a target in memory. Each line is shown by the first rule (a wait
 * of 5 s each time, every run kept in the history) and as it is now. Exit code 1 if a backlog takes more than 1.3 times its
 * ideal time, or a task is handed back more than 160 times a day.
 */
import { parseArgs } from 'node:util';
import { taskTableDescription } from './simulation/task-table.ts';
import {
  type Backlog,
  playBacklog,
  playDay,
  type Rule,
  TARGET,
  WORKERS,
} from './simulation/throttled-target.ts';

const LIMITS = { multiple: 1.3, handBacksOfDay: 160 } as const;

/** The first rule has no jitter: one task is as good as many. */
const DAY_TASKS: Readonly<Record<Rule, number>> = { before: 1, after: 100 };

interface BacklogRow {
  readonly tasks: number;
  readonly rule: Rule;
  /** The last tasks of a backlog take by chance up to a quarter of its time: of a small one, the mean of several counts. */
  readonly plays: number;
}

/** By the first rule, 10,000 tasks are two million hand-backs: too many to play. */
const BACKLOGS: readonly BacklogRow[] = [
  { tasks: 1000, rule: 'before', plays: 1 },
  { tasks: 1000, rule: 'after', plays: 8 },
  { tasks: 10_000, rule: 'after', plays: 1 },
];

const { values } = parseArgs({ options: { seed: { type: 'string', default: '3' } } });
const seed = Number(values.seed);
if (!Number.isInteger(seed)) {
  console.error(`--seed is "${values.seed}": want a whole number`);
  process.exit(2);
}
const taskTable = taskTableDescription();
const offences: string[] = [];
const whole = (number: number) => Math.round(number).toLocaleString('en-US');

console.log(`\nA task whose target is throttled for a day, seed ${seed}\n`);
console.log('| per task and day | before | after |\n| --- | ---: | ---: |');
const [before, after] = [
  await playDay({ seed, taskTable, rule: 'before' }, DAY_TASKS.before),
  await playDay({ seed, taskTable, rule: 'after' }, DAY_TASKS.after),
];
for (const [measure, one, other] of [
  ['hand-backs', whole(before.handBacks), whole(after.handBacks)],
  ['worker invocations', whole(before.invocations), whole(after.invocations)],
  ['writes of its row', whole(before.writes), whole(after.writes)],
  ['write units', whole(before.writeUnits), whole(after.writeUnits)],
  ['SQS requests', whole(before.queueRequests), whole(after.queueRequests)],
  [
    'events in its row, and the size of the row',
    ...[before, after].map(({ events, rowBytes }) => `${events}, ${whole(rowBytes)} bytes`),
  ],
  ['price of 1,000 such tasks', ...[before, after].map(({ dollars }) => `$${(dollars * 1000).toFixed(2)}`)],
])
  console.log(`| ${measure} | ${one} | ${other} |`);
if (after.handBacks > LIMITS.handBacksOfDay)
  offences.push(`${after.handBacks} hand-backs a day: want ${LIMITS.handBacksOfDay} at most`);

console.log(
  `\nA backlog for a target that takes ${TARGET.concurrency} tasks of ${TARGET.workMs / 1000} s at once, ${WORKERS} workers\n`,
);
console.log(
  '| tasks | rule | drained after | of the ideal time | hand-backs per task | price of all hand-backs |',
);
console.log('| ---: | --- | ---: | ---: | ---: | ---: |');
for (const { tasks, rule, plays } of BACKLOGS) {
  const { seconds, multiple, handBacks, dollars } = await meanOfPlays(tasks, rule, plays);
  const cells = [whole(tasks), rule, `${whole(seconds)} s`, multiple.toFixed(2), handBacks.toFixed(1)];
  console.log(`| ${cells.join(' | ')} | $${(dollars * tasks).toFixed(2)} |`);
  if (rule === 'after' && multiple > LIMITS.multiple)
    offences.push(
      `a backlog of ${tasks} took ${multiple.toFixed(2)} of its ideal time: want ${LIMITS.multiple} at most`,
    );
}
for (const offence of offences) console.error(offence);
process.exitCode = offences.length > 0 ? 1 : 0;

async function meanOfPlays(tasks: number, rule: Rule, plays: number) {
  const backlogs: Backlog[] = [];
  for (let play = 0; play < plays; play += 1) {
    backlogs.push(await playBacklog({ seed: seed + play, rule, taskTable }, tasks));
  }
  const mean = (name: keyof Backlog) => backlogs.reduce((sum, each) => sum + each[name], 0) / plays;
  return {
    seconds: mean('seconds'),
    multiple: mean('multiple'),
    handBacks: mean('handBacks'),
    dollars: mean('dollars'),
  };
}
