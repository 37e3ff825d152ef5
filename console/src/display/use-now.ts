import { useEffect, useState } from 'react';
import { apiTime } from '../data/api-time.ts';

/** How smooth a bar grows that is drawn to scale. */
const TICK_MS = 200;

/** The time, which goes on while something on the page does. */
export function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(apiTime);
  useEffect(() => {
    if (!isRunning) return;
    setNow(apiTime());
    const timer = setInterval(() => setNow(apiTime()), TICK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
