import { expect } from 'vitest';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What must hold of every answer, whatever the request was. */
export function expectSound({ status, headers, body }: Answer, what: string): void {
  expect(status, `${what}: ${body}`).toBeGreaterThanOrEqual(200);
  expect(status, `${what}: ${body}`).toBeLessThan(500);
  for (const [name, value] of Object.entries(headers)) {
    expect(`${name}: ${value}`, what).toMatch(/^[\x20-\x7e]*$/);
  }
  if (body !== '') expect(() => JSON.parse(body), `${what}: ${body}`).not.toThrow();
  if (status >= 400) {
    expect(JSON.parse(body), what).toMatchObject({
      Code: expect.stringMatching(/^[A-Z][A-Za-z.]+$/),
      Message: expect.stringMatching(/./),
      RequestId: headers['x-fc-request-id'],
    });
  }
}
