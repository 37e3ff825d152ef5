const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  min: 60,
  h: 3600,
  d: 86_400,
};

/** Reads `90`, `30s`, `5 min`, `2h` or `1d 12h` as seconds; undefined when it is none of these. */
export function secondsOf(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)\s*/gy)];
  if (
    parts.length === 0 ||
    parts.reduce((length, [part]) => length + part.length, 0) !== text.trim().length
  ) {
    return undefined;
  }
  const seconds = parts.map(([, count, unit]) => Number(count) * (UNIT_SECONDS[unit || 's'] ?? Number.NaN));
  const sum = seconds.reduce((total, each) => total + each, 0);
  return Number.isFinite(sum) && sum > 0 ? sum : undefined;
}
