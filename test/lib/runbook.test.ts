import { readFileSync } from 'node:fs';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { alarmSlug } from '../../lambdas/domain/alarm-name.ts';
import { FUNCTION_ALARMS, PART_ALARMS, SHARED_ALARMS, TRIGGER_ALARMS } from '../../lib/alarm-definitions.ts';
import { TaskInvoke } from '../../lib/index.ts';
import { deployed } from './synthesized.ts';

const RUNBOOK = readFileSync('docs/runbook.md', 'utf-8');
const HEADINGS = [...RUNBOOK.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
const NAMES = [FUNCTION_ALARMS, SHARED_ALARMS, TRIGGER_ALARMS, PART_ALARMS].flatMap(Object.keys);

/** The template of a stack with all that the runbook names. */
function template() {
  const { stack, taskMode } = deployed({
    taskMode: { alarms: { webhooks: [{ url: 'https://example.com/' }] } },
    functions: {},
  });
  const taskFunction = taskMode.addFunction('encode', { entry: 'examples/echo.ts' });
  taskMode.addTrigger('Uploaded', { taskFunction, eventPattern: { source: ['aws.s3'] } });
  taskMode.addWorkflow('W', { definition: new TaskInvoke(stack, 'Encode', { taskFunction }) });
  return Template.fromStack(stack).toJSON();
}

const { Resources, Outputs } = template();

test('every alarm has its heading, and every heading its alarm', () => {
  expect(HEADINGS.toSorted()).toEqual([...NAMES, 'incident'].map(alarmSlug).toSorted());
});

describe.each(HEADINGS)('the heading %s', (heading) => {
  const [, text = ''] = RUNBOOK.split(new RegExp(`^## ${heading}$`, 'm'));
  const section = text.split(/^## /m)[0] ?? '';

  test('says how to look and what to do', () => {
    expect(section.trim()).not.toMatch(/^\*\*/);
    expect(section).toContain('**Look**');
    expect(section).toContain('**Do**');
  });

  test('refers to headings that there are', () => {
    for (const [, target = ''] of section.matchAll(/\]\(#([\w-]+)\)/g)) expect(HEADINGS).toContain(target);
  });
});

test('a stack has all of these alarms', () => {
  const names = Object.values<{ Type: string; Properties: { AlarmName: string } }>(Resources)
    .filter(({ Type }) => /^AWS::CloudWatch::(Composite)?Alarm$/.test(Type))
    .map(({ Properties }) => Properties.AlarmName.replace(/^Stack-(encode-)?/, '').replace(/-\w+$/, ''));
  expect(names.toSorted()).toEqual(HEADINGS.toSorted());
});

test('what it asks CloudFormation for is in the stack', () => {
  const wanted = [
    ...RUNBOOK.matchAll(/resource ([\w:]+) "?(\w+(?:\$\{FUNCTION[^}]*\})?\w*(?:\$OPERATION)?)"?\)/g),
  ];
  expect(wanted.length).toBeGreaterThan(8);
  for (const [, type, start = ''] of wanted) {
    const id = start.replace(/\$\{FUNCTION[^}]*\}/, 'encode').replace('$OPERATION', 'InvokeFunction');
    const found = Object.entries<{ Type: string }>(Resources).filter(
      ([logicalId, resource]) => resource.Type === `AWS::${type}` && logicalId.startsWith(id),
    );
    expect(
      found.map(([logicalId]) => logicalId),
      `${type} ${id}`,
    ).toHaveLength(1);
  }
  for (const [, start = ''] of RUNBOOK.matchAll(/\$\(output (\w+)\)/g)) {
    expect(Object.keys(Outputs).filter((name) => name.startsWith(start))).toHaveLength(1);
  }
});
