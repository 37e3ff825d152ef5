import { useEffect, useState } from 'react';

/** How smooth a bar grows that is drawn to scale. */
const TICK_MS = 200;

/** The time, which goes on while something on the page does. */
export function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
