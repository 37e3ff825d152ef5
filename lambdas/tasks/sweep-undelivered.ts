import { DEAD_LETTER_RECEIVES_MAX } from '../domain/limits.ts';
import type { FunctionLane, Turns } from './sweep-lane.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * Takes back the messages whose rows the follow-up functions could not read or write. The key of a kept end is sent again: its
 * row has no wake time before the first try is noted. A task's row has one, by which its key is sent.
 */
export async function* sweepUndelivered(run: SweepRun, own: FunctionLane): Turns {
  const { queue, followUpQueueUrl, followUpDeadLetterQueueUrl } = run.deps;
  for (let receives = 0; receives < DEAD_LETTER_RECEIVES_MAX; receives += 1) {
    const messages = await queue.receive(followUpDeadLetterQueueUrl);
    if (messages.length === 0) return;
    await own.each(messages, async ({ message, receiptHandle }) => {
      if (message?.kind === 'keptEnd') await queue.sendKeptEnd(followUpQueueUrl, message.key, 0);
      await queue.delete(followUpDeadLetterQueueUrl, receiptHandle);
      run.count('deadLetters');
    });
    yield;
  }
}
