import { expect, test } from 'vitest';
import { samplesOf, submitSample } from '../../console/src/display/code-samples.ts';

const AWS = 'https://abc123.execute-api.eu-west-1.amazonaws.com';

const textOf = (auth: 'none' | 'iam' | 'accessKeys', endpoint = AWS) =>
  samplesOf('FUNCTION_HOST', { endpoint, auth, region: 'eu-west-1' })
    .map(({ text }) => text)
    .join('\n');

test('samples call the API where it is, not where the console is served', () => {
  const target = { endpoint: 'http://127.0.0.1:3000', auth: 'none', region: 'us-east-1' } as const;
  expect(submitSample('echo', target).text.split('\n')[0]).toBe(
    'curl -i -X POST http://127.0.0.1:3000/2023-03-30/functions/echo/invocations \\',
  );
  expect(textOf('none', target.endpoint)).toContain("endpoint: '127.0.0.1:3000', protocol: 'http'");
});

test('samples for a stack that IAM guards sign with AWS credentials, and leave out the SDK that cannot', () => {
  const text = textOf('iam');
  expect(text).toContain('--aws-sigv4 aws:amz:eu-west-1:execute-api --user "$AWS_ACCESS_KEY_ID:');
  expect(text).toContain("import { sigV4, TaskModeClient } from 'lambda-task-mode/client';");
  expect(text).toContain(`new TaskModeClient({ endpoint: '${AWS}', signer: sigV4({ credentials }) });`);
  expect(text).not.toContain('alicloud');
});

test('samples for access keys sign as curl cannot', () => {
  const text = textOf('accessKeys');
  expect(text).not.toContain('curl');
  expect(text).toContain(`export TASK_MODE_ENDPOINT=${AWS} TASK_MODE_ACCESS_KEY_ID=…`);
  expect(text).toContain('signer: acs3({ accessKeyId, accessKeySecret })');
  expect(text).toContain('@alicloud/fc20230330');
});

test.each(['none', 'iam', 'accessKeys'] as const)(
  'nothing of a template is left in samples for %s',
  (auth) => {
    const left = textOf(auth).replaceAll('FUNCTION_HOST', '');
    expect(left.match(/(?<![A-Z_])(?:SIGN\w+|IMPORTS|ENDPOINT|HOST|PROTOCOL|FUNCTION|REGION)/g)).toBeNull();
  },
);
