import { afterEach, describe, expect, it } from 'vitest';
import { RateSchedule } from '../../local/event-sources/rate-schedule.ts';
import { type LocalRuntime, startLocalRuntime } from '../../local/runtime.ts';
import { functionResource, type Resources, temporaryFolder, writeAssembly } from './fixtures/assembly.ts';

const runtimes: LocalRuntime[] = [];
afterEach(async () => {
  await Promise.all(runtimes.splice(0).map((runtime) => runtime.stop()));
});

async function start(resources: Resources) {
  const lines: string[] = [];
  const handlers = { fn: 'export const handler = async (event) => console.log(JSON.stringify(event));' };
  const runtime = await startLocalRuntime({
    assemblyDir: await writeAssembly({ resources, handlers }),
    port: 0,
    dataDir: await temporaryFolder(),
    log: (line) => lines.push(line),
  });
  runtimes.push(runtime);
  return { runtime, lines };
}

const rule = (properties: object, target: object = {}) => ({
  Fn: functionResource('fn'),
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [{ Arn: { 'Fn::GetAtt': ['Fn', 'Arn'] }, Id: 'Target0', ...target }],
      ...properties,
    },
  },
});

describe('a rule with a rate', () => {
  it("invokes its function shortly after the start, with a scheduled event in EventBridge's shape", async () => {
    const { lines } = await start(rule({}));
    await expect
      .poll(() => lines.filter((line) => line.startsWith('Fn | ')), { timeout: 15_000 })
      .toHaveLength(1);
    expect(JSON.parse(lines.find((line) => line.startsWith('Fn | '))?.slice(5) ?? '')).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '000000000000',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'us-east-1',
      resources: ['arn:aws:events:us-east-1:000000000000:rule/Test-Rule'],
      detail: {},
    });
  });

  it.each<[string, Resources, string]>([
    [
      'cron',
      rule({ ScheduleExpression: 'cron(0 12 * * ? *)' }),
      'Rule.ScheduleExpression is "cron(0 12 * * ? *)"',
    ],
    [
      'a rate of nothing',
      rule({ ScheduleExpression: 'rate(0 minutes)' }),
      'want a rate such as "rate(1 minute)"',
    ],
    ['a pattern beside it', rule({ EventPattern: { source: ['aws.s3'] } }), 'Rule.EventPattern is'],
    [
      'a target that is no function of the template',
      rule({}, { Arn: 'arn:aws:sqs:x:y:z' }),
      'Rule.Targets is',
    ],
    ['an input of its own', rule({}, { Input: '{}' }), 'want targets without Input'],
  ])('is refused with %s', async (_, resources, message) => {
    await expect(start(resources)).rejects.toThrow(message);
  });
});

describe('a schedule', () => {
  const scheduleOf = (invoke: () => Promise<void>, intervalMs: number) =>
    new RateSchedule({
      ruleArn: 'arn:aws:events:us-east-1:000000000000:rule/r',
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
      firstRunMs: 1,
      intervalMs,
      region: 'us-east-1',
      accountId: '000000000000',
      lambda: { invoke: async () => ({ payload: await invoke() }) },
      log: () => undefined,
    });

  it('never overlaps itself, and comes no more once it is stopped', async () => {
    let running = 0;
    let runs = 0;
    let ticks = 0;
    const schedule = scheduleOf(async () => {
      running += 1;
      expect(running).toBe(1);
      // Longer than the interval: an overlapping run would have begun by then.
      const end = ticks + 3;
      await expect.poll(() => ticks, { interval: 1 }).toBeGreaterThan(end);
      running -= 1;
      runs += 1;
    }, 10);
    const clock = scheduleOf(async () => {
      ticks += 1;
    }, 10);
    schedule.start();
    clock.start();
    await expect.poll(() => runs).toBeGreaterThan(3);
    schedule.stop();
    await expect.poll(() => running).toBe(0);
    const [runsBefore, ticksBefore] = [runs, ticks];
    await expect.poll(() => ticks).toBeGreaterThan(ticksBefore + 5);
    expect(runs).toBe(runsBefore);
    clock.stop();
  });
});
