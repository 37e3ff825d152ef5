import { describe, expect, test } from 'vitest';
import {
  type AlarmNotice,
  alarmBody,
  parseAlarmNotice,
  plainBody,
} from '../../lambdas/domain/alarm-notice.ts';

const message = (overrides: object = {}) =>
  JSON.stringify({
    AlarmName: 'Stack-echo-backlog-medium',
    AlarmDescription: 'Tasks wait for a worker. Runbook: https://wiki/book#backlog',
    AWSAccountId: '123456789012',
    NewStateValue: 'ALARM',
    NewStateReason: 'Threshold Crossed: 1 datapoint [7.0] was >= 5.0 & <more>.',
    StateChangeTime: '2026-11-24T14:00:00.123+0000',
    Region: 'US East (N. Virginia)',
    AlarmArn: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:Stack-echo-backlog-medium',
    OldStateValue: 'OK',
    Trigger: { MetricName: 'ApproximateNumberOfMessagesVisible' },
    ...overrides,
  });

const notice = parseAlarmNotice(message()) as AlarmNotice;

describe('what CloudWatch publishes', () => {
  test('is read for people', () => {
    expect(notice).toEqual({
      alarm: 'Stack-echo-backlog-medium',
      severity: 'medium',
      state: 'ALARM',
      previousState: 'OK',
      meaning: 'Tasks wait for a worker.',
      reason: 'Threshold Crossed: 1 datapoint [7.0] was >= 5.0 & <more>.',
      time: '2026-11-24T14:00:00.123Z',
      region: 'us-east-1',
      accountId: '123456789012',
      causes: [],
      runbook: 'https://wiki/book#backlog',
      console:
        'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#alarmsV2:alarm/Stack-echo-backlog-medium',
    });
  });

  test('of an incident names what caused it', () => {
    const TriggeringChildren = [
      { Arn: 'arn:aws:cloudwatch:us-east-1:1:alarm:Stack-echo-expired-high', State: { Value: 'ALARM' } },
      { Arn: 'arn:aws:cloudwatch:us-east-1:1:alarm:Stack-echo-failure-rate-high' },
      'nonsense',
    ];
    expect(parseAlarmNotice(message({ TriggeringChildren }))?.causes).toEqual([
      'Stack-echo-expired-high',
      'Stack-echo-failure-rate-high',
    ]);
  });

  test.each([
    '',
    'nonsense',
    'null',
    '[]',
    '{}',
    '{"AlarmName":"x"}',
    '{"AlarmName":7,"NewStateValue":"OK"}',
  ])('%j is something else', (text) => {
    expect(parseAlarmNotice(text)).toBeUndefined();
  });

  test('is read without what an alarm of somebody else lacks', () => {
    const other = parseAlarmNotice('{"AlarmName":"cpu","NewStateValue":"OK"}') as AlarmNotice;
    expect(other).toMatchObject({
      alarm: 'cpu',
      severity: undefined,
      runbook: undefined,
      console: undefined,
    });
    for (const template of ['generic', 'dingtalk', 'slack'] as const) {
      expect(JSON.parse(alarmBody(template, other))).toBeTypeOf('object');
    }
  });
});

describe('a body', () => {
  const body = (template: Parameters<typeof alarmBody>[0], of = notice) =>
    JSON.parse(alarmBody(template, of));

  test('of the generic shape is type, time and data, as Standard Webhooks recommends', () => {
    const { time, ...data } = notice;
    expect(body('generic')).toEqual({ type: 'task-mode.alarm', timestamp: time, data });
  });

  test('of DingTalk is the Markdown of a robot, with its keyword', () => {
    expect(body('dingtalk')).toEqual({
      msgtype: 'markdown',
      markdown: {
        title: 'Task Mode: ALARM (medium) Stack-echo-backlog-medium',
        text: [
          '#### Task Mode: ALARM (medium) Stack-echo-backlog-medium',
          'Tasks wait for a worker.',
          'Threshold Crossed: 1 datapoint [7.0] was >= 5.0 & <more>.',
          '2026-11-24T14:00:00.123Z, us-east-1',
          `[CloudWatch](${notice.console}) · [Runbook](https://wiki/book#backlog)`,
        ].join('\n\n'),
      },
    });
  });

  test('of Slack has a text for notifications and blocks, and none of its characters of control', () => {
    const { text, blocks } = body('slack');
    expect(text).toBe('Task Mode: ALARM (medium) Stack-echo-backlog-medium');
    expect(blocks).toMatchObject([
      { type: 'header', text: { type: 'plain_text', text } },
      { type: 'section', text: { type: 'mrkdwn' } },
    ]);
    expect(blocks[1].text.text).toContain('was &gt;= 5.0 &amp; &lt;more&gt;.');
    expect(blocks[1].text.text).toContain('<https://wiki/book#backlog|Runbook>');
  });

  test('of an alarm that is over says so without severity, and of an incident what caused it', () => {
    const over = { ...notice, state: 'OK', causes: ['a', 'b'], runbook: 'docs/runbook.md' };
    const { title, text } = body('dingtalk', over).markdown;
    expect(title).toBe('Task Mode: OK Stack-echo-backlog-medium');
    expect(text).toContain('Alarms: a, b');
    expect(text).toContain('Runbook: docs/runbook.md');
    expect(text).not.toContain('Threshold');
  });

  test('of what somebody else published carries it as it is', () => {
    expect(JSON.parse(plainBody('generic', 'hello', 'now'))).toEqual({
      type: 'task-mode.message',
      timestamp: 'now',
      data: { text: 'hello' },
    });
    expect(JSON.parse(plainBody('dingtalk', 'hello', 'now'))).toEqual({
      msgtype: 'text',
      text: { content: 'Task Mode: hello' },
    });
    expect(JSON.parse(plainBody('slack', 'a < b', 'now'))).toEqual({ text: 'a &lt; b' });
  });
});
