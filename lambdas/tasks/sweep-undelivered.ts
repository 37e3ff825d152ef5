import { DEAD_LETTER_RECEIVES_MAX } from '../domain/limits.ts';
import type { FunctionLane, Turns } from './sweep-lane.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * Takes back what the follow-up function could neither deliver nor note. The end of an invocation that has no record is
 * in its message only, and is sent again; that of a task is in its row, which has it handed over.
 */
export async function* sweepUndelivered(run: SweepRun, own: FunctionLane): Turns {
  const { queue, followUpQueueUrl, followUpDeadLetterQueueUrl } = run.deps;
  for (let receives = 0; receives < DEAD_LETTER_RECEIVES_MAX; receives += 1) {
    const messages = await queue.receive(followUpDeadLetterQueueUrl);
    if (messages.length === 0) return;
    await own.each(messages, async ({ message, receiptHandle }) => {
      if (message?.kind === 'end') await queue.sendEnd(followUpQueueUrl, message.ended);
      await queue.delete(followUpDeadLetterQueueUrl, receiptHandle);
      run.count('deadLetters');
    });
    yield;
  }
}
