import { describe, expect, test } from 'vitest';
import { METRICS } from '../../lambdas/domain/metric-catalog.ts';
import { templateOf } from './synthesized.ts';

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly properties: {
    readonly title?: string;
    readonly alarms?: readonly string[];
    readonly markdown?: string;
    readonly metrics?: readonly (string | object)[][];
    readonly annotations?: {
      readonly horizontal: readonly { readonly label: string; readonly value: number }[];
    };
  };
}

const template = templateOf({
  // Webhooks bring an alarm of their own, which only comes with them.
  taskMode: { alarms: { runbookUrl: 'https://wiki/book', webhooks: [{ url: 'https://example.com/' }] } },
  functions: { echo: {}, encode: { alarms: false } },
});

/** The page, with a word in place of each reference. */
function widgetsIn(): Widget[] {
  const [page] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const parts: readonly unknown[] = page?.Properties.DashboardBody['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'reference')).join('')).widgets;
}

const widgets = widgetsIn();

describe('the dashboard', () => {
  test('has a row for what all share, and one for each function under its name', () => {
    const texts = widgets.flatMap(({ properties: { markdown } }) => markdown ?? []);
    expect(texts.map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual(['## echo', '## encode']);
    const titles = widgets.flatMap(({ properties: { title } }) => title ?? []);
    expect(titles).toEqual([
      'Alarms of what all functions share',
      'API requests',
      'API latency, ms',
      'Sweep, runs and failures',
      ...Array(2)
        .fill(['Ends, per minute', 'Backlog, tasks', 'Wait in the queue, ms', 'Attempts, ms'])
        .flat(),
    ]);
    expect(new Set(widgets.map(({ y }) => y)).size).toBe(5);
  });

  test('draws the thresholds of the alarms, and links to what to do', () => {
    const lines = widgets.flatMap(({ properties: { annotations } }) => annotations?.horizontal ?? []);
    expect(lines).toEqual([
      expect.objectContaining({ label: 'api-errors', value: 5 }),
      expect.objectContaining({ label: 'backlog', value: 5 }),
      expect.objectContaining({ label: 'near-timeout', value: 54_000 }),
    ]);
    expect(
      widgets.some(({ properties }) => properties.markdown?.includes('[backlog](https://wiki/book#backlog)')),
    ).toBe(true);
  });

  test('shows the state of each alarm that is no function’s', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
    const ofFunctions = alarms.filter(({ Properties }) => String(Properties.AlarmName).includes('-echo-'));
    const shown = widgets.flatMap(({ properties }) => properties.alarms ?? []);
    expect(ofFunctions.length).toBeGreaterThan(3);
    expect(shown).toHaveLength(alarms.length - ofFunctions.length);
  });

  test('shows metrics that are emitted', () => {
    const own = widgets
      .flatMap(({ properties }) => properties.metrics ?? [])
      .flatMap(([namespace, name]) => (namespace === 'TaskMode' ? String(name) : []));
    expect(own.length).toBeGreaterThan(20);
    for (const name of own) expect(METRICS).toHaveProperty(name);
  });

  test('is found by the stack’s output, and is not there where it is not wanted', () => {
    const outputs = Object.values(template.findOutputs('*'));
    expect(outputs.map(({ Description }) => Description)).toContain('Dashboard of Task Mode');
    templateOf({ taskMode: { dashboard: false } }).resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });
});
