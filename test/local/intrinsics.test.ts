// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders of Fn::Sub
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../local/json.ts';
import { dependenciesOf } from '../../local/template/dependencies.ts';
import { resolveIntrinsics, type Scope } from '../../local/template/intrinsics.ts';

const refs: Record<string, Json> = { Queue: 'http://queue', 'AWS::Region': 'us-east-1', Names: ['a', 'b'] };
const scope: Scope = {
  ref: (name) => refs[name],
  getAtt: (logicalId, attribute) => (logicalId === 'Queue' && attribute === 'Arn' ? 'arn:queue' : undefined),
  mappings: { Sizes: { 'us-east-1': { small: 1 } } },
  conditions: {
    Yes: { 'Fn::Equals': ['a', 'a'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Both: { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] },
    Either: { 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] },
  },
};

describe('resolveIntrinsics', () => {
  it.each<[string, Json, Json | undefined]>([
    ['a plain value', { a: [1, 'two', null, true] }, { a: [1, 'two', null, true] }],
    ['Ref of a resource', { Ref: 'Queue' }, 'http://queue'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['AWS::NoValue in an object', { keep: 1, drop: { Ref: 'AWS::NoValue' } }, { keep: 1 }],
    ['AWS::NoValue in a list', [1, { Ref: 'AWS::NoValue' }, 2], [1, 2]],
    ['AWS::NoValue alone', { Ref: 'AWS::NoValue' }, undefined],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:queue'],
    ['Fn::GetAtt with a dot', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:queue'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Queue' }, 3]] }, 'a-http://queue-3'],
    ['Fn::Join of a list reference', { 'Fn::Join': [',', { Ref: 'Names' }] }, 'a,b'],
    [
      'Fn::Sub',
      { 'Fn::Sub': 'q=${Queue.Arn} r=${AWS::Region} ${!Literal}' },
      'q=arn:queue r=us-east-1 ${Literal}',
    ],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': ['${x}/${Queue}', { x: { Ref: 'AWS::Region' } }] },
      'us-east-1/http://queue',
    ],
    ['Fn::Select', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    ['Fn::Select with a string index', { 'Fn::Select': ['0', ['x', 'y']] }, 'x'],
    ['Fn::If, true', { 'Fn::If': ['Yes', 1, 2] }, 1],
    ['Fn::If, false, of a negated condition', { 'Fn::If': ['No', 1, { Ref: 'Queue' }] }, 'http://queue'],
    ['Fn::And', { 'Fn::If': ['Both', 1, 2] }, 2],
    ['Fn::Or', { 'Fn::If': ['Either', 1, 2] }, 1],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'small'] }, 1],
    ['Fn::Base64', { 'Fn::Base64': 'hello' }, 'aGVsbG8='],
    ['an object of one ordinary key', { Refs: 'Queue' }, { Refs: 'Queue' }],
  ])('resolves %s', (_, value, expected) => {
    expect(resolveIntrinsics(value, scope, 'Thing')).toEqual(expected);
  });

  it.each<[string, Json, string]>([
    [
      'an unknown intrinsic',
      { a: { 'Fn::Cidr': [] } },
      'Thing.a: the local runtime does not know the intrinsic function Fn::Cidr',
    ],
    ['a Ref of nothing', { Ref: 'Gone' }, 'Thing: Ref "Gone" names nothing that this template has'],
    [
      'an attribute of nothing',
      { 'Fn::GetAtt': ['Queue', 'Colour'] },
      'Fn::GetAtt Queue.Colour names nothing',
    ],
    ['an unknown condition', { 'Fn::If': ['Maybe', 1, 2] }, 'condition "Maybe" is not in the template'],
    ['a malformed Fn::Join', { 'Fn::Join': 'a' }, 'Fn::Join is "a", want [delimiter, list]'],
    ['a Fn::Select past the end', { 'Fn::Select': [5, ['x']] }, 'Fn::Select 5 of 1 entries names nothing'],
  ])('refuses %s', (_, value, message) => {
    expect(() => resolveIntrinsics(value, scope, 'Thing')).toThrow(message);
  });
});

describe('dependenciesOf', () => {
  it('finds what Ref, Fn::GetAtt, Fn::Sub and DependsOn name, and nothing else', () => {
    const resources: JsonObject = {
      A: {},
      B: {},
      C: {},
      D: {},
      E: {
        Properties: {
          a: { Ref: 'A' },
          b: [{ 'Fn::GetAtt': ['B', 'Arn'] }],
          c: { 'Fn::Sub': '${C.Arn}-${AWS::Region}-${!Literal}' },
          own: { Ref: 'E' },
          parameter: { Ref: 'Parameter' },
        },
        DependsOn: 'D',
      },
    };
    expect([...(dependenciesOf(resources).get('E') ?? [])].sort()).toEqual(['A', 'B', 'C', 'D']);
  });

  it('refuses a circle and names it', () => {
    const resources = { A: { Properties: { b: { Ref: 'B' } } }, B: { DependsOn: ['A'] } };
    expect(() => dependenciesOf(resources)).toThrow('A -> B -> A');
  });
});
