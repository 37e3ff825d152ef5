import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../local/json.ts';
import type { CompositeAlarm, MetricAlarm } from '../../../local/monitoring/alarm.ts';
import { parseCompositeRule } from '../../../local/monitoring/composite-rule.ts';
import { parseQueries } from '../../../local/monitoring/metric-query.ts';
import { Monitoring } from '../../../local/monitoring/monitoring.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** The start of a minute. */
const START = 1_800_000_000_000 - (1_800_000_000_000 % MINUTE);
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:alarms';

let now: number;
let visible: number;
let asked: number;
let lines: string[];
let sent: { topicArn: string; subject: string; message: Record<string, unknown> }[];
let monitoring: Monitoring;

beforeEach(() => {
  now = START;
  visible = 0;
  asked = 0;
  lines = [];
  sent = [];
  monitoring = new Monitoring({
    region: 'us-east-1',
    accountId: '000000000000',
    log: (line) => lines.push(line),
    now: () => now,
    figuresOf: async () => {
      asked += 1;
      return { visible, notVisible: 0, delayed: 0, ageOfOldestSeconds: 0 };
    },
    publish: async (topicArn, subject, message) => {
      sent.push({ topicArn, subject, message: JSON.parse(message) });
    },
  });
});

function common(name: string, properties: JsonObject = {}) {
  return {
    name,
    arn: `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`,
    areActionsEnabled: true,
    actions: { OK: [TOPIC], ALARM: [TOPIC], INSUFFICIENT_DATA: [] },
    properties,
    deployedTime: START,
  };
}

function alarm(name: string, stat: JsonObject, rule: Partial<MetricAlarm['rule']> = {}): MetricAlarm {
  const Metric = { Namespace: 'Test', MetricName: 'm' };
  return {
    kind: 'metric',
    ...common(name, { MetricName: 'm', Namespace: 'Test', Statistic: String(stat.Stat ?? 'Sum') }),
    queries: parseQueries([{ Id: 'm1', MetricStat: { Metric, Period: 60, Stat: 'Sum', ...stat } }]),
    judgedId: 'm1',
    periodMs: MINUTE,
    rule: {
      comparison: 'GreaterThanOrEqualToThreshold',
      threshold: 5,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      missingData: 'notBreaching',
      ...rule,
    },
  };
}

const backlog = (rule: Partial<MetricAlarm['rule']> = {}) =>
  alarm(
    'backlog',
    {
      Metric: {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: 'q' }],
      },
      Stat: 'Maximum',
    },
    rule,
  );

function composite(name: string, source: string): CompositeAlarm {
  const rule = parseCompositeRule(source);
  if (!rule) throw new Error(source);
  return { kind: 'composite', ...common(name, { AlarmRule: source }), rule };
}

const record = (value: number, time = now) =>
  monitoring.store.record({ namespace: 'Test', name: 'm', dimensions: {} }, value, time);

/** Lets time go by with a look every five seconds, as the runtime does. */
async function passTime(milliseconds: number) {
  for (const end = now + milliseconds; now < end; ) {
    now += 5 * SECOND;
    await monitoring.look();
  }
}

function watch(...alarms: (MetricAlarm | CompositeAlarm)[]) {
  for (const each of alarms) monitoring.addAlarm(each);
  monitoring.alarms.check();
}

const stateOf = (name: string) => {
  const found = monitoring.alarms.find(name);
  return found && monitoring.alarms.standingOf(found).state;
};

describe('an alarm', () => {
  it('is raised at the next look at a backlog, not when its minute is over, and lowered after a minute without', async () => {
    watch(backlog());
    await passTime(2 * MINUTE);
    expect(stateOf('backlog')).toBe('OK');
    visible = 5;
    await passTime(5 * SECOND);
    expect(stateOf('backlog')).toBe('ALARM');
    visible = 0;
    await passTime(50 * SECOND);
    expect(stateOf('backlog')).toBe('ALARM');
    await passTime(75 * SECOND);
    expect(stateOf('backlog')).toBe('OK');
    expect(lines).toEqual([
      'task-mode | alarm backlog: OK -> ALARM, 5 (alarms when >= 5: ApproximateNumberOfMessagesVisible, maximum of 1 min)',
      expect.stringMatching(/^task-mode \| alarm backlog: ALARM -> OK after 2 min, 0 \(alarms when >= 5/),
    ]);
  });

  it('stays raised over the end of a minute', async () => {
    watch(backlog());
    visible = 9;
    await passTime(5 * MINUTE);
    expect(stateOf('backlog')).toBe('ALARM');
    expect(lines).toHaveLength(1);
  });

  it('of several periods is raised when so many breach, the running one included', async () => {
    watch(backlog({ evaluationPeriods: 3, datapointsToAlarm: 3 }));
    visible = 9;
    await passTime(115 * SECOND);
    expect(stateOf('backlog')).toBe('OK');
    await passTime(10 * SECOND);
    expect(stateOf('backlog')).toBe('ALARM');
  });

  it('of an average waits for the end of the minute, which may still bring it down', async () => {
    watch(alarm('average', { Stat: 'Average' }));
    await passTime(10 * SECOND);
    record(9);
    await passTime(20 * SECOND);
    expect(stateOf('average')).toBe('OK');
    await passTime(35 * SECOND);
    expect(stateOf('average')).toBe('ALARM');
  });

  it('of too little waits for the end of the minute', async () => {
    watch(alarm('few', {}, { comparison: 'LessThanThreshold', threshold: 1, missingData: 'breaching' }));
    for (let minute = 0; minute < 3; minute += 1) {
      await passTime(30 * SECOND);
      record(1);
      await passTime(30 * SECOND);
      expect(stateOf('few')).not.toBe('ALARM');
    }
    await passTime(4 * MINUTE);
    expect(stateOf('few')).toBe('ALARM');
  });

  it('does not take the time before the runtime for missing data, nor that in which the machine slept', async () => {
    const rule = { evaluationPeriods: 3, datapointsToAlarm: 3, missingData: 'breaching' } as const;
    watch(alarm('silent', {}, rule));
    await passTime(170 * SECOND);
    expect(stateOf('silent')).toBe('INSUFFICIENT_DATA');
    await passTime(20 * SECOND);
    expect(stateOf('silent')).toBe('ALARM');
    record(0);
    await passTime(2 * MINUTE);
    expect(stateOf('silent')).toBe('OK');
    now += 60 * MINUTE;
    await passTime(2 * MINUTE);
    expect(stateOf('silent')).toBe('OK');
    await passTime(3 * MINUTE);
    expect(stateOf('silent')).toBe('ALARM');
  });

  it('tells its topic in the shape of CloudWatch, and that it was first looked at nobody on the terminal', async () => {
    watch(backlog());
    await passTime(MINUTE);
    expect(lines).toEqual([]);
    visible = 7;
    await passTime(5 * SECOND);
    await monitoring.stop();
    expect(sent.map(({ subject }) => subject)).toEqual([
      'OK: "backlog" in US East (N. Virginia)',
      'ALARM: "backlog" in US East (N. Virginia)',
    ]);
    expect(sent[1]).toMatchObject({
      topicArn: TOPIC,
      message: {
        AlarmName: 'backlog',
        AWSAccountId: '000000000000',
        NewStateValue: 'ALARM',
        OldStateValue: 'OK',
        NewStateReason: expect.stringMatching(/^Threshold Crossed: 1 out of the last 1 datapoints \[7\.0 \(/),
        StateChangeTime: new Date(now).toISOString().replace('Z', '+0000'),
        AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:backlog',
        AlarmActions: [TOPIC],
        Trigger: {
          MetricName: 'm',
          Statistic: 'MAXIMUM',
          Period: 60,
          Threshold: 5,
          TreatMissingData: 'notBreaching',
        },
      },
    });
  });

  it('tells nobody while its actions are off, and says so of an action that is no topic', async () => {
    watch({ ...backlog(), name: 'off', areActionsEnabled: false });
    watch({
      ...backlog(),
      actions: { OK: [], ALARM: ['arn:aws:automate:us-east-1:ec2:reboot'], INSUFFICIENT_DATA: [] },
    });
    visible = 7;
    await passTime(5 * SECOND);
    await monitoring.stop();
    expect(sent).toEqual([]);
    expect(lines).toContain(
      'task-mode | alarm backlog: cannot tell arn:aws:automate:us-east-1:ec2:reboot: the local runtime tells only SNS topics',
    );
  });
});

describe('a composite alarm', () => {
  it('follows its alarms, and names those that raised it', async () => {
    const outer = composite('outer', 'ALARM(inner)');
    watch(outer, composite('inner', 'ALARM("backlog") OR ALARM("other")'), backlog(), alarm('other', {}));
    await passTime(MINUTE);
    expect([stateOf('inner'), stateOf('outer')]).toEqual(['OK', 'OK']);
    visible = 6;
    await passTime(5 * SECOND);
    await monitoring.stop();
    expect([stateOf('inner'), stateOf('outer')]).toEqual(['ALARM', 'ALARM']);
    expect(lines).toContain('task-mode | alarm inner: OK -> ALARM, for backlog');
    const told = sent.findLast(({ message }) => message.AlarmName === 'inner');
    expect(told?.message).toMatchObject({
      AlarmRule: 'ALARM("backlog") OR ALARM("other")',
      TriggeringChildren: [
        { Arn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:backlog', State: { Value: 'ALARM' } },
      ],
    });
    expect(told?.message).not.toHaveProperty('Trigger');
  });

  it('of an alarm that is not there, or of itself, is refused', () => {
    expect(() => watch(composite('outer', 'ALARM(gone)'))).toThrow(
      'the rule of alarm outer names gone: want alarms of this template',
    );
    monitoring.addAlarm(composite('a', 'ALARM(b)'));
    monitoring.addAlarm(composite('b', 'ALARM(a)'));
    monitoring.addAlarm(composite('outer', 'TRUE'));
    expect(() => monitoring.alarms.check()).toThrow(/the rule of alarm \w leads back to it/);
  });
});

it('looks at no queue that nobody watches, and at one that was asked for as long as a chart may stay open', async () => {
  await passTime(MINUTE);
  expect(asked).toBe(0);
  await monitoring.queues.ask('q');
  await passTime(15 * MINUTE);
  const askedInTime = asked;
  expect(askedInTime).toBeGreaterThan(100);
  await passTime(15 * MINUTE);
  expect(asked - askedInTime).toBeLessThan(3);
});

it('tells once of each function whose metrics cannot be read', () => {
  monitoring.takeLine('echo', '{"_aws":{}}');
  monitoring.takeLine('echo', '{"_aws":nonsense');
  monitoring.takeLine('wait', '{"_aws":{}}');
  expect(lines).toEqual([
    expect.stringMatching(
      /^task-mode \| metrics of echo are dropped, as CloudWatch would: _aws\.Timestamp is/,
    ),
    expect.stringMatching(/^task-mode \| metrics of wait/),
  ]);
});
