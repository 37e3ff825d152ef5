/** A payload that somebody named, to submit it again and again: kept in this browser, for one function. */
export interface SavedPayload {
  readonly name: string;
  readonly text: string;
}

export const PAYLOAD_NAME_MAX = 60;

/** Browsers keep some 5 MB for a site (Web Storage), and the console is not alone in it. */
const MAX_CHARACTERS = 100_000;
const KEPT = 50;

const keyOf = (functionName: string) => `task-mode.saved-payloads.${functionName}`;

/** By name. */
export function savedPayloads(functionName: string): readonly SavedPayload[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(functionName)) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isSaved) : [];
  } catch {
    return [];
  }
}

/** Saves a payload, in the place of one of the same name; says why it could not. */
export function savePayload(functionName: string, { name, text }: SavedPayload): string | undefined {
  const others = savedPayloads(functionName).filter((saved) => saved.name !== name);
  if (text.length > MAX_CHARACTERS) {
    return `Only payloads of up to ${MAX_CHARACTERS} characters are saved; this one has ${text.length}`;
  }
  if (others.length >= KEPT) return `${KEPT} payloads are saved for ${functionName}: delete one first`;
  return store(functionName, [...others, { name, text }]);
}

/** Gives a saved payload another name, which no other one has. */
export function renamePayload(functionName: string, from: string, to: string): string | undefined {
  const saved = savedPayloads(functionName);
  return store(
    functionName,
    saved.map((each) => (each.name === from ? { ...each, name: to } : each)),
  );
}

export function deletePayload(functionName: string, name: string): string | undefined {
  return store(
    functionName,
    savedPayloads(functionName).filter((saved) => saved.name !== name),
  );
}

/** What is wrong with a name; undefined when nothing is. */
export function payloadNameFault(name: string, taken: readonly string[]): string | undefined {
  if (name === '' || name.length > PAYLOAD_NAME_MAX) return `1 to ${PAYLOAD_NAME_MAX} characters`;
  return taken.includes(name) ? `There is one named "${name}"` : undefined;
}

function store(functionName: string, payloads: readonly SavedPayload[]): string | undefined {
  const sorted = payloads.toSorted((a, b) => a.name.localeCompare(b.name));
  try {
    localStorage.setItem(keyOf(functionName), JSON.stringify(sorted));
    return undefined;
  } catch {
    return 'The browser has no more room for it: delete some that are saved';
  }
}

function isSaved(value: unknown): value is SavedPayload {
  if (typeof value !== 'object' || value === null) return false;
  const { name, text } = value as Partial<SavedPayload>;
  return typeof name === 'string' && typeof text === 'string';
}
