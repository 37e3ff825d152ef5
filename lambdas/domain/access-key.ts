/** One access key: who may sign with it, and what for. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secret: string;
  /** Who signs with it: of several keys of one user each is the same caller. */
  readonly user: string;
  /** Names of functions; `name*` is a prefix, `*` is every function. */
  readonly functions: readonly string[];
  /** Actions such as `fc:StopAsyncTask`; `fc:Get*` is a prefix, `*` is every action. */
  readonly actions: readonly string[];
}

export type AccessKeys = ReadonlyMap<string, AccessKey>;

/** What a key is asked for; a request of no one function concerns all of them. */
export interface Permission {
  readonly action: string;
  readonly functionName: string | undefined;
}

/** Tells whether a key may do something. Whether the function exists does not matter here. */
export function isPermitted(key: AccessKey, { action, functionName }: Permission): boolean {
  const isForFunction =
    functionName === undefined
      ? key.functions.includes('*')
      : key.functions.some((pattern) => matches(pattern, functionName));
  return isForFunction && key.actions.some((pattern) => matches(pattern, action));
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** An id as a signature names it, before the comma that ends it. */
const KEY_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Alibaba's have 30 characters. One that can be guessed could be told from any one signature. */
const SECRET = /^[\x21-\x7e]{16,256}$/;

const USER = /^[\x21-\x7e]{1,128}$/;

const FUNCTIONS = /^(?:\*|[A-Za-z_][A-Za-z0-9_-]{0,63}\*?)$/;

const ACTIONS = /^(?:\*|fc:[A-Za-z]{0,64}\*|fc:[A-Za-z]{1,64})$/;

const FIELDS = ['secret', 'functions', 'actions', 'user'];

/**
 * Reads access keys from the text that holds them: `{"keys": {"<id>": {"secret", "functions", "actions", "user"?}}}`.
 * @throws Error that names what is wrong and what is wanted, and shows nothing that may be secret.
 */
export function parseAccessKeys(text: string): AccessKeys {
  const content = objectAt(fromJson(text), 'the whole');
  refuseOthers(content, ['keys'], 'the whole');
  const entries = Object.entries(objectAt(content.keys, 'keys'));
  return new Map(
    entries.map(([id, entry], index) => {
      // Where an id is wrong it may be a secret that was put in its place.
      if (!KEY_ID.test(id)) wrong(`id ${index + 1} in keys`, '1 to 128 letters, digits, ".", "_" and "-"');
      return [id, toAccessKey(id, entry)];
    }),
  );
}

function toAccessKey(accessKeyId: string, entry: unknown): AccessKey {
  const at = `keys.${accessKeyId}`;
  const fields = objectAt(entry, at);
  refuseOthers(fields, FIELDS, at);
  return {
    accessKeyId,
    secret: textAt(fields.secret, `${at}.secret`, SECRET, '16 to 256 printable characters without spaces'),
    user:
      fields.user === undefined
        ? accessKeyId
        : textAt(fields.user, `${at}.user`, USER, '1 to 128 printable characters without spaces'),
    functions: listAt(fields.functions, `${at}.functions`, FUNCTIONS, 'names of functions, "name*" or "*"'),
    actions: listAt(
      fields.actions,
      `${at}.actions`,
      ACTIONS,
      'actions such as "fc:InvokeFunction", "fc:Get*" or "*"',
    ),
  };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    return wrong('the whole', 'JSON');
  }
}

function objectAt(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return wrong(where, 'a JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function refuseOthers(fields: object, known: readonly string[], where: string): void {
  if (Object.keys(fields).some((name) => !known.includes(name)))
    wrong(where, `no fields but ${known.join(', ')}`);
}

function textAt(value: unknown, where: string, pattern: RegExp, wanted: string): string {
  return typeof value === 'string' && pattern.test(value) ? value : wrong(where, wanted);
}

function listAt(value: unknown, where: string, pattern: RegExp, wanted: string): string[] {
  if (!Array.isArray(value) || value.length === 0) return wrong(where, `a list of ${wanted}`);
  return value.map((entry, index) => textAt(entry, `${where}[${index}]`, pattern, `one of the ${wanted}`));
}

function wrong(where: string, wanted: string): never {
  throw new Error(`access keys: ${where} must be ${wanted}`);
}
