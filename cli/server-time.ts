/** Less than this is how long an answer takes, and that it tells the time in seconds. */
const NOTICED_MS = 5000;

/** By how much the clock of whoever answered last is ahead of this machine's. */
let aheadMs = 0;

/** Calls an API, and notes what time it is there: a local runtime's clock may have been advanced, a laptop's may be wrong. */
export const fetchAndNoteTime: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const serverMs = Date.parse(response.headers.get('date') ?? '');
  const differenceMs = serverMs - Date.now();
  aheadMs = Math.abs(differenceMs) > NOTICED_MS ? differenceMs : 0;
  return response;
};

/** What time it is where the API is, as its last answer had it: by that its tasks' times are to be read. */
export function serverTime(): number {
  return Date.now() + aheadMs;
}
