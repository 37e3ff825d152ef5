import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import type { HttpResponse } from './http-response.ts';

const PATH = '/console';

/** Pages of the console run its own code and styles, and nothing else. Images may be results of tasks. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const COMMON_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Names under these have a hash of their content in them. */
const UNCHANGING = /^\/(?:assets|fonts)\//;

/** What the console is told of what it shows. */
export interface Surroundings {
  readonly stackName: string;
  readonly region: string;
  readonly functionNames: readonly string[];
  /** Whether the API runs on this machine, too. Then the page itself signs its calls, if they have to be. */
  readonly isLocal: boolean;
  /** Where programs call the API, and how they sign: the console's own address may be good for one browser only. */
  readonly endpoint: string;
  readonly auth: 'none' | 'iam' | 'accessKeys';
  /** Without workflows the API has no routes to ask for them; left out where nobody knows. */
  readonly hasWorkflows?: boolean | undefined;
}

/** Serves the built web console at `/console`: its files, and its page for every address of its own. */
export class ConsoleFiles {
  readonly #folder: Promise<string>;
  readonly #surroundings: Surroundings | Promise<Surroundings>;
  #names: Promise<ReadonlySet<string>> | undefined;

  /** A folder that is still being built is waited for by whoever asks, and so are surroundings that are being found out. */
  constructor(folder: Promise<string>, surroundings: Surroundings | Promise<Surroundings>) {
    this.#folder = folder;
    this.#surroundings = surroundings;
    // Whoever asks is told of it.
    folder.catch(() => undefined);
  }

  /** Tells whether a path is the console's. */
  owns(path: string): boolean {
    return path === PATH || path.startsWith(`${PATH}/`);
  }

  /** Answers a request of the console. */
  async answer({ method }: IncomingMessage, path: string): Promise<HttpResponse> {
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'The console is read only: GET or HEAD');
    if (path === PATH) return { ...text(308, ''), headers: { ...COMMON_HEADERS, location: `${PATH}/` } };
    const name = path.slice(PATH.length);
    if (name === '/surroundings.json') return this.#surroundingsAnswer();
    try {
      return await this.#file(name);
    } catch (error) {
      return text(500, `The console could not be built: ${(error as Error).message}`);
    }
  }

  async #surroundingsAnswer(): Promise<HttpResponse> {
    return {
      statusCode: 200,
      headers: { ...COMMON_HEADERS, 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: Buffer.from(JSON.stringify(await this.#surroundings)),
    };
  }

  /** Only names that were found in the folder are ever opened. */
  async #file(name: string): Promise<HttpResponse> {
    const folder = await this.#folder;
    this.#names ??= namesIn(folder);
    const isKnown = (await this.#names).has(name);
    if (!isKnown && UNCHANGING.test(name)) return text(404, 'No such file');
    const found = isKnown ? name : '/index.html';
    return {
      statusCode: 200,
      headers: {
        ...COMMON_HEADERS,
        'content-type': TYPES[extname(found)] ?? 'application/octet-stream',
        'cache-control': UNCHANGING.test(found) ? 'public, max-age=31536000, immutable' : 'no-cache',
      },
      body: await readFile(join(folder, found)),
    };
  }
}

async function namesIn(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Set(
    files.map((entry) => `/${relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/')}`),
  );
}

function text(statusCode: number, message: string): HttpResponse {
  return {
    statusCode,
    headers: { ...COMMON_HEADERS, 'content-type': 'text/plain; charset=utf-8' },
    body: Buffer.from(message),
  };
}
