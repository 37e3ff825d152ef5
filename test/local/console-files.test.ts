import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConsoleFiles } from '../../local/gateway/console-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'task-mode-console-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'assets'));
writeFileSync(join(folder, 'index.html'), '<title>Task Mode</title>');
writeFileSync(join(folder, 'assets/index-1a2b.js'), 'start()');

const SURROUNDINGS = {
  stackName: 'Mine',
  region: 'eu-west-1',
  functionNames: ['echo'],
  isLocal: true,
  endpoint: 'http://127.0.0.1:3000',
  auth: 'none',
  hasWorkflows: false,
} as const;
const files = new ConsoleFiles(Promise.resolve(folder), SURROUNDINGS);

const get = (path: string, from = files, method = 'GET') => from.answer({ method } as IncomingMessage, path);

test.each(['/console', '/console/', '/console/functions/echo'])('%s is its own', (path) => {
  expect(files.owns(path)).toBe(true);
});

test.each(['/', '/consoles', '/2023-03-30/functions/echo/async-tasks'])('%s is not', (path) => {
  expect(files.owns(path)).toBe(false);
});

test.each(['/console/', '/console/functions/echo/tasks/a.b'])(
  '%s shows the page, which is asked for each time, and runs no code of others',
  async (path) => {
    const { statusCode, headers, body } = await get(path);
    expect([statusCode, String(body)]).toEqual([200, '<title>Task Mode</title>']);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
  },
);

test('what has its hash in its name is kept for ever', async () => {
  const { headers, body } = await get('/console/assets/index-1a2b.js');
  expect(String(body)).toBe('start()');
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  });
});

test.each([
  '/console/assets/other.js',
  '/console/assets/../../package.json',
  '/console/assets/%2e%2e/index.html',
])('%s is no file', async (path) => {
  expect((await get(path)).statusCode).toBe(404);
});

test('what lies outside its folder is never read', async () => {
  expect(String((await get('/console/../package.json')).body)).toBe('<title>Task Mode</title>');
});

test('without its slash the address leads to the one with it', async () => {
  expect(await get('/console')).toMatchObject({ statusCode: 308, headers: { location: '/console/' } });
});

test('the page is told what it shows', async () => {
  const { headers, body } = await get('/console/surroundings.json');
  expect(JSON.parse(String(body))).toEqual(SURROUNDINGS);
  expect(headers).toMatchObject({ 'cache-control': 'no-store' });
});

test('nothing is written to it', async () => {
  expect((await get('/console/', files, 'POST')).statusCode).toBe(405);
});

test('a console that could not be built says why', async () => {
  const broken = new ConsoleFiles(Promise.reject(new Error('no vite')), SURROUNDINGS);
  const { statusCode, body } = await get('/console/', broken);
  expect([statusCode, String(body)]).toEqual([500, 'The console could not be built: no vite']);
});
