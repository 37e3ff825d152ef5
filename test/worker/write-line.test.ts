import { expect, test, vi } from 'vitest';
import { writeLineNow } from '../../lambdas/worker/write-line.ts';

const { writeSync } = vi.hoisted(() => ({ writeSync: vi.fn() }));
vi.mock('node:fs', () => ({ writeSync }));

test.each(['EPIPE', 'EAGAIN'])(
  'a line that cannot be written (%s) is dropped, and nothing is thrown',
  (code) => {
    writeSync.mockImplementation(() => {
      throw Object.assign(new Error(code), { code });
    });
    expect(() => writeLineNow('{"level":"WARN"}\n')).not.toThrow();
  },
);

test('a line is written whole, though the pipe takes it in pieces', () => {
  const pieces: string[] = [];
  writeSync.mockImplementation((_, bytes: Buffer, offset: number) => {
    pieces.push(bytes.toString('utf-8', offset, offset + 4));
    return Math.min(4, bytes.length - offset);
  });
  writeLineNow('0123456789\n');
  expect(pieces.join('')).toBe('0123456789\n');
});
