import { UsageError } from './failure.ts';

const SECONDS_OF = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Reads a length of time such as `90`, `30s`, `5m`, `2h` or `7d`, in seconds. */
export function durationOption(option: string): (text: string) => number {
  return (text) => {
    const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(s|m|h|d)?$/.exec(text) ?? [];
    if (number === undefined) {
      throw new UsageError(`${option} is "${text}": want a time such as 90, 30s, 5m, 2h or 7d`);
    }
    return Math.round(Number(number) * SECONDS_OF[unit as keyof typeof SECONDS_OF]);
  };
}

/** Reads when something was: so long ago (`2h`), or a date (`2026-11-24`, `2026-11-24T18:00Z`), in epoch milliseconds. */
export function instantOption(option: string, nowMs: () => number = Date.now): (text: string) => number {
  return (text) => {
    if (/^\d+(\.\d+)?(s|m|h|d)$/.test(text)) return nowMs() - durationOption(option)(text) * 1000;
    const ms = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(ms)) {
      throw new UsageError(
        `${option} is "${text}": want how long ago (30m, 2h, 7d) or a date (2026-11-24T18:00Z)`,
      );
    }
    return ms;
  };
}

/** Says how long something took, as people do. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const pairs = [
    ['d', 86_400, 'h', 3600],
    ['h', 3600, 'min', 60],
    ['min', 60, 's', 1],
  ] as const;
  for (const [unit, length, smaller, smallerLength] of pairs) {
    if (seconds < length) continue;
    const rest = Math.floor((seconds % length) / smallerLength);
    return `${Math.floor(seconds / length)} ${unit}${rest > 0 ? ` ${rest} ${smaller}` : ''}`;
  }
  return `${seconds} s`;
}

/** Says how long ago something was, in one unit. */
export function agoText(ms: number): string {
  if (ms < 1000) return 'now';
  const [, number, unit] = /^(\d+)\S* (\S+)/.exec(durationText(ms)) ?? [];
  return `${number} ${unit} ago`;
}

/** An instant in this machine's time zone, to the second, as ISO 8601 has it. */
export function instantText(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
