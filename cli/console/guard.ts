import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Why a request is not answered. */
export interface Refusal {
  readonly statusCode: 401 | 403;
  readonly message: string;
}

/** What the address that the person opens carries, once. */
const TOKEN_PARAMETER = 'token';

/**
 * Lets nobody in but the browser of the person who started the console. Host: a name that an attacker has resolve to
 * loopback (DNS rebinding) is not ours. Origin and Sec-Fetch-Site: other sites' pages send to us as well, and are not
 * answered. Token: other programs and people of this machine do not know it; it changes with each start.
 */
export class ConsoleGuard {
  readonly #origin: string;
  readonly #cookieName: string;
  readonly #token = randomBytes(32).toString('base64url');

  constructor(origin: string) {
    this.#origin = origin;
    // Browsers keep cookies by host only: two consoles on two ports have two.
    this.#cookieName = `task-mode-console-${new URL(origin).port}`;
  }

  /** The address to open; whoever has it may act as the person who started the console. */
  get entranceUrl(): string {
    return `${this.#origin}/console/?${TOKEN_PARAMETER}=${this.#token}`;
  }

  /** Says why a request is not to be answered; undefined when it is. */
  refusalOf({ headers, url = '/' }: IncomingMessage): Refusal | undefined {
    if (`http://${headers.host}` !== this.#origin) {
      return { statusCode: 403, message: `This is ${this.#origin}, and no other name of it is answered` };
    }
    const { origin, 'sec-fetch-site': site } = headers;
    const isForeign = origin !== undefined && origin !== this.#origin;
    if (isForeign || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
      return { statusCode: 403, message: 'Pages of other sites are not answered' };
    }
    if (this.#isToken(this.#cookieOf(headers.cookie)) || this.#isToken(this.#tokenIn(url))) return undefined;
    return { statusCode: 401, message: 'Open the address that "task-mode console" printed when it started' };
  }

  /** The cookie for a browser that comes with the token in the address; undefined for all other requests. */
  cookieFor({ url = '/' }: IncomingMessage): string | undefined {
    if (!this.#isToken(this.#tokenIn(url))) return undefined;
    return `${this.#cookieName}=${this.#token}; Path=/; HttpOnly; SameSite=Strict`;
  }

  #tokenIn(url: string): string | undefined {
    return new URL(url, this.#origin).searchParams.get(TOKEN_PARAMETER) ?? undefined;
  }

  #cookieOf(header = ''): string | undefined {
    const cookies = header.split(';').map((one) => one.trim().split('='));
    return cookies.find(([name]) => name === this.#cookieName)?.[1];
  }

  #isToken(given: string | undefined): boolean {
    const digestOf = (text: string) => createHash('sha256').update(text).digest();
    return given !== undefined && timingSafeEqual(digestOf(given), digestOf(this.#token));
  }
}
