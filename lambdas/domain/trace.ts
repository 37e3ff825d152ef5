/** Where a task's submit belongs in somebody's distributed trace: the two headers of W3C Trace Context, as they are handed on. */
export interface Trace {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** The headers as they came, or not. */
export type TraceHeaders = { readonly [Name in keyof Trace]?: string | undefined };

/** Version, trace id, parent id and flags (W3C Trace Context, section 3.2.2); a version to come may have more fields. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** One member of a list (section 3.3.1.3): a key, and an opaque value without `,` and `=` that does not end in a space. */
const MEMBER =
  /^[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** Section 3.3.1.1: a list has no more members. */
const MEMBERS_MAX = 32;

/**
 * What of a list is handed on at the least (section 3.3.1.5), and here at the most: it is part of the row, which is billed
 * at every write. Members of more characters go first where something has to.
 */
const TRACESTATE_MAX_CHARACTERS = 512;
const LONG_MEMBER_CHARACTERS = 128;

/** What a span of AWS X-Ray's is known by, as its header has it: the trace begins with the time of its root. */
const X_RAY_ROOT = /(?:^|;)\s*Root=1-([0-9a-f]{8})-([0-9a-f]{24})/;
const X_RAY_PARENT = /(?:^|;)\s*Parent=([0-9a-f]{16})/;

/**
 * Reads the headers of a submit; undefined where there is no trace. As the specification has it, a traceparent that cannot be
 * read counts as absent, and so does its list; a list that cannot be read is left out.
 */
export function readTrace({ traceparent, tracestate }: TraceHeaders): Trace | undefined {
  const parent = readTraceparent(traceparent?.trim() ?? '');
  if (parent === undefined) return undefined;
  const state = readTracestate(tracestate ?? '');
  return state === '' ? { traceparent: parent } : { traceparent: parent, tracestate: state };
}

/** The headers of a trace, by name: whatever else the object holds is not sent. */
export function traceHeaders(trace: Trace | undefined): Partial<Trace> {
  if (!trace) return {};
  const { traceparent, tracestate } = trace;
  return { traceparent, ...(tracestate !== undefined && { tracestate }) };
}

/** Puts the span that AWS X-Ray's header names into the same words; undefined where it names none. */
export function traceOfXRay(header: string | undefined): Trace | undefined {
  const [, time, rest] = X_RAY_ROOT.exec(header ?? '') ?? [];
  const [, parent] = X_RAY_PARENT.exec(header ?? '') ?? [];
  const sampled = /(?:^|;)\s*Sampled=1/.test(header ?? '') ? '01' : '00';
  return time && rest && parent
    ? readTrace({ traceparent: `00-${time}${rest}-${parent}-${sampled}` })
    : undefined;
}

/** Of a version to come, nothing but what this one has is handed on, as this one: of the flags, that is whether it is sampled. */
function readTraceparent(text: string): string | undefined {
  const [, version = 'ff', traceId = '', parentId = '', flags = '', more] = TRACEPARENT.exec(text) ?? [];
  if (version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  if (version === '00') return more === undefined ? text : undefined;
  const sampled = Number.parseInt(flags, 16) % 2;
  return `00-${traceId}-${parentId}-0${sampled}`;
}

function readTracestate(text: string): string {
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const keys = new Set(members.map((member) => member.split('=', 1)[0]));
  const isList =
    members.length <= MEMBERS_MAX &&
    keys.size === members.length &&
    members.every((member) => MEMBER.test(member));
  return isList ? shortened(members) : '';
}

/** Whole members go (section 3.3.1.5): long ones, from the end on, then any from the end on. */
function shortened(members: string[]): string {
  const kept = [...members];
  while (kept.join(',').length > TRACESTATE_MAX_CHARACTERS) {
    const long = kept.findLastIndex((member) => member.length > LONG_MEMBER_CHARACTERS);
    kept.splice(long, 1);
  }
  return kept.join(',');
}
