import { RemovalPolicy } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, test } from 'vitest';
import { deployed, findingsOf } from './synthesized.ts';

test('a finding would be seen', () => {
  const { app, stack, outdir } = deployed({ functions: {} });
  new Bucket(stack, 'Bare');
  expect(findingsOf({ app, outdir })).toContainEqual(expect.stringContaining('AwsSolutions-S10'));
});

test.each([
  ['keeping its data', {}],
  ['removing its data', { taskMode: { removalPolicy: RemovalPolicy.DESTROY } }],
  [
    'with every channel of its alarms',
    {
      taskMode: {
        removalPolicy: RemovalPolicy.DESTROY,
        alarms: {
          emails: ['oncall@example.com'],
          phoneNumbers: ['+4915112345678'],
          webhooks: [{ url: 'https://example.com' }],
          slackChannels: [{ workspaceId: 'T012', channelId: 'C012' }],
        },
      },
    },
  ],
  ['with Lambda Insights', { functions: { echo: { insights: true } } }],
  ['that is not traced', { taskMode: { tracing: false } }],
  ['with provisioned pollers', { functions: { echo: { pollers: { min: 2, max: 10 } }, other: {} } }],
])("a deployment %s has no finding of cdk-nag's AwsSolutions pack", (_, deployment) => {
  expect(findingsOf(deployed(deployment))).toEqual([]);
});
