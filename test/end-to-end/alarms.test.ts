import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Webhook } from 'standardwebhooks';
import { afterAll, describe, expect, test } from 'vitest';
import { synthesize } from '../../local/assembly/synthesize.ts';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import { bodyOf, type Hook, serve } from '../aws/receivers.ts';
import { startExample, temporaryFolder } from './runtime.ts';

/** What each receiver got, by the last part of its path, and when. */
const received: Record<string, (Hook & { readonly time: number })[]> = {
  generic: [],
  dingtalk: [],
  slack: [],
};
/** How often the receiver of Slack's shape is out of order before it is not. */
const slackFaults = { left: 1 };
const hookUrl = await serve(async (request, response) => {
  const name = request.url?.split('/').at(-1) ?? '';
  const hook = { headers: request.headers, body: await bodyOf(request), time: Date.now() };
  if (name === 'slack' && slackFaults.left > 0) {
    slackFaults.left -= 1;
    response.writeHead(503).end();
    return;
  }
  received[name]?.push(hook);
  // As a robot of DingTalk answers what it takes.
  response.writeHead(200).end(name === 'dingtalk' ? '{"errcode":0,"errmsg":"ok"}' : '');
});

const assemblyDir = temporaryFolder('assembly');
process.env.HOOK_URL = hookUrl;
await synthesize({
  appDir: resolve('test/end-to-end/alarms-app'),
  outDir: assemblyDir,
  region: 'us-east-1',
  accountId: '000000000000',
  context: { 'task-mode:allow-local-webhooks': 'true' },
  log: () => undefined,
  verbose: false,
});
const { api, runtime, lines } = await startExample({ assemblyDir });

const common = { region: 'us-east-1', credentials: CREDENTIALS };
const cloudWatch = new CloudWatchClient({ ...common, endpoint: runtime.endpoints.cloudWatch });
const secretsManager = new SecretsManagerClient({ ...common, endpoint: runtime.endpoints.secretsManager });
afterAll(() => {
  cloudWatch.destroy();
  secretsManager.destroy();
});

const alarms = async (prefix: string) => {
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: prefix }));
  return Object.fromEntries(MetricAlarms.map(({ AlarmName = '', StateValue }) => [AlarmName, StateValue]));
};

async function signingSecret(): Promise<string> {
  const { Resources } = JSON.parse(readFileSync(join(assemblyDir, 'Alarms.template.json'), 'utf-8'));
  const id = Object.keys(Resources).find((each) => each.startsWith('TaskModeAlarmsChannelsSecret')) ?? '';
  const { SecretString = '' } = await secretsManager.send(
    new GetSecretValueCommand({ SecretId: runtime.ref(id) }),
  );
  return SecretString;
}

/** Of a receiver, what it was told of the backlog of `wait`: its bodies. */
const toldOf = (name: string) =>
  (received[name] ?? []).filter(({ body }) => body.includes('Alarms-wait-backlog-medium'));

const ALARM = 'Alarms-wait-backlog-medium';

describe('a flood of tasks beyond what may run', () => {
  test('raises the alarm of the backlog, tells every webhook in its shape, and ends it after the drain', async () => {
    const ids = await Promise.all(
      Array.from({ length: 10 }, () => api.accepted('wait', { payload: { seconds: 20 } })),
    );
    const breachTime = Date.now();
    await expect.poll(() => alarms(ALARM), { timeout: 20_000 }).toEqual({ [ALARM]: 'ALARM' });
    for (const name of ['generic', 'dingtalk']) {
      await expect.poll(() => toldOf(name).length, { timeout: 15_000 }).toBeGreaterThan(0);
    }
    const [generic] = toldOf('generic').filter(({ body }) => body.includes('"ALARM"'));
    const toldAfterMs = (generic?.time ?? 0) - breachTime;
    process.stdout.write(`From the breach to the webhook: ${(toldAfterMs / 1000).toFixed(1)} s\n`);
    expect(toldAfterMs).toBeLessThan(15_000);

    const headers = generic?.headers as Record<string, string>;
    expect(new Webhook(await signingSecret()).verify(generic?.body ?? '', headers)).toEqual({
      type: 'task-mode.alarm',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: {
        alarm: ALARM,
        severity: 'medium',
        state: 'ALARM',
        previousState: expect.stringMatching(/^(OK|INSUFFICIENT_DATA)$/),
        meaning: 'Tasks wait for a worker.',
        reason: expect.stringMatching(/^Threshold Crossed: 1 out of the last 1 datapoints \[\d\.0 /),
        region: 'us-east-1',
        accountId: '000000000000',
        causes: [],
        runbook: 'https://wiki.example.com/runbook#backlog',
        console: expect.stringContaining(`#alarmsV2:alarm/${ALARM}`),
      },
    });
    const dingtalk = toldOf('dingtalk').map(({ body }) => JSON.parse(body));
    expect(dingtalk).toContainEqual({
      msgtype: 'markdown',
      markdown: {
        title: `Task Mode: ALARM (medium) ${ALARM}`,
        text: expect.stringMatching(
          /^#### Task Mode: ALARM[\s\S]*Tasks wait for a worker\.[\s\S]*\[Runbook\]\(https:\/\/wiki/,
        ),
      },
    });
    expect(lines.join('\n')).toMatch(
      /task-mode \| alarm Alarms-wait-backlog-medium: \w+ -> ALARM, \d+ \(alarms when >= 5/,
    );
    await Promise.all(ids.map((id) => api.stop('wait', id)));

    await expect.poll(() => alarms(ALARM), { timeout: 140_000, interval: 1000 }).toEqual({ [ALARM]: 'OK' });
    await expect
      .poll(() => toldOf('dingtalk').map(({ body }) => JSON.parse(body).markdown.title), { timeout: 15_000 })
      .toContain(`Task Mode: OK ${ALARM}`);
    // It was out of order at first, and told again; the others were not.
    expect(toldOf('slack').map(({ body }) => JSON.parse(body).text)).toContain(`Task Mode: OK ${ALARM}`);
    const ids2 = toldOf('generic').map((hook) => hook.headers['webhook-id']);
    expect(new Set(ids2).size).toBe(ids2.length);
    expect((await alarms('Alarms-quiet'))['Alarms-quiet-backlog-medium']).toBe('OK');
  }, 220_000);

  test('mails nobody from this machine, and says so', () => {
    expect(lines.join('\n')).toContain('email to oncall@example.com is not sent from this machine');
  });
});
