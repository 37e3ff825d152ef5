import { UsageError } from './failure.ts';

/** Reads a whole number within bounds. */
export function wholeNumberOption(
  option: string,
  { min, max }: { readonly min: number; readonly max: number },
): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d{1,15}$/.test(text) || number < min || number > max) {
      const wanted = Number.isFinite(max) ? `from ${min} to ${max}` : `of ${min} or more`;
      throw new UsageError(`${option} is "${text}": want a whole number ${wanted}`);
    }
    return number;
  };
}

/** Reads a URL, without what follows its path. */
export function urlOption(option: string, example: string): (text: string) => string {
  return (text) => {
    if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
      throw new UsageError(`${option} is "${text}": want a URL such as ${example}`);
    }
    const { origin, pathname } = new URL(text);
    return `${origin}${pathname}`.replace(/\/+$/, '');
  };
}

export function filledOption(option: string, wanted: string): (text: string) => string {
  return (text) => {
    if (text.trim() === '') throw new UsageError(`${option} is "${text}": want ${wanted}`);
    return text;
  };
}

/** Reads one of some words, in whatever case; a shell that completes finds them on it. */
export function wordOption<const W extends string>(
  option: string,
  words: readonly W[],
): ((text: string) => W) & { readonly words: readonly W[] } {
  const read = (text: string) => {
    const word = words.find((one) => one.toLowerCase() === text.toLowerCase());
    if (word === undefined) {
      const last = words.at(-1);
      throw new UsageError(`${option} is "${text}": want ${words.slice(0, -1).join(', ')} or ${last}`);
    }
    return word;
  };
  return Object.assign(read, { words });
}

/** Reads several of some words, separated by commas or given one by one. */
export function wordsOption<const W extends string>(
  option: string,
  words: readonly W[],
): ((text: string, before?: readonly W[]) => readonly W[]) & { readonly words: readonly W[] } {
  const wordOf = wordOption(option, words);
  const read = (text: string, before: readonly W[] = []) => [
    ...new Set([...before, ...text.split(',').map((one) => wordOf(one.trim()))]),
  ];
  return Object.assign(read, { words });
}
