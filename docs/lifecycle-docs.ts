import {
  INITIAL_STATUS,
  isTerminal,
  RAISERS,
  STATUS_GROUPS,
  type StatusGroup,
  statusesIn,
  TASK_EVENTS,
  TASK_STATUSES,
  type TaskEvent,
  targetsOf,
} from '../lambdas/domain/lifecycle.ts';

/** Between these lines of the README stands what is generated from the lifecycle table. */
export const MARKERS = { begin: '<!-- lifecycle:begin -->', end: '<!-- lifecycle:end -->' } as const;

/** The diagram and the tables of the lifecycle, as Markdown. */
export function lifecycleMarkdown(): string {
  return ['```mermaid', ...diagram(), '```', '', ...table(), '', ...groups()].join('\n');
}

/** @throws Error when the README has no place for it. */
export function withLifecycle(readme: string): string {
  const [head, rest] = readme.split(MARKERS.begin);
  const tail = rest?.split(MARKERS.end)[1];
  if (head === undefined || tail === undefined) {
    throw new Error(`the README must hold the lines ${MARKERS.begin} and ${MARKERS.end}`);
  }
  return `${head}${MARKERS.begin}\n${lifecycleMarkdown()}\n${MARKERS.end}${tail}`;
}

function diagram(): string[] {
  const arrows = TASK_STATUSES.flatMap((from) =>
    [...new Set(TASK_EVENTS.flatMap((event) => targetsOf(from, event)))].map((to) => {
      const events = TASK_EVENTS.filter((event) => targetsOf(from, event).includes(to));
      return `    ${from} --> ${to}: ${events.join(', ')}`;
    }),
  );
  const ends = TASK_STATUSES.filter(isTerminal).map((status) => `    ${status} --> [*]`);
  return ['stateDiagram-v2', `    [*] --> ${INITIAL_STATUS}: submit`, ...arrows, ...ends];
}

function table(): string[] {
  return [
    '| event | raised by | from → to |',
    '| --- | --- | --- |',
    row('submit', `→ ${INITIAL_STATUS}`),
    ...TASK_EVENTS.map((event) => row(event, moves(event))),
  ];
}

const GROUP_MEANINGS: Record<StatusGroup, string> = {
  waiting: 'can start, for the first time or again',
  running: 'its code runs',
  succeeded: 'has ended, for good',
  failed: 'has ended without success; can be redriven',
  stopped: 'has ended because a stop was requested; can be redriven',
};

function groups(): string[] {
  return [
    '| group | statuses | the task |',
    '| --- | --- | --- |',
    ...STATUS_GROUPS.map(
      (group) => `| ${group} | ${statusesIn(group).join(', ')} | ${GROUP_MEANINGS[group]} |`,
    ),
  ];
}

function row(event: TaskEvent | 'submit', text: string): string {
  return `| ${event} | ${RAISERS[event].join(', ')} | ${text} |`;
}

/** The moves of an event, those with the same targets together. */
function moves(event: TaskEvent): string {
  const sourcesByTargets = new Map<string, string[]>();
  for (const from of TASK_STATUSES) {
    const targets = targetsOf(from, event).join(' or ');
    if (targets !== '') sourcesByTargets.set(targets, [...(sourcesByTargets.get(targets) ?? []), from]);
  }
  return [...sourcesByTargets].map(([to, from]) => `${from.join(', ')} → ${to}`).join('; ');
}
