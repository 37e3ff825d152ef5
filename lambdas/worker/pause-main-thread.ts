import { Session } from 'node:inspector';

/** How long to wait for the main thread's word. It takes some 20 ms, but one inside native code gives none. */
const ACKNOWLEDGE_MS = 1000;

// In module scope: a session that is collected as garbage disconnects, and the main thread goes on.
let session: Session | undefined;

/**
 * Stops the main thread wherever its JavaScript is, busy loop or not; it never goes on. Threads and processes that the
 * code started itself are not stopped. Tells whether it stands still for certain: not when it has not said so in a second.
 */
export function pauseMainThread(): Promise<boolean> {
  session = new Session();
  session.connectToMainThread();
  const acknowledged = new Promise<boolean>((resolve) => {
    session?.post('Debugger.enable', () => {
      // The acknowledgement is the guarantee; the event `paused` comes only when there is JavaScript to run.
      session?.post('Debugger.pause', (error) => resolve(error === null));
    });
  });
  const late = new Promise<boolean>((resolve) => {
    setTimeout(() => resolve(false), ACKNOWLEDGE_MS);
  });
  return Promise.race([acknowledged, late]);
}
