/** Replaces a part of an address that readers must not see. */
const HIDDEN = '…';

/** Up to 8 characters are no secret worth the name: `v1`, `hooks`, `T0001`. */
const SHORT = /^[\w.~-]{0,8}$/;

/** Words and numbers, joined by `-`, `_` or `.`: `task-finished`, `videoEncoded`, `2023-03-30`, `access_token`. */
const WORDS =
  /^(?:[A-Za-z][a-z]{0,14}(?:[A-Z][a-z]{1,14}){0,4}|\d{1,6})(?:[-_.](?:[A-Za-z][a-z]{0,14}(?:[A-Z][a-z]{1,14}){0,4}|\d{1,6}))*$/;

/**
 * Returns a destination as answers, the command line, the console, error messages and logs show it. An ARN is shown
 * whole. Of a URL, `…` replaces the user and password, each value of the query, the fragment, and each segment of the
 * path that may be a token: all but those of up to 8 characters and those made of words and numbers. Scheme, host and
 * port stay. What is neither an ARN nor a URL is `…`. Shortening twice gives the same as once.
 *
 * Many services put the credential into the webhook's address (`…/send?access_token=…`, `hooks.slack.com/services/…`),
 * so whoever may read a configuration could otherwise post there.
 */
export function shownDestination(destination: string): string {
  if (destination.startsWith('arn:')) return destination;
  if (!/^https?:/i.test(destination) || !URL.canParse(destination)) return HIDDEN;
  const { protocol, username, password, host, pathname, search, hash } = new URL(destination);
  const user = username === '' && password === '' ? '' : `${HIDDEN}@`;
  const path = pathname.split('/').map(shownName).join('/');
  const query = search === '' ? '' : `?${search.slice(1).split('&').map(shownParameter).join('&')}`;
  return `${protocol}//${user}${host}${path}${query}${hash === '' ? '' : `#${HIDDEN}`}`;
}

/** Whether a text is a shortened address, which no real one looks like: a URL encodes `…`. */
export function isShortened(text: string): boolean {
  return text.includes(HIDDEN);
}

function shownName(name: string): string {
  return SHORT.test(name) || WORDS.test(name) ? name : HIDDEN;
}

function shownParameter(parameter: string): string {
  const at = parameter.indexOf('=');
  return at === -1 ? HIDDEN : `${shownName(parameter.slice(0, at))}=${HIDDEN}`;
}
