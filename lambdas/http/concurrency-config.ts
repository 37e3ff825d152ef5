import { tasksAtOnceOf } from '../domain/concurrency.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import type { FunctionConcurrency } from '../tasks/get-concurrency.ts';

/** The contract's ConcurrencyConfig (section 2): how many of the function's tasks are to run at once. */
export function toConcurrencyConfig(record: TaskFunctionRecord) {
  return { functionArn: record.functionArn, reservedConcurrency: tasksAtOnceOf(record) };
}

/** With a field of ours: how many the event source lets run now, which is the same but for moments. */
export function toCurrentConcurrencyConfig({ record, now }: FunctionConcurrency) {
  return { ...toConcurrencyConfig(record), currentConcurrency: now };
}
