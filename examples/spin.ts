import type { TaskHandler } from '../lambdas/worker/handler.ts';

interface SpinPayload {
  /** How long to burn CPU. */
  readonly seconds?: number;
}

/** Burns CPU without ever yielding: what no signal can reach. Returns how many rounds it made. */
export const handler: TaskHandler<SpinPayload> = ({ seconds = 1 }) => {
  const endTime = Date.now() + seconds * 1000;
  let rounds = 0;
  while (Date.now() < endTime) rounds += 1;
  return { rounds };
};
