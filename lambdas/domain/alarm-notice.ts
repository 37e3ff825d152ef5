import { truncated } from './text.ts';

/** What CloudWatch says of an alarm that changed its state, as far as people want to know. */
export interface AlarmNotice {
  readonly alarm: string;
  /** The last word of the alarm's name. */
  readonly severity: string | undefined;
  readonly state: string;
  readonly previousState: string;
  /** What the alarm means when it is raised. */
  readonly meaning: string;
  readonly reason: string;
  /** ISO-8601, UTC. */
  readonly time: string;
  readonly region: string;
  readonly accountId: string;
  /** Of an incident: the alarms that make it one. */
  readonly causes: readonly string[];
  /** Where to read what to do. */
  readonly runbook: string | undefined;
  /** The alarm on AWS's own page. */
  readonly console: string | undefined;
}

/** The shapes in which webhooks can be told. */
export const ALARM_TEMPLATES = ['generic', 'dingtalk', 'slack'] as const;

export type AlarmTemplate = (typeof ALARM_TEMPLATES)[number];

const SEVERITY = /-(medium|high|critical)$/;

const RUNBOOK = /\s*Runbook: (.+)$/;

/** Reads what CloudWatch published to an alarm's topic; undefined when it is something else. */
export function parseAlarmNotice(text: string): AlarmNotice | undefined {
  const message = parsedObject(text);
  const textOf = (name: string): string => (typeof message[name] === 'string' ? message[name] : '');
  const alarm = textOf('AlarmName');
  if (alarm === '' || textOf('NewStateValue') === '') return undefined;
  const description = textOf('AlarmDescription');
  const arn = textOf('AlarmArn');
  const region = arn.split(':')[3] ?? '';
  return {
    alarm,
    severity: SEVERITY.exec(alarm)?.[1],
    state: textOf('NewStateValue'),
    previousState: textOf('OldStateValue'),
    meaning: description.replace(RUNBOOK, ''),
    reason: textOf('NewStateReason'),
    time: textOf('StateChangeTime').replace(/\+0000$/, 'Z'),
    region,
    accountId: textOf('AWSAccountId'),
    causes: causesOf(message.TriggeringChildren),
    runbook: RUNBOOK.exec(description)?.[1],
    console: region === '' ? undefined : consoleUrl(region, alarm),
  };
}

function parsedObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function causesOf(children: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(children) ? children : [];
  return list.flatMap((child) => {
    const arn = typeof child === 'object' && child !== null && 'Arn' in child ? String(child.Arn) : '';
    return arn === '' ? [] : [arn.replace(/^.*:alarm:/, '')];
  });
}

function consoleUrl(region: string, alarm: string): string {
  const home = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`;
  return `${home}#alarmsV2:alarm/${encodeURIComponent(alarm)}`;
}

/** Makes the JSON text that a webhook is told of an alarm. */
export function alarmBody(template: AlarmTemplate, notice: AlarmNotice): string {
  return JSON.stringify(BODIES[template](notice));
}

/** Makes the JSON text that a webhook is told of what somebody else published to the topic. */
export function plainBody(template: AlarmTemplate, text: string, time: string): string {
  const bodies: Record<AlarmTemplate, object> = {
    generic: { type: 'task-mode.message', timestamp: time, data: { text } },
    dingtalk: { msgtype: 'text', text: { content: `Task Mode: ${text}` } },
    slack: { text: escapedForSlack(text) },
  };
  return JSON.stringify(bodies[template]);
}

const BODIES: Readonly<Record<AlarmTemplate, (notice: AlarmNotice) => object>> = {
  /** The shape that Standard Webhooks recommends. */
  generic: ({ time, ...data }) => ({ type: 'task-mode.alarm', timestamp: time, data }),
  /** The robot of a group. Of the three ways to secure it, the keyword "Task Mode" fits. */
  dingtalk: (notice) => ({
    msgtype: 'markdown',
    markdown: {
      title: headline(notice),
      text: [`#### ${headline(notice)}`, ...linesOf(notice, (label, url) => `[${label}](${url})`)].join(
        '\n\n',
      ),
    },
  }),
  /** An incoming webhook. */
  slack: (notice) => ({
    text: escapedForSlack(headline(notice)),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: headline(notice).slice(0, 150) } },
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: linesOf(notice, (label, url) => `<${url}|${label}>`, escapedForSlack)
            .join('\n')
            .slice(0, 3000),
        },
      },
    ],
  }),
};

/**
 * Says why a receiver did not take what it answered with success. A robot of DingTalk answers 200 also to what it refuses,
 * such as a message without its keyword: `{"errcode":310000,"errmsg":"…"}`, and errcode 0 to what it takes.
 */
export function alarmRefusal(template: AlarmTemplate, answer: string): string | undefined {
  if (template !== 'dingtalk') return undefined;
  const { errcode, errmsg } = parsedObject(answer);
  return errcode === 0 || errcode === '0'
    ? undefined
    : truncated(`errcode ${String(errcode)}, ${String(errmsg)}`, 300);
}

function headline({ alarm, severity, state }: AlarmNotice): string {
  const loud = state === 'ALARM' && severity !== undefined ? ` (${severity})` : '';
  return `Task Mode: ${state}${loud} ${alarm}`;
}

/** What is worth a line, each without what is not known. */
function linesOf(
  { meaning, reason, causes, time, region, runbook, console }: AlarmNotice,
  link: (label: string, url: string) => string,
  escaped: (text: string) => string = (text) => text,
): string[] {
  const links = [
    console && link('CloudWatch', console),
    runbook && (/^https?:/.test(runbook) ? link('Runbook', runbook) : `Runbook: ${escaped(runbook)}`),
  ].filter(Boolean);
  return [
    escaped(meaning),
    causes.length > 0 ? `Alarms: ${escaped(causes.join(', '))}` : escaped(reason),
    escaped([time, region].filter(Boolean).join(', ')),
    links.join(' · '),
  ].filter((line) => line !== '');
}

/** Slack's three characters of control. */
function escapedForSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
