/**
 * Breaks the local runtime while it works, and holds what became of the tasks against what was promised:
 * `npm run chaos -- --tasks 5000 --seed 7`. Exit code 1 when a task is lost, took a path that it may not take, ran
 * after it was Stopped or twice at once, has an end that its destination was never told of, or is counted otherwise in the
 * metrics than it happened.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ledgerText } from './chaos/ledger.ts';
import { type ChaosOptions, runChaos } from './chaos/run-chaos.ts';
import type { Evidence, Offence } from './chaos/verify-task.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    connections: { type: 'string', default: '10' },
    faults: { type: 'string', default: '0.03' },
    restarts: { type: 'string', default: '3' },
    'kill-every-ms': { type: 'string', default: '1500' },
  },
});

function numberOf(name: keyof typeof values, min: number, max: number): number {
  const number = Number(values[name]);
  if (number >= min && number <= max) return number;
  console.error(`--${name} is "${values[name]}": want a number from ${min} to ${max}`);
  process.exit(2);
}

/** How many offences are shown with all that is known of their tasks. */
const TOLD_IN_FULL = 20;

function told({ kind, taskId, text }: Offence, evidence: readonly Evidence[]): string {
  const found = evidence.find(({ record }) => record.plan.id === taskId);
  const lines = [
    ...(found?.view?.events ?? []).map(
      ({ timestamp, status, eventDetail = '' }) => [timestamp, `${status} ${eventDetail}`] as const,
    ),
    ...(found?.journal ?? []).map(
      ({ time, series, attempt, pid, what }) =>
        [time, `  ${what}, attempt ${attempt} of series ${series}, process ${pid}`] as const,
    ),
    ...(found?.deliveries ?? []).map(
      ({ time, status, isTaken, webhookId }) =>
        [time, `  ${isTaken ? 'told' : 'not taken:'} ${status} as ${webhookId}`] as const,
    ),
  ].sort(([a], [b]) => a - b);
  const name = `${found?.record.plan.functionName}/${taskId}`;
  return [`${kind}: ${name} ${text}`, ...lines.map(([time, line]) => `  ${time} ${line}`)].join('\n');
}

const options: ChaosOptions = {
  tasks: numberOf('tasks', 1, 1_000_000),
  seed: numberOf('seed', 0, 2 ** 32 - 1),
  connections: numberOf('connections', 1, 200),
  // Five kinds share the probability: above this, nothing would get through.
  faultRate: numberOf('faults', 0, 0.15),
  restarts: numberOf('restarts', 0, 100),
  killEveryMs: numberOf('kill-every-ms', 0, 3_600_000),
  carefulShare: 0.5,
  // An orphan in a queue that is never empty is sent again after 10 minutes.
  endWithinMs: 15 * 60_000,
  drainMs: 30_000,
  note: (text) => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`),
};
const repeat = `--tasks ${options.tasks} --seed ${options.seed} --connections ${options.connections} --faults ${options.faultRate} --restarts ${options.restarts} --kill-every-ms ${options.killEveryMs}`;
console.log(`chaos ${repeat}`);
const { ledger, evidence, folder } = await runChaos(options);
console.log(`\n${ledgerText(ledger)}\n\n${ledger.seconds.toFixed(0)} s; again: npm run chaos -- ${repeat}`);
for (const offence of ledger.metrics.offences) {
  console.log(`miscounted: ${offence}`);
  process.exitCode = 1;
}
if (ledger.offences.length > 0) {
  for (const offence of ledger.offences.slice(0, TOLD_IN_FULL)) console.log(`\n${told(offence, evidence)}`);
  console.log(`\n${ledger.offences.length} offences; journal and log of the runtime are in ${folder}`);
  process.exitCode = 1;
}
