import { fitted, notes, type Style } from './screen.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

const FRAME_MS = 100;

/** A line on standard error that is drawn again and again while something goes on; only on a terminal. */
export class LiveLine implements Disposable {
  readonly #text: () => string;
  readonly #style: () => Style;
  readonly #timer: NodeJS.Timeout | undefined;
  #frame = 0;

  constructor(text: () => string, style: () => Style = () => 'cyan') {
    this.#text = text;
    this.#style = style;
    if (notes.isTerminal) {
      this.#draw();
      this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    }
  }

  #draw(): void {
    const frame = FRAMES[this.#frame % FRAMES.length] ?? '';
    this.#frame += 1;
    notes.write(
      `\r\x1b[K${notes.paint(this.#style(), `${frame} ${fitted(this.#text(), notes.columns - 3)}`)}`,
    );
  }

  /** Takes the line away, so that what follows stands in its place. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    notes.write('\r\x1b[K');
  }
}
