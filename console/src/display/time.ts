import { apiTime } from '../data/api-time.ts';

const DAY_MS = 86_400_000;

/** A span as people say it: `340 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function spanText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const units: [string, number][] = [
    ['d', DAY_MS],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ];
  const first = units.findIndex(([, size]) => ms >= size);
  return units
    .slice(first, first + 2)
    .reduce<{ left: number; words: string[] }>(
      ({ left, words }, [name, size]) => {
        const count = Math.floor(left / size);
        return { left: left - count * size, words: count > 0 ? [...words, `${count} ${name}`] : words };
      },
      { left: ms, words: [] },
    )
    .words.join(' ');
}

const today = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const otherDay = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** `14:03:22` today, with its date on another day. */
export function timeText(time: number, now = apiTime()): string {
  const isToday = new Date(time).toDateString() === new Date(now).toDateString();
  return (isToday ? today : otherDay).format(time);
}

const withMillis = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

/** `14:03:22.087`: to the millisecond, on whatever day. */
export function clockText(time: number): string {
  return withMillis.format(time);
}

/** The instant to the millisecond, for whoever compares it with logs. */
export function exactText(time: number): string {
  return new Date(time).toISOString();
}
