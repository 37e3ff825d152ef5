import { describe, expect, test } from 'vitest';
import type { TaskEventView, TaskView } from '../../bench/chaos/chaos-client.ts';
import type { ClientRecord } from '../../bench/chaos/drive-task.ts';
import { FAULTS } from '../../bench/chaos/fault-proxy.ts';
import type { JournalLine } from '../../bench/chaos/journal.ts';
import { type MetricEvidence, metricLedgerOf } from '../../bench/chaos/metric-ledger.ts';
import { planTasks } from '../../bench/chaos/plan.ts';
import { runChaos } from '../../bench/chaos/run-chaos.ts';
import { countedAttempts, verifyTask } from '../../bench/chaos/verify-task.ts';
import { TASK_STATUSES, type TaskStatus } from '../../lambdas/domain/lifecycle.ts';

test('60 tasks end as they may, whatever fails under them', async () => {
  const { ledger } = await runChaos({
    tasks: 60,
    seed: 7,
    connections: 10,
    faultRate: 0.03,
    killEveryMs: 1000,
    restarts: 1,
    carefulShare: 1,
    endWithinMs: 150_000,
    drainMs: 0,
    note: () => undefined,
  });
  expect(ledger.offences).toEqual([]);
  const { statuses, killedBeforeLine, neverAnswered, offences } = ledger.metrics;
  expect(offences).toEqual([]);
  // A start counts with the end of its run.
  const moves = TASK_STATUSES.filter((status) => status !== 'Processed' && status !== 'Running');
  const missing = moves.map((status) => statuses[status].events - statuses[status].counted);
  expect(missing.every((number) => number >= 0)).toBe(true);
  expect(missing.reduce((sum, number) => sum + number, 0)).toBe(killedBeforeLine + neverAnswered);
  expect(statuses.Succeeded.counted).toBeGreaterThan(0);
  expect(ledger.accepted).toBe(60);
  expect(ledger.runtimesKilled).toBe(1);
  expect(ledger.processesKilled).toBeGreaterThan(0);
  for (const fault of FAULTS) expect(ledger.faults[fault], fault).toBeGreaterThan(0);
  expect(ledger.executions.twice + ledger.executions.more).toBeGreaterThan(0);
}, 240_000);

/** A run that finds nothing proves nothing unless it would have found something. */
describe('the ledger', () => {
  const [plan] = planTasks({ seed: 1, tasks: 1, journal: '', carefulShare: 1 });
  if (!plan) throw new Error('there is a plan for one task');
  const accepted: ClientRecord = {
    plan: { ...plan, payload: { ...plan.payload, failsOn: [], isFinal: false } },
    isAccepted: true,
    isStopped: false,
    isRedriven: false,
    surprises: [],
  };

  const viewOf = (...events: (readonly [TaskStatus, number, string?])[]): TaskView => ({
    status: events.at(-1)?.[0] ?? 'Enqueued',
    alreadyRetriedTimes: 0,
    returnPayload: JSON.stringify({ execution: 'e1', padding: plan.payload.padding }),
    events: events.map(
      ([status, timestamp, eventDetail], index): TaskEventView => ({
        eventId: index + 1,
        status,
        timestamp,
        ...(eventDetail !== undefined && { eventDetail }),
      }),
    ),
  });
  const line = (what: JournalLine['what'], time: number): JournalLine => ({
    ...{ taskId: plan.id, series: 1, attempt: 1, pid: 1, execution: 'e1' },
    what,
    time,
  });
  const started = [['Enqueued', 0] as const, ['Processed', 10] as const, ['Running', 10] as const];
  const stopped = viewOf(...started, ['Stopping', 20], ['Stopped', 30]);
  const offencesOf = (
    view: TaskView | undefined,
    journal: readonly JournalLine[] = [],
    record: ClientRecord = accepted,
  ) => verifyTask({ record, view, journal }).map(({ kind, text }) => `${kind}: ${text}`);

  test('has nothing against a task that went as it should', () => {
    const succeeded = viewOf(...started, ['Succeeded', 30]);
    expect(offencesOf(succeeded, [line('start', 11), line('end', 29)])).toEqual([]);
    expect(offencesOf(stopped, [line('start', 11), line('alive', 45)])).toEqual([]);
  });

  test('finds what is lost', () => {
    expect(offencesOf(undefined)).toEqual(['lost: was accepted, and is unknown']);
    expect(offencesOf(viewOf(...started))).toEqual(['lost: was accepted, and is still Running']);
  });

  test('finds code that ran after Stopped', () => {
    expect(offencesOf(stopped, [line('start', 11), line('alive', 130)])).toEqual([
      'ran after stop: ran on for 100 ms after Stopped',
    ]);
  });

  test.each<[string, TaskView, readonly JournalLine[], Partial<ClientRecord>]>([
    ['went from Succeeded to Stopped', viewOf(...started, ['Succeeded', 30], ['Stopped', 40]), [], {}],
    ['went from Enqueued to Retrying', viewOf(['Enqueued', 0], ['Retrying', 1]), [], {}],
    ['succeeded by execution e1, which did not end', viewOf(...started, ['Succeeded', 30]), [], {}],
    [
      'series 1 was executed 2 times in 1 runs',
      viewOf(...started, ['Succeeded', 30]),
      [line('start', 11), line('start', 12), line('end', 13)],
      {},
    ],
    [
      'its stop was answered 204, and its first series ended Succeeded',
      viewOf(...started, ['Succeeded', 30]),
      [line('end', 13)],
      { isStopped: true },
    ],
    ['failed after 1 of 9 attempts', viewOf(...started, ['Failed', 30, '{}']), [], {}],
    ['has 2 series', viewOf(['Enqueued', 0], ['Stopped', 1], ['Enqueued', 2], ['Stopped', 3]), [], {}],
    [
      'submit was answered 202',
      viewOf(['Enqueued', 0], ['Stopped', 1]),
      [],
      { surprises: ['submit was answered 202'] },
    ],
  ])('finds that a task %s', (text, view, journal, record) => {
    expect(offencesOf(view, journal, { ...accepted, ...record })).toContain(`illegal: ${text}`);
  });

  test('does not count an attempt that was handed back', () => {
    const run = [['Processed', 0] as const, ['Running', 0] as const];
    const { events } = viewOf(
      ...[['Enqueued', 0] as const, ...run, ['Enqueued', 1] as const],
      ...[...run, ['Retrying', 2, '{}'] as const],
      ...[...run, ['Retrying', 3] as const],
      ...[...run, ['Succeeded', 4] as const],
    );
    expect(countedAttempts(events)).toBe(2);
  });
});

/** The metrics of one task that was started by process 1 and ended by process 2. */
describe('the ledger of the metrics', () => {
  const statuses = ['Enqueued', 'Processed', 'Running', 'Succeeded'] as const;
  const evidence: MetricEvidence = {
    events: statuses.map((status, index) => ({ eventId: index + 1, status, timestamp: index })),
    writes: [
      { pid: 1, status: 'Enqueued' },
      { pid: 2, status: 'Succeeded' },
    ],
    lines: [
      { pid: 1, counts: { Enqueued: 1 } },
      { pid: 2, counts: { Processed: 1, Running: 1, Succeeded: 1 } },
    ],
    killed: new Set(),
  };
  const [first] = evidence.lines.map((line) => [line]);
  const of = (changed: Partial<MetricEvidence>) => {
    const { killedBeforeLine, neverAnswered, offences } = metricLedgerOf({ ...evidence, ...changed });
    return [killedBeforeLine, neverAnswered, ...offences];
  };

  test('has each event once', () => {
    expect(of({})).toEqual([0, 0]);
    expect(metricLedgerOf(evidence).statuses.Running).toEqual({ events: 1, counted: 1 });
  });

  test('says why one is missing', () => {
    expect(of({ lines: first ?? [], killed: new Set([2]) })).toEqual([1, 0]);
    expect(of({ lines: first ?? [], killed: new Set([1]) })).toEqual([0, 1]);
  });

  test.each<[string, Partial<MetricEvidence>]>([
    ['Enqueued: process 1 counted 1 more than it wrote', { lines: [...evidence.lines, ...(first ?? [])] }],
    [
      'Stopped: process 2 counted 1 more than it wrote',
      { lines: [...evidence.lines, { pid: 2, counts: { Stopped: 1 } }] },
    ],
    ['Succeeded: 1 events in the histories, 0 writes', { writes: evidence.writes.slice(0, 1) }],
    [
      'Running: 1 of 1 are not counted',
      { lines: [...(first ?? []), { pid: 2, counts: { Processed: 1, Succeeded: 1 } }] },
    ],
    ['Running: -1 of 1 are not counted', { lines: [...evidence.lines, { pid: 2, counts: { Running: 1 } }] }],
  ])('finds %s', (offence, changed) => {
    expect(of(changed)).toContain(offence);
  });
});
