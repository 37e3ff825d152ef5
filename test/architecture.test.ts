import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import {
  isStopRequested,
  isTerminal,
  STATUS_GROUPS,
  statusesIn,
  statusesWith,
  TASK_EVENTS,
  TASK_STATUSES,
  type TaskStatus,
} from '../lambdas/domain/lifecycle.ts';

/**
 * Who may import whom, as the design has it. A room's imports are matched by prefix: a folder, a file, or a package.
 * Types count: a room that knows another's types knows the other room.
 */
const ROOMS: Record<string, readonly string[]> = {
  'lambdas/domain/': ['lambdas/domain/'],
  'lambdas/aws/': ['lambdas/aws/', 'lambdas/domain/', '@aws-sdk/', 'rate-limiter-flexible'],
  'lambdas/aws/call-times': ['node:async_hooks'],
  // It has agents of its own, for connections of one call.
  'lambdas/aws/lambda-client': ['node:http', 'node:https', '@aws-sdk/'],
  // Of the adapters the only one that talks to others than AWS.
  'lambdas/aws/webhook': [
    'lambdas/aws/',
    'lambdas/domain/',
    '@aws-sdk/',
    'node:crypto',
    'node:dns',
    'node:http',
    'node:net',
    'ipaddr.js',
  ],
  'lambdas/tasks/': ['lambdas/tasks/', 'lambdas/domain/', 'lambdas/aws/', 'node:crypto'],
  'lambdas/http/': [
    'lambdas/http/',
    'lambdas/domain/',
    'lambdas/tasks/',
    'node:crypto',
    'aws-lambda',
    'zod/mini',
    '@aws-lambda-powertools/',
  ],
  'lambdas/workflow/': ['lambdas/workflow/', 'lambdas/domain/', 'lambdas/tasks/', 'node:crypto', 'zod/mini'],
  'lambdas/trigger/': ['lambdas/trigger/', 'lambdas/domain/', 'node:crypto', 'zod/mini'],
  'lambdas/worker/': [
    'lambdas/worker/',
    'lambdas/domain/',
    'lambdas/tasks/',
    'lambdas/aws/',
    'node:',
    'aws-lambda',
    '@aws-lambda-powertools/',
    '@task-mode/user-handler',
  ],
  'lambdas/': ['lambdas/', 'aws-lambda', '@aws-lambda-powertools/'],
  'lib/': ['lib/', 'lambdas/domain/', 'aws-cdk-lib', 'constructs', 'esbuild', 'node:'],
  'local/': ['local/', 'node:', '@aws-sdk/', 'fauxqs', 'dynalite', 'croner', 'esbuild'],
  // What people type stands on the typed client, as their own programs do.
  'cli/': [
    'cli/',
    'client/',
    'lambdas/domain/',
    'node:',
    'commander',
    '@aws-sdk/credential-providers',
    '@smithy/signature-v4',
    '@aws-crypto/sha256-js',
  ],
  // The local runtime knows nothing of lambdas: what a file of access keys must be, the command tells it.
  'cli/commands/dev.ts': [
    'cli/',
    'lambdas/domain/access-key.ts',
    'local/run-dev.ts',
    'local/gateway/find-console.ts',
    'commander',
  ],
  'cli/commands/console.ts': ['cli/', 'client/index.ts', 'local/gateway/', 'node:', 'commander'],
  'cli/console/': ['cli/', 'lambdas/domain/', 'local/gateway/', 'node:'],
  'bin/': ['lib/index.ts', 'examples/', 'cli/command-line.ts', 'aws-cdk-lib', 'node:'],
  'examples/': ['examples/', 'lambdas/worker/handler.ts', 'node:', 'jimp', '@aws-sdk/client-s3'],
  'examples/media/media-workflow.ts': ['lib/index.ts', 'aws-cdk-lib', 'constructs'],
  // It runs in browsers: nothing of Node.
  'client/': ['client/', 'lambdas/domain/', '@smithy/signature-v4', '@aws-crypto/sha256-js'],
  'console/': ['vite', '@vitejs/plugin-react', 'node:'],
  'console/src/': ['console/src/', 'client/index.ts', 'react', '@cloudscape-design/'],
  'docs/screenshots.ts': ['client/index.ts', 'local/', 'jimp', 'playwright-core', 'node:'],
  'docs/': ['docs/', 'lambdas/domain/', 'node:'],
  'bench/workflow-app/': ['lib/index.ts', 'aws-cdk-lib', 'node:'],
  'bench/limited-app/': ['lib/index.ts', 'aws-cdk-lib', 'node:'],
  'bench/chaos-app/': ['bench/', 'lib/index.ts', 'lambdas/worker/handler.ts', 'aws-cdk-lib', 'node:'],
  'bench/simulation/': ['bench/', 'lambdas/', 'lib/task-table.ts', '@aws-sdk/', 'aws-cdk-lib', 'node:'],
  'bench/sweep/sweep-child': ['lambdas/sweep.lambda.ts'],
  'bench/metrics-cost': ['bench/', 'local/', 'lambdas/domain/', 'lambdas/aws/metric-log.ts', 'node:'],
  'bench/': [
    ...['bench/', 'local/', 'node:', '@aws-sdk/'],
    ...['lambdas/domain/lifecycle.ts', 'lambdas/domain/limits.ts', 'lambdas/domain/metrics.ts'],
    'lambdas/domain/task.ts',
  ],
};

const SOURCES = globSync('{bin,cli,client,console,lib,lambdas,local,examples,docs,bench}/**/*.{ts,tsx}', {
  exclude: ['**/node_modules/**', 'console/dist/**'],
});

/** A file belongs to the innermost room that holds it. */
function roomOf(file: string): string | undefined {
  return Object.keys(ROOMS)
    .filter((room) => file.startsWith(room))
    .sort((a, b) => b.length - a.length)[0];
}

function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf-8').replaceAll(/\/\*.*?\*\//gs, '');
  const specifiers = source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g);
  return [...specifiers].map(([, specifier = '']) =>
    specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier,
  );
}

test('every source file is in a room', () => {
  expect(SOURCES.length).toBeGreaterThan(40);
  expect(SOURCES.filter((file) => roomOf(file) === undefined)).toEqual([]);
});

test('imports follow the design', () => {
  const strays = SOURCES.flatMap((file) => {
    const allowed = ROOMS[roomOf(file) ?? ''] ?? [];
    return importsOf(file)
      .filter((specifier) => !allowed.some((prefix) => specifier.startsWith(prefix)))
      .map((specifier) => `${file} imports ${specifier}`);
  });
  expect(strays).toEqual([]);
});

test('tasks read no environment, and domain has no clock', () => {
  const used = (room: string, words: RegExp) =>
    SOURCES.filter((file) => roomOf(file) === room && words.test(readFileSync(file, 'utf-8')));
  expect(used('lambdas/tasks/', /process\.env|Date\.now|new Date\(/)).toEqual([]);
  expect(used('lambdas/domain/', /process\.|Date\.now|new Date\(|Math\.random/)).toEqual([]);
});

test('dependencies are handed on as they are: a copy loses what an instance of a class makes on demand', () => {
  const copies = SOURCES.filter((file) => file.startsWith('lambdas/tasks/')).filter((file) =>
    /\{ \.\.\.(this\.#)?deps\b/.test(readFileSync(file, 'utf-8')),
  );
  expect(copies).toEqual([]);
});

test('AWS clients are made in their place', () => {
  const makers = SOURCES.filter(
    (file) => file.startsWith('lambdas/') && /new \w+Client\(/.test(readFileSync(file, 'utf-8')),
  );
  // The others are bundled, or loaded, only where they are needed.
  expect(makers).toEqual([
    'lambdas/aws/clients.ts',
    'lambdas/aws/cloudwatch-client.ts',
    'lambdas/aws/destination-clients.ts',
    'lambdas/aws/event-source-client.ts',
    'lambdas/aws/lambda-client.ts',
    'lambdas/aws/logs-client.ts',
    'lambdas/aws/workflow-client.ts',
  ]);
});

test('whoever moves tasks counts their moves', () => {
  const silent = SOURCES.filter((file) => file.startsWith('lambdas/')).filter((file) => {
    const stores = [...readFileSync(file, 'utf-8').matchAll(/new TaskStore\(\{(.*?)\}\)/gs)];
    return stores.some(([, options]) => !options?.includes('countMetrics'));
  });
  // It moves none: it notes that a destination was told.
  expect(silent).toEqual(['lambdas/follow-up-adapters.ts']);
});

/** Each set of two or more statuses that the lifecycle has a name for, as sorted text. */
const NAMED_STATUS_SETS = new Set(
  [
    ...STATUS_GROUPS.map((group): readonly TaskStatus[] => statusesIn(group)),
    ...TASK_EVENTS.map(statusesWith),
    TASK_STATUSES.filter(isTerminal),
    TASK_STATUSES.filter((status) => !isTerminal(status)),
    TASK_STATUSES.filter(isStopRequested),
  ]
    .filter((statuses) => statuses.length > 1)
    .map((statuses) => [...statuses].sort().join(', ')),
);

/** Bulk jobs have statuses of their own, of which some are called the same. */
const OTHER_STATUSES = /bulk-job/;

const WORD = String.raw`'?\b[A-Z][A-Za-z]+\b'?`;
const BETWEEN = [
  String.raw`(?:,|\||\b(?:or|and)\b|,\s*(?:or|and)\b)`,
  String.raw`\|\|\s*[\w.?]+\s*===`,
  String.raw`&&\s*[\w.?]+\s*!==`,
].join('|');

/** A list, union, chain of comparisons or enumeration in a text, of two or more capitalized words. */
const WORD_LIST = new RegExp(`${WORD}(?:\\s*(?:${BETWEEN})\\s*${WORD})+`, 'g');

function statusListsIn(source: string): string[] {
  const code = source.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/(?<!:)\/\/.*/g, '');
  const lists = code.match(WORD_LIST) ?? [];
  return lists.filter((list) => {
    const words = new Set(list.match(/\b[A-Z][A-Za-z]+\b/g));
    return NAMED_STATUS_SETS.has([...words].sort().join(', '));
  });
}

test('the search for lists of statuses finds arrays, unions, comparisons and texts, and leaves other lists alone', () => {
  expect(statusListsIn("const FAILED = ['Failed', 'Expired',\n  'Invalid'];")).toHaveLength(1);
  expect(statusListsIn("type A = TaskIn<'Running' | 'Stopping'>")).toHaveLength(1);
  expect(statusListsIn("if (a.status === 'Running' || b?.status === 'Stopping')")).toHaveLength(1);
  expect(statusListsIn("'only Failed, Stopped, Expired or Invalid tasks'")).toHaveLength(1);
  expect(statusListsIn("if (status !== 'Stopping' && status !== 'Stopped')")).toHaveLength(1);
  expect(statusListsIn("if (a.status === 'Running' && b?.status === 'Stopping')")).toEqual([]);
  expect(statusListsIn("['Pending', 'Running', 'Stopping']")).toEqual([]);
  expect(statusListsIn("// 'Running' | 'Stopping'\nconst a = status === 'Running'")).toEqual([]);
});

test('groups of statuses are written in lifecycle.ts only', () => {
  const strays = SOURCES.filter(
    (file) => file !== 'lambdas/domain/lifecycle.ts' && !OTHER_STATUSES.test(file),
  ).flatMap((file) => statusListsIn(readFileSync(file, 'utf-8')).map((list) => `${file}: ${list}`));
  expect(strays).toEqual([]);
});

test('styles colour groups of statuses by the name of the group', () => {
  const rules = readFileSync('console/src/console.css', 'utf-8').match(/[^{}]+(?=\{)/g) ?? [];
  const statuses = new RegExp(`-(${TASK_STATUSES.join('|')})\\b`, 'g');
  const strays = rules.filter((selectors) => {
    const named = new Set([...selectors.matchAll(statuses)].map(([, status]) => status));
    return NAMED_STATUS_SETS.has([...named].sort().join(', '));
  });
  expect(rules.length).toBeGreaterThan(50);
  expect(strays).toEqual([]);
});

test('no runtime code asks whether it runs locally', () => {
  const askers = SOURCES.filter(
    (file) =>
      /^(lambdas|lib)\//.test(file) && /isLocal|localhost|127\.0\.0\.1/.test(readFileSync(file, 'utf-8')),
  );
  expect(askers).toEqual([]);
});
