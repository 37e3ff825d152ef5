import { describe, expect, it } from 'vitest';
import type { Json } from '../../../local/json.ts';
import { readDefinition } from '../../../local/workflows/definition/read-definition.ts';
import { functionTask, invokeTask, oneState, tokenTask } from '../fixtures/workflows.ts';

const read = (definition: unknown, isExpress = false) =>
  readDefinition(definition as Json, 'Workflow', { isExpress });

const inner = oneState({ Type: 'Pass' });
const map = (fields: object) => oneState({ Type: 'Map', ItemProcessor: renamed('Inner'), ...fields });
const renamed = (name: string) => ({ StartAt: name, States: { [name]: { Type: 'Pass', End: true } } });
const retry = (fields: object) => oneState(functionTask('f', { Retry: [{ ErrorEquals: ['E'], ...fields }] }));
const choice = (rule: object) => ({
  StartAt: 'Only',
  States: { Only: { Type: 'Choice', Choices: [rule] }, End: { Type: 'Succeed' } },
});

describe('a definition', () => {
  it.each<[string, unknown, string]>([
    // What needs JSONata.
    [
      'JSONata for all',
      { ...inner, QueryLanguage: 'JSONata' },
      'Workflow has the QueryLanguage "JSONata": the local runtime runs JSONPath only',
    ],
    [
      'JSONata for a state',
      oneState({ Type: 'Pass', QueryLanguage: 'JSONata' }),
      'Workflow: state "Only" has the QueryLanguage "JSONata"',
    ],
    ['Assign', oneState({ Type: 'Pass', Assign: { x: 1 } }), 'Workflow: state "Only" has the field Assign'],
    ['Output', oneState({ Type: 'Succeed', Output: '{% 1 %}' }), 'state "Only" has the field Output'],
    ['Arguments', oneState(functionTask('f', { Arguments: {} })), 'state "Only" has the field Arguments'],
    [
      'a variable',
      oneState({ Type: 'Pass', InputPath: '$x.y' }),
      'Workflow: state "Only".InputPath is "$x.y"',
    ],
    // What is not run here.
    [
      'a distributed map',
      map({ ItemProcessor: { ...renamed('Inner'), ProcessorConfig: { Mode: 'DISTRIBUTED' } } }),
      'state "Only".ItemProcessor.ProcessorConfig.Mode is "DISTRIBUTED": want "INLINE"',
    ],
    [
      'ExecutionType',
      map({ ItemProcessor: { ...renamed('Inner'), ProcessorConfig: { ExecutionType: 'EXPRESS' } } }),
      'ProcessorConfig has the field ExecutionType',
    ],
    ['ItemReader', map({ ItemReader: {} }), 'state "Only" has the field ItemReader'],
    ['ItemBatcher', map({ ItemBatcher: {} }), 'state "Only" has the field ItemBatcher'],
    ['ResultWriter', map({ ResultWriter: {} }), 'state "Only" has the field ResultWriter'],
    [
      'ToleratedFailurePercentage',
      map({ ToleratedFailurePercentage: 5 }),
      'state "Only" has the field ToleratedFailurePercentage',
    ],
    [
      'Credentials',
      oneState(functionTask('f', { Credentials: {} })),
      'state "Only" has the field Credentials',
    ],
    [
      'an activity',
      oneState({ Type: 'Task', Resource: 'arn:aws:states:us-east-1:0:activity:a' }),
      'state "Only".Resource is "arn:aws:states:us-east-1:0:activity:a"',
    ],
    [
      'another integration',
      oneState({ Type: 'Task', Resource: 'arn:aws:states:::dynamodb:getItem' }),
      "want a function's ARN or one of arn:aws:states:::lambda:invoke, arn:aws:states:::sqs:sendMessage",
    ],
    [
      'an SDK integration',
      oneState({ Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:s3:getObject' }),
      'the local runtime calls no other',
    ],
    [
      '.sync',
      oneState({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.sync' }),
      'the local runtime calls no other',
    ],
    [
      'another parameter of Invoke',
      oneState(invokeTask('f', { Parameters: { FunctionName: 'f', Qualifier: '1' } })),
      'Only".Parameters has the field Qualifier',
    ],
    [
      'DryRun',
      oneState(invokeTask('f', { Parameters: { FunctionName: 'f', InvocationType: 'DryRun' } })),
      'InvocationType is "DryRun": want "RequestResponse" or "Event"',
    ],
    [
      'a filter in a path',
      oneState({ Type: 'Pass', OutputPath: '$.a[?(@.b)]' }),
      'state "Only".OutputPath is "$.a[?(@.b)]"',
    ],
    [
      'an unknown intrinsic function',
      oneState({ Type: 'Pass', Parameters: { 'a.$': 'States.Nope()' } }),
      'state "Only".Parameters.a.$ is "States.Nope()"',
    ],
    // What Step Functions refuses too.
    ['no object', [], 'Workflow is []: want an object'],
    ['no states', { StartAt: 'Only' }, 'Workflow.States is undefined'],
    ['an unknown top-level field', { ...inner, Timeout: 1 }, 'Workflow has the field Timeout'],
    ['another version', { ...inner, Version: '2.0' }, 'Workflow.Version is "2.0": want "1.0"'],
    ['no type', oneState({}), 'state "Only" has the Type undefined: want one of Pass, Task'],
    ['an unknown type', oneState({ Type: 'Loop' }), 'state "Only" has the Type "Loop"'],
    [
      'a missing start',
      { ...inner, StartAt: 'Nowhere' },
      'Workflow.StartAt is "Nowhere": want one of the states Only',
    ],
    [
      'a missing next',
      { StartAt: 'Only', States: { Only: { Type: 'Pass', Next: 'Nowhere' } } },
      'the next of state "Only" is "Nowhere"',
    ],
    [
      'no next',
      { StartAt: 'Only', States: { Only: { Type: 'Pass' } } },
      'state "Only" has no Next: want Next, or End: true',
    ],
    ['an end with a next', oneState({ Type: 'Pass', Next: 'Only' }), 'state "Only" has both Next and End'],
    [
      'an end that is no end',
      { StartAt: 'Only', States: { Only: { Type: 'Succeed', End: true } } },
      'state "Only" has the field End',
    ],
    [
      'a state that nothing leads to',
      { StartAt: 'Only', States: { ...inner.States, Stray: { Type: 'Succeed' } } },
      'state "Stray" cannot be reached from "Only"',
    ],
    [
      'a name that is too long',
      { StartAt: 'x'.repeat(81), States: { ['x'.repeat(81)]: { Type: 'Succeed' } } },
      'has a name of 81 characters: want at most 80',
    ],
    ['a name used twice', oneState({ Type: 'Parallel', Branches: [inner] }), 'state "Only" is there twice'],
    [
      'a catch to nowhere',
      oneState(functionTask('f', { Catch: [{ ErrorEquals: ['E'], Next: 'Nowhere' }] })),
      'the next of state "Only" is "Nowhere"',
    ],
    ['a choice without a next', choice({ Variable: '$.a', IsNull: true }), 'Choices[0].Next is undefined'],
    ['a choice to nowhere', choice({ Variable: '$.a', IsNull: true, Next: 'Nowhere' }), 'is "Nowhere"'],
    [
      'two times to wait for',
      oneState({ Type: 'Wait', Seconds: 1, SecondsPath: '$.s' }),
      'state "Only".SecondsPath is "$.s": want none beside Seconds',
    ],
    [
      'two kinds of times',
      oneState({ Type: 'Wait', Seconds: 1, TimestampPath: '$.s' }),
      'has Seconds and TimestampPath: want one of',
    ],
    ['no time', oneState({ Type: 'Wait' }), 'has no time: want one of'],
    [
      'a time that is none',
      oneState({ Type: 'Wait', Timestamp: 'noon' }),
      'Timestamp is "noon": want an RFC 3339 timestamp',
    ],
    [
      'half a second',
      oneState({ Type: 'Wait', Seconds: 0.5 }),
      'Seconds is 0.5: want a whole number of 0 or more',
    ],
    [
      'a time-out of nothing',
      oneState(functionTask('f', { TimeoutSeconds: 0 })),
      'TimeoutSeconds is 0: want a whole number of 1 or more',
    ],
    [
      'two time-outs',
      oneState(functionTask('f', { TimeoutSeconds: 1, TimeoutSecondsPath: '$.t' })),
      'want none beside TimeoutSeconds',
    ],
    [
      'a heartbeat nobody can send',
      oneState(functionTask('f', { HeartbeatSeconds: 5 })),
      'state "Only" has HeartbeatSeconds: want it beside a Resource that ends in .waitForTaskToken',
    ],
    [
      'a heartbeat after the time-out',
      oneState(tokenTask({ TimeoutSeconds: 5, HeartbeatSeconds: 5 })),
      'HeartbeatSeconds is 5: want a number below TimeoutSeconds, which is 5',
    ],
    [
      'a ResultPath in the context',
      oneState({ Type: 'Pass', ResultPath: '$$.x' }),
      'ResultPath is "$$.x": want a path to one value of the input',
    ],
    [
      'an iterator beside an item processor',
      map({ Iterator: renamed('Other') }),
      'want none beside ItemProcessor',
    ],
    [
      'parameters beside an item selector',
      map({ ItemSelector: {}, Parameters: {} }),
      'want none beside ItemSelector',
    ],
    [
      'no item processor',
      map({ ItemProcessor: undefined }),
      'state "Only".ItemProcessor is undefined: want an object',
    ],
    [
      'an error beside its path',
      oneState({ Type: 'Fail', Error: 'E', ErrorPath: '$.e' }),
      'want none beside Error',
    ],
    ['a retry of nothing', retry({ ErrorEquals: [] }), 'Retry[0].ErrorEquals is []: want a list of strings'],
    [
      'States.ALL among others',
      retry({ ErrorEquals: ['States.ALL', 'E'] }),
      'Retry[0].ErrorEquals has States.ALL: want it alone',
    ],
    [
      'States.ALL before others',
      oneState(functionTask('f', { Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] })),
      'in the last entry of Retry',
    ],
    [
      'a back-off below 1',
      retry({ BackoffRate: 0.5 }),
      'Retry[0].BackoffRate is 0.5: want a number of 1 or more',
    ],
    ['an interval of 0', retry({ IntervalSeconds: 0 }), 'IntervalSeconds is 0'],
    ['unknown jitter', retry({ JitterStrategy: 'SOME' }), 'JitterStrategy is "SOME": want "NONE" or "FULL"'],
    ['an unknown field of a retrier', retry({ Max: 1 }), 'Retry[0] has the field Max'],
    [
      'a state of an inner scope',
      map({ ItemProcessor: { StartAt: 'In', States: { In: { Type: 'Pass', End: true, Timer: 1 } } } }),
      'Workflow: state "Only".ItemProcessor: state "In" has the field Timer',
    ],
  ])('is refused with %s, by the name of the state and the field', (_, definition, message) => {
    expect(() => read(definition)).toThrow(message);
  });

  it('waits for no token in an Express workflow', () => {
    expect(() => read(oneState(tokenTask()), true)).toThrow('Express workflows wait for no token');
    expect(read(oneState(invokeTask('f')), true).states.get('Only')?.type).toBe('Task');
  });

  it('may say JSONPath and Version 1.0', () => {
    const definition = read({
      ...inner,
      QueryLanguage: 'JSONPath',
      Version: '1.0',
      Comment: 'x',
      TimeoutSeconds: 9,
    });
    expect(definition.timeoutSeconds).toBe(9);
  });
});
