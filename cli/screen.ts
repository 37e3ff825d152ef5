import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** Styles a text, or leaves it as it is where colours are not wanted. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_, text) => text;

/** One of the two streams that people and pipes read: `NO_COLOR`, `FORCE_COLOR` and no terminal at all are heeded. */
export class Screen {
  readonly #stream: WriteStream;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** What fits onto a line; where nobody looks, everything does. */
  get columns(): number {
    return this.isTerminal ? this.#stream.columns || 80 : Number.POSITIVE_INFINITY;
  }

  get rows(): number {
    return this.isTerminal ? this.#stream.rows || 24 : Number.POSITIVE_INFINITY;
  }

  get paint(): Paint {
    return (style, text) => styleText(style, text, { stream: this.#stream });
  }

  write(text: string): void {
    this.#stream.write(text);
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`);
  }
}

/** What was asked for, and nothing else. */
export const output = new Screen(process.stdout);

/** Everything that a pipe must not carry: progress, hints, errors. */
export const notes = new Screen(process.stderr);

/** Takes out what would move the cursor or ring the bell: texts of tasks are anybody's. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\u{fffd}');
}

const WIDE =
  /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}|[\uff01-\uff60]/u;

/** How many columns a text without styles takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1;
  return width;
}

/** Cuts a text without styles to so many columns; what was cut shows as `…`. */
export function fitted(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
