import { Session } from 'node:inspector';

/** How long to wait for the main thread's word: one inside native code gives it late, and cannot be waited for. */
const ACKNOWLEDGE_MS = 500;

// In module scope: a session that is collected as garbage disconnects, and the main thread goes on.
let session: Session | undefined;

/**
 * Stops the main thread wherever its JavaScript is, busy loop or not; it never goes on. Threads and processes that the
 * code started itself are not stopped. Resolves once it stands still, or after half a second.
 */
export function pauseMainThread(): Promise<void> {
  session = new Session();
  session.connectToMainThread();
  const acknowledged = new Promise<void>((resolve) => {
    session?.post('Debugger.enable', () => {
      // The acknowledgement is the guarantee; the event `paused` comes only when there is JavaScript to run.
      session?.post('Debugger.pause', () => resolve());
    });
  });
  const late = new Promise<void>((resolve) => {
    setTimeout(resolve, ACKNOWLEDGE_MS);
  });
  return Promise.race([acknowledged, late]);
}
