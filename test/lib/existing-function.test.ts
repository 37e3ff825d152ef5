import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import type { ExistingFunctionProps } from '../../lib/index.ts';
import { deployed, findingsOf } from './synthesized.ts';

/** A deployment in which a Python function of 30 s takes tasks. */
function withExisting(props?: ExistingFunctionProps) {
  const deployment = deployed({ functions: {} });
  const existing = new LambdaFunction(deployment.stack, 'Existing', {
    runtime: Runtime.PYTHON_3_13,
    handler: 'index.handler',
    code: Code.fromInline('def handler(event, context): return event'),
    timeout: Duration.seconds(30),
  });
  deployment.taskMode.addExistingFunction('report', existing, props);
  return deployment;
}

describe('an existing function', () => {
  const template = Template.fromStack(withExisting().stack);

  test('has a worker that invokes it, for as long as its own time-out', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Task function report',
      Timeout: 35,
      MemorySize: 256,
      Environment: {
        Variables: Match.objectLike({
          TASK_TARGET_ARN: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Existing'), 'Arn'] },
          TASK_TIMEOUT_SECONDS: '30',
          TASK_STOP: 'cooperative',
        }),
      },
    });
  });

  test('may be invoked by its worker, and nothing else of Lambda', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Action: 'lambda:InvokeFunction',
            Effect: 'Allow',
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Existing'), 'Arn'] },
          },
        ]),
      },
    });
  });

  test('keeps its own runtime and code', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { Runtime: 'python3.13', Timeout: 30 });
  });

  test("has no finding of cdk-nag's but on the function itself", () => {
    const findings = findingsOf(withExisting()).filter((finding) => !finding.includes('Stack/Existing'));
    expect(findings).toEqual([]);
  });

  test('that may take longer than its worker waits is refused at synth', () => {
    expect(() => withExisting({ timeout: Duration.seconds(20) })).toThrow(
      'timeout of task function "report" must be at least the existing function\'s own (30 s), got 20',
    );
  });
});
