import { EXIT_CODE } from './exit-code.ts';

/** That the person at the terminal pressed Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * Does something that Ctrl-C ends in good order: the first one aborts the signal, and the work says how far it came; the
 * second one ends the process.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT_CODE.interrupted);
    controller.abort(new Interrupted('interrupted'));
  };
  const others = process.listeners('SIGINT');
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', onSignal);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', onSignal);
    for (const other of others) process.on('SIGINT', other);
  }
}
