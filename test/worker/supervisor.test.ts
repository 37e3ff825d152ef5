import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Supervisor } from '../../lambdas/worker/supervisor.ts';

const { threads } = vi.hoisted(() => ({ threads: [] as (EventEmitter & { posted: unknown[] })[] }));
vi.mock('node:worker_threads', () => ({
  Worker: class extends EventEmitter {
    readonly posted: unknown[] = [];
    constructor() {
      super();
      threads.push(this);
    }
    unref() {}
    postMessage(message: unknown) {
      this.posted.push(message);
    }
  },
}));

const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
const RUN = {
  key: { functionName: 'echo', taskId: 'a' },
  tenant: 't',
  runId: 'run-1',
  receiptHandle: 'h',
  invocationEndTime: 0,
};

beforeEach(() => {
  threads.length = 0;
  kill.mockClear();
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a supervisor thread that dies at once is started again after a pause, with the runs that it watched', () => {
  const logExit = vi.fn();
  const supervisor = new Supervisor(1000, logExit);
  supervisor.expect(RUN);
  for (let n = 1; n <= 3; n += 1) {
    threads.at(-1)?.emit('exit', 1);
    vi.advanceTimersByTime(999);
    expect(threads).toHaveLength(n);
    vi.advanceTimersByTime(1);
    expect(threads).toHaveLength(n + 1);
    expect(threads.at(-1)?.posted).toEqual([{ kind: 'expect', run: expect.objectContaining(RUN) }]);
  }
  expect(logExit).toHaveBeenCalledTimes(3);
  expect(kill).not.toHaveBeenCalled();
});

test('a supervisor thread that dies while it kills leaves the kill to the main thread', async () => {
  const { RunSlots } = await import('../../lambdas/worker/run-slots.ts');
  const isKilling = vi.spyOn(RunSlots.prototype, 'isKilling').mockReturnValue(true);
  new Supervisor(1000, () => undefined);
  threads.at(-1)?.emit('exit', 1);
  expect(kill).toHaveBeenCalledWith(process.pid, 'SIGKILL');
  isKilling.mockRestore();
});
