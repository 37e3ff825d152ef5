import { describe, expect, test } from 'vitest';
import type { TaskEventView, TaskView } from '../../bench/chaos/chaos-client.ts';
import type { ClientRecord } from '../../bench/chaos/drive-task.ts';
import { FAULTS } from '../../bench/chaos/fault-proxy.ts';
import type { CHAOS_FUNCTIONS } from '../../bench/chaos/functions.ts';
import { countedAttempts, handBacksIn, seriesOf } from '../../bench/chaos/history.ts';
import type { JournalLine } from '../../bench/chaos/journal.ts';
import { type MetricEvidence, metricLedgerOf } from '../../bench/chaos/metric-ledger.ts';
import { planTasks } from '../../bench/chaos/plan.ts';
import { runChaos } from '../../bench/chaos/run-chaos.ts';
import { statusWriteIn } from '../../bench/chaos/status-writes.ts';
import { verify } from '../../bench/chaos/verify-task.ts';
import type { Delivery } from '../../bench/chaos/webhook-receiver.ts';
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
  expect(ledger.accepted + ledger.invocations.accepted).toBe(60);
  expect(ledger.invocations.executed).toBeGreaterThan(0);
  expect(ledger.ends.told).toBe(ledger.ends.toTell);
  expect(ledger.ends.refusals['answered 503']).toBeGreaterThan(0);
  expect(ledger.runtimesKilled).toBe(1);
  expect(ledger.processesKilled).toBeGreaterThan(0);
  for (const fault of FAULTS) expect(ledger.faults[fault], fault).toBeGreaterThan(0);
  expect(ledger.executions.twice + ledger.executions.more).toBeGreaterThan(0);
}, 240_000);

/** A run that finds nothing proves nothing unless it would have found something. */
describe('the ledger', () => {
  const plans = planTasks({ seed: 1, tasks: 100, journal: '', carefulShare: 1 });
  const planOf = (name: keyof typeof CHAOS_FUNCTIONS) => {
    const plan = plans.find(({ functionName }) => functionName === name);
    if (!plan) throw new Error(`the plan has no task of ${name}`);
    return { ...plan, payload: { ...plan.payload, failsOn: [], isFinal: false } };
  };
  const plan = planOf('slow');
  const accepted: ClientRecord = {
    plan,
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
  const told = (changed: Partial<Delivery> = {}): Delivery => ({
    ...{ webhookId: 'id-1', functionName: 'quick', payloadId: plan.id, requestId: 'r-1', series: 1 },
    ...{ status: 'Succeeded', isTaken: true, time: 40 },
    ...changed,
  });
  const started = [['Enqueued', 0] as const, ['Processed', 10] as const, ['Running', 10] as const];
  const stopped = viewOf(...started, ['Stopping', 20], ['Stopped', 30]);
  const offencesOf = (
    view: TaskView | undefined,
    journal: readonly JournalLine[] = [],
    record: ClientRecord = accepted,
    deliveries: readonly Delivery[] = [],
  ) => verify({ record, view, journal, deliveries }).map(({ kind, text }) => `${kind}: ${text}`);

  test('has nothing against a task that went as it should', () => {
    const succeeded = viewOf(...started, ['Succeeded', 30]);
    expect(offencesOf(succeeded, [line('start', 11), line('end', 29)])).toEqual([]);
    expect(offencesOf(stopped, [line('start', 11), line('alive', 45)])).toEqual([]);
  });

  test('finds what is lost', () => {
    expect(offencesOf(undefined)).toEqual(['lost: was accepted, and is unknown']);
    expect(offencesOf(viewOf(...started))).toEqual(['lost: was accepted, and is still Running']);
  });

  test('finds an execution that began before another had ended', () => {
    const view = viewOf(...started, ['Retrying', 20, '{}'], ['Running', 25], ['Succeeded', 60]);
    const second = { ...line('start', 26), execution: 'e2' };
    const journal = [line('start', 11), line('alive', 30), second, line('end', 50)];
    expect(offencesOf(view, journal)).toEqual(['overlapping: ran twice at once for 24 ms']);
    expect(offencesOf(view, [line('start', 11), second, line('end', 26)])).toEqual([]);
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

  const handedBack = (handBacks: number) => JSON.stringify({ handBacks, firstTime: 1, cause: 'throttled' });

  test('unfolds runs that were handed back in a row', () => {
    const run = [['Processed', 0] as const, ['Running', 0] as const];
    const { events } = viewOf(
      ...[['Enqueued', 0] as const, ['Enqueued', 5, handedBack(3)] as const],
      ...[...run, ['Retrying', 6, '{}'] as const],
      ...[['Retrying', 7, handedBack(1)] as const, ['Running', 7] as const, ['Succeeded', 8] as const],
    );
    const [series = []] = seriesOf(events);
    expect(series.map(({ status }) => status)).toEqual([
      'Enqueued',
      ...['Processed', 'Running', 'Enqueued', 'Processed', 'Running', 'Enqueued'],
      ...['Processed', 'Running', 'Enqueued', 'Processed', 'Running', 'Retrying'],
      ...['Running', 'Retrying', 'Running', 'Succeeded'],
    ]);
    expect(series.map(({ eventId }) => eventId)).toEqual(series.map((_, index) => index + 1));
    expect([handBacksIn(series), countedAttempts(series)]).toEqual([4, 2]);
  });

  test('accepts as many executions as there were runs, those handed back included', () => {
    const view = viewOf(['Enqueued', 0], ['Enqueued', 20, handedBack(1)], ...started.slice(1), [
      'Succeeded',
      60,
    ]);
    const first = { ...line('start', 1), execution: 'e0' };
    const journal = [first, line('start', 30), line('end', 50)];
    expect(offencesOf(view, journal)).toEqual([]);
    const third = { ...line('start', 60), execution: 'e2' };
    expect(offencesOf(view, [...journal, third])).toEqual([
      'illegal: series 1 was executed 3 times in 2 runs',
    ]);
  });

  test('finds an end that the webhook did not take, took under two ids, or was told wrongly', () => {
    const record = { ...accepted, plan: planOf('quick') };
    const succeeded: TaskView = {
      ...viewOf(...started, ['Succeeded', 30]),
      returnPayload: JSON.stringify({ execution: 'e1', padding: record.plan.payload.padding }),
    };
    const offencesOfTold = (...deliveries: Delivery[]) =>
      offencesOf(succeeded, [line('start', 11), line('end', 29)], record, deliveries);
    expect(offencesOfTold(told({ isTaken: false }), told())).toEqual([]);
    const neverTold = 'never told: the webhook did not take that it ended Succeeded in series 1';
    expect(offencesOfTold()).toEqual([neverTold]);
    expect(offencesOfTold(told({ isTaken: false }))).toEqual([neverTold]);
    expect(offencesOfTold(told(), told({ webhookId: 'id-2' }))).toEqual([
      'illegal: the webhook was told Succeeded in series 1 under 2 ids',
    ]);
    expect(offencesOfTold(told(), told({ status: 'Failed' }))).toEqual([
      'illegal: the webhook was told that it ended Failed in series 1, which it did not',
    ]);
  });

  test('finds an invocation without a record that was neither executed to its end nor told as failed', () => {
    const record = { ...accepted, plan: planOf('loose') };
    const offencesOfInvocation = (journal: readonly JournalLine[], ...deliveries: Delivery[]) =>
      offencesOf(undefined, journal, record, deliveries);
    const failed = told({ status: 'Failed' });
    const neverTold = 'never told: the webhook took no end of it';
    const lost = 'lost: was neither executed to its end nor told as failed';
    expect(offencesOfInvocation([line('start', 1), line('end', 2)], told())).toEqual([]);
    expect(offencesOfInvocation([line('start', 1)], failed)).toEqual([]);
    expect(offencesOfInvocation([line('start', 1)])).toEqual([lost, neverTold]);
    expect(offencesOfInvocation([line('start', 1)], { ...failed, isTaken: false })).toEqual([
      lost,
      neverTold,
    ]);
    expect(offencesOfInvocation([line('start', 1), line('end', 2)])).toEqual([neverTold]);
    expect(offencesOfInvocation([line('end', 2)], told(), told({ webhookId: 'id-2' }))).toEqual([
      'illegal: the webhook was told Succeeded for request r-1 under 2 ids',
    ]);
    // Submitted twice by its client, it is two invocations.
    const again = told({ webhookId: 'id-2', requestId: 'r-2' });
    expect(offencesOfInvocation([line('end', 2)], told(), again)).toEqual([]);
  });
});

/** The metrics of one task that was started by process 1 and ended by process 2. */
describe('the ledger of the metrics', () => {
  const statuses = ['Enqueued', 'Processed', 'Running', 'Succeeded'] as const;
  const evidence: MetricEvidence = {
    histories: [statuses.map((status, index) => ({ eventId: index + 1, status, timestamp: index }))],
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

  test('has each run once that was handed back', () => {
    const events = [
      { eventId: 1, status: 'Enqueued', timestamp: 0 },
      {
        eventId: 2,
        status: 'Enqueued',
        timestamp: 2,
        eventDetail: '{"handBacks":2,"firstTime":1,"cause":""}',
      },
    ] as const;
    const handBack = { pid: 2, status: 'Enqueued' } as const;
    const counted = { pid: 2, counts: { Enqueued: 1, Processed: 1, Running: 1 } };
    const changed = {
      histories: [events],
      writes: [...evidence.writes.slice(0, 1), handBack, handBack],
      lines: [...(first ?? []), counted, counted],
    };
    expect(of(changed)).toEqual([0, 0]);
    expect(of({ ...changed, lines: [...(first ?? []), counted] })).toEqual([0, 1]);
  });

  test('reads the status that a write enters, also of one that rewrites the history', () => {
    const values = {
      ':new_writeId': { S: 'w' },
      ':new_status': { S: 'Retrying' },
      ':new_events': { L: [{ M: { status: { S: 'Enqueued' } } }] },
      ':Running': { S: 'Running' },
    };
    const body = JSON.stringify({ ExpressionAttributeValues: values });
    expect(statusWriteIn('UpdateItem', 'aws-sdk-js/3 app/pid-12', body)).toEqual({
      pid: 12,
      status: 'Retrying',
    });
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
