import { expect, test } from 'vitest';
import { readTrace, traceOfXRay } from '../../lambdas/domain/trace.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const traceparent = `00-${TRACE}-${PARENT}-01`;

test('a traceparent is taken as it is, and one of a version to come as what this version knows of it', () => {
  expect(readTrace({ traceparent })).toEqual({ traceparent });
  expect(readTrace({ traceparent: `00-${TRACE}-${PARENT}-03` })).toEqual({
    traceparent: `00-${TRACE}-${PARENT}-03`,
  });
  for (const later of [`cc-${TRACE}-${PARENT}-03`, `01-${TRACE}-${PARENT}-01-what-the-future-has`]) {
    expect(readTrace({ traceparent: later })).toEqual({ traceparent });
  }
});

test.each([
  ['absent', undefined],
  ['empty', ''],
  ['of version ff', `ff-${TRACE}-${PARENT}-01`],
  ['of this version with something behind it', `${traceparent}-x`],
  ['of a later version with something glued to it', `01-${TRACE}-${PARENT}-01.x`],
  ['without a trace id', `00-${'0'.repeat(32)}-${PARENT}-01`],
  ['without a parent id', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['in upper case', traceparent.toUpperCase()],
  ['too short', `00-${TRACE.slice(1)}-${PARENT}-01`],
  ['twice', `${traceparent},${traceparent}`],
])('a traceparent that is %s is no trace, and its tracestate counts for nothing', (_, wrong) => {
  expect(readTrace({ traceparent: wrong, tracestate: 'a=1' })).toBeUndefined();
});

test.each([
  ['one member', 'congo=t61rcWkgMzE', 'congo=t61rcWkgMzE'],
  ['members with spaces and empty ones between', ' a=1 ,, b=2,\tc@d=3', 'a=1,b=2,c@d=3'],
  ['what is no list', 'a', undefined],
  ['a key in upper case', 'A=1', undefined],
  ['a key twice', 'a=1,a=2', undefined],
  ['33 members', Array.from({ length: 33 }, (_, n) => `a${n}=1`).join(), undefined],
  ['a value with an = in it', 'a=1=2', undefined],
  ['none', '', undefined],
])('of a tracestate, %s', (_, tracestate, kept) => {
  expect(readTrace({ traceparent, tracestate })).toEqual({
    traceparent,
    ...(kept !== undefined && { tracestate: kept }),
  });
});

test('a tracestate is cut to 512 characters by whole members: long ones first, from the end on', () => {
  const short = Array.from({ length: 10 }, (_, n) => `k${n}=${'v'.repeat(37)}`);
  const long = `long=${'x'.repeat(200)}`;
  const kept = (members: string[]) => readTrace({ traceparent, tracestate: members.join() })?.tracestate;
  expect(kept([long, ...short])).toBe(short.join());
  const many = [...short, ...Array.from({ length: 10 }, (_, n) => `m${n}=${'w'.repeat(37)}`)];
  expect(kept(many)).toBe(many.slice(0, 12).join());
  expect(kept([`whole=${'x'.repeat(255)}`])).toBe(`whole=${'x'.repeat(255)}`);
});

test("X-Ray's header is the same trace in W3C's words", () => {
  const root = `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)}`;
  expect(traceOfXRay(`${root};Parent=${PARENT};Sampled=1;Lineage=1:a:0`)).toEqual({ traceparent });
  expect(traceOfXRay(`${root};Parent=${PARENT};Sampled=0`)).toEqual({
    traceparent: `00-${TRACE}-${PARENT}-00`,
  });
  for (const none of [undefined, '', root, `Parent=${PARENT}`]) expect(traceOfXRay(none)).toBeUndefined();
});
