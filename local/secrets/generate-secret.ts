import { randomInt } from 'node:crypto';

/** What a template can ask of a generated value. */
export interface GeneratedSecret {
  readonly length: number;
  readonly excludedCharacters: string;
  readonly excludes: Readonly<Record<CharacterKind, boolean>>;
  readonly includesSpace: boolean;
  readonly requiresEachKind: boolean;
}

const KINDS = {
  Lowercase: 'abcdefghijklmnopqrstuvwxyz',
  Uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  Numbers: '0123456789',
  Punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const;

export type CharacterKind = keyof typeof KINDS;

export const CHARACTER_KINDS = Object.keys(KINDS) as readonly CharacterKind[];

/** Draws a password by the rules of Secrets Manager's GetRandomPassword; undefined when they leave no characters. */
export function generateSecret(rules: GeneratedSecret): string | undefined {
  const kinds = [
    ...CHARACTER_KINDS.filter((kind) => !rules.excludes[kind]).map((kind): string => KINDS[kind]),
    ...(rules.includesSpace ? [' '] : []),
  ]
    .map((characters) => [...characters].filter((character) => !rules.excludedCharacters.includes(character)))
    .filter((characters) => characters.length > 0);
  const all = kinds.flat();
  const required = rules.requiresEachKind ? kinds : [];
  if (all.length === 0 || required.length > rules.length) return undefined;
  const drawn = [
    ...required.map(drawFrom),
    ...Array.from({ length: rules.length - required.length }, () => drawFrom(all)),
  ];
  return shuffled(drawn).join('');
}

function drawFrom(characters: readonly string[]): string {
  return characters[randomInt(characters.length)] ?? '';
}

function shuffled(characters: readonly string[]): string[] {
  const order = [...characters];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [order[last], order[other]] = [order[other] ?? '', order[last] ?? ''];
  }
  return order;
}
