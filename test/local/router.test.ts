import { describe, expect, it } from 'vitest';
import { Router, routeKeyFault } from '../../local/gateway/router.ts';

const routes = [
  '$default',
  'GET /tasks/{id}',
  'GET /tasks/all',
  'ANY /tasks/{id}',
  'PUT /tasks/{id}/stop',
  'GET /{proxy+}',
  'GET /files/{path+}',
  'GET /',
];

describe('Router', () => {
  const router = new Router(routes.map((routeKey) => ({ routeKey, target: routeKey })));

  it.each<[string, string, string, Record<string, string>]>([
    ['GET', '/tasks/all', 'GET /tasks/all', {}],
    ['GET', '/tasks/1', 'GET /tasks/{id}', { id: '1' }],
    ['POST', '/tasks/1', 'ANY /tasks/{id}', { id: '1' }],
    ['POST', '/tasks/all', 'ANY /tasks/{id}', { id: 'all' }],
    ['PUT', '/tasks/a%2Fb%20c/stop', 'PUT /tasks/{id}/stop', { id: 'a/b c' }],
    ['GET', '/files/a/b%20c', 'GET /files/{path+}', { path: 'a/b c' }],
    ['GET', '/other/thing', 'GET /{proxy+}', { proxy: 'other/thing' }],
    ['GET', '/', 'GET /', {}],
    ['POST', '/other/thing', '$default', {}],
    ['GET', '/tasks/', 'GET /{proxy+}', { proxy: 'tasks/' }],
    ['DELETE', '/tasks/1/stop', '$default', {}],
  ])('sends %s %s to %s', (method, path, routeKey, pathParameters) => {
    expect(router.match(method, path)).toMatchObject({ route: { routeKey }, pathParameters });
  });

  it('finds nothing when there is no $default', () => {
    const strict = new Router([{ routeKey: 'GET /a', target: 1 }]);
    expect(strict.match('GET', '/b')).toBeUndefined();
    expect(strict.match('POST', '/a')).toBeUndefined();
  });

  it('throws for a path that cannot be decoded', () => {
    expect(() => router.match('GET', '/tasks/%E0%A4%A')).toThrow(URIError);
  });
});

describe('routeKeyFault', () => {
  it.each(['GET tasks', '/tasks', 'FETCH /tasks', '$connect', ''])('refuses %j', (routeKey) => {
    expect(routeKeyFault(routeKey)).toContain('METHOD /path');
  });
  it.each(['$default', 'ANY /a/{b}', 'GET /'])('accepts %j', (routeKey) => {
    expect(routeKeyFault(routeKey)).toBeUndefined();
  });
});
