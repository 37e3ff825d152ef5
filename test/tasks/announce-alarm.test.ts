import { expect, test } from 'vitest';
import { type AllowedDestination, DeliveryError } from '../../lambdas/domain/destination.ts';
import { type AlarmWebhook, announceAlarm } from '../../lambdas/tasks/announce-alarm.ts';

const webhook: AlarmWebhook = { destination: 'https://example.com/', secretArn: 'arn', template: 'generic' };
const alarm = '{"AlarmName":"backlog","NewStateValue":"ALARM"}';

async function told(message: string, fails?: Error) {
  const deliveries: { to: AllowedDestination; id: string; body: unknown }[] = [];
  const webhooks = {
    deliver: async (to: AllowedDestination, { id, body }: { id: string; body: string }) => {
      deliveries.push({ to, id, body: JSON.parse(body) });
      if (fails) throw fails;
    },
  };
  const announced = announceAlarm({ webhooks, isoClock: () => '1970-01-01T00:00:00.000Z' }, webhook, message);
  return { deliveries, announced };
}

test('a webhook is told of an alarm, under the same id whenever it is told again', async () => {
  const [first, again, other] = await Promise.all([
    told(alarm),
    told(alarm),
    told(alarm.replace('ALARM"', 'OK"')),
  ]);
  const idOf = ({ deliveries }: typeof first) => deliveries[0]?.id;
  expect(first.deliveries[0]?.to).toBe(webhook);
  expect(first.deliveries[0]?.body).toMatchObject({
    type: 'task-mode.alarm',
    data: { alarm: 'backlog', state: 'ALARM' },
  });
  expect(idOf(again)).toBe(idOf(first));
  expect(idOf(other)).not.toBe(idOf(first));
  // A full stop would end the id in what is signed.
  expect(idOf(first)).toMatch(/^alarm-[0-9a-f]{32}$/);
});

test('what is no alarm is told as it is', async () => {
  const { deliveries } = await told('deployed');
  expect(deliveries[0]?.body).toEqual({
    type: 'task-mode.message',
    timestamp: '1970-01-01T00:00:00.000Z',
    data: { text: 'deployed' },
  });
});

test('a robot of DingTalk that answers 200 and refuses did not take it', async () => {
  const answers = {
    taken: '{"errcode":0,"errmsg":"ok"}',
    refused: '{"errcode":310000,"errmsg":"no keyword"}',
  };
  const refusals = async (template: AlarmWebhook['template']) => {
    let refusal: ((text: string) => string | undefined) | undefined;
    const webhooks = {
      deliver: async (_to: unknown, _message: unknown, refusalIn?: typeof refusal) => {
        refusal = refusalIn;
      },
    };
    await announceAlarm({ webhooks, isoClock: () => '' }, { ...webhook, template }, alarm);
    return [answers.taken, answers.refused, '<html>'].map((answer) => refusal?.(answer));
  };
  expect(await refusals('dingtalk')).toEqual([
    undefined,
    'errcode 310000, no keyword',
    'errcode undefined, undefined',
  ]);
  expect(await refusals('generic')).toEqual([undefined, undefined, undefined]);
});

test('a webhook that does not take it is an error', async () => {
  const { announced } = await told(alarm, new DeliveryError('it answered 500'));
  await expect(announced).rejects.toThrow('it answered 500');
});
