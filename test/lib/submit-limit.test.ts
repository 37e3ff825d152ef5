import { describe, expect, test } from 'vitest';
import { deployed, findingsOf, templateOf } from './synthesized.ts';

const LIMITED = { taskMode: { submitRate: { perSecond: 10, burst: 30 } } };

describe('a deployment that holds callers to a rate', () => {
  const template = templateOf(LIMITED);
  const environments = Object.entries(template.findResources('AWS::Lambda::Function')).map(
    ([id, { Properties }]) => ({ id, variables: Properties.Environment?.Variables ?? {} }),
  );

  test('counts submits in a table of its own, which forgets by itself', () => {
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      Properties: {
        KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expire', Enabled: true },
      },
      DeletionPolicy: 'Delete',
    });
  });

  test('has both submits hold callers to it, and no other operation', () => {
    const limited = environments.filter(({ variables }) => 'TASK_SUBMIT_RATE' in variables);
    expect(limited.map(({ id }) => id)).toEqual([
      expect.stringMatching(/^TaskModeApiInvokeFunction/),
      expect.stringMatching(/^TaskModeApiSubmitAsyncTasks/),
    ]);
    expect(limited[0]?.variables).toMatchObject({ TASK_SUBMIT_RATE: '10', TASK_SUBMIT_BURST: '30' });
  });

  test('lets the submit count, and no more than that', () => {
    const statements = Object.entries(template.findResources('AWS::IAM::Policy')).flatMap(
      ([id, { Properties }]) =>
        (Properties.PolicyDocument.Statement as { Action: unknown; Resource: unknown }[])
          .filter(({ Resource }) => JSON.stringify(Resource).includes('SubmitLimit'))
          .map(({ Action }) => [id, Action]),
    );
    expect(statements).toEqual([
      [expect.stringMatching(/^TaskModeApiInvokeFunctionRole/), 'dynamodb:UpdateItem'],
      [expect.stringMatching(/^TaskModeApiSubmitAsyncTasksRole/), 'dynamodb:UpdateItem'],
    ]);
  });

  test("has no finding of cdk-nag's AwsSolutions pack", () => {
    expect(findingsOf(deployed(LIMITED))).toEqual([]);
  });

  test('has a burst of one second where none is given', () => {
    const { taskMode } = { taskMode: { submitRate: { perSecond: 7 } } };
    expect(JSON.stringify(templateOf({ taskMode }).toJSON())).toContain('"TASK_SUBMIT_BURST":"7"');
  });
});

test('a deployment without a rate has neither table nor variable', () => {
  const template = JSON.stringify(templateOf().toJSON());
  expect(template).not.toMatch(/SubmitLimit|TASK_SUBMIT_RATE/);
});

test.each([
  [{ perSecond: 0 }, 'submitRate.perSecond of TaskMode must be a whole number from 1 to 10000, got 0'],
  [{ perSecond: 2.5 }, 'submitRate.perSecond of TaskMode must be a whole number from 1 to 10000, got 2.5'],
  [
    { perSecond: 10_001 },
    'submitRate.perSecond of TaskMode must be a whole number from 1 to 10000, got 10001',
  ],
  [{ perSecond: 1, burst: 0 }, 'submitRate.burst of TaskMode must be a whole number from 1 to 10000, got 0'],
])('%o is refused at synth', (submitRate, message) => {
  expect(() => deployed({ taskMode: { submitRate } })).toThrow(message);
});
