import { expect, it } from 'vitest';
import { FairOrder, type GroupedMessage } from '../../local/engines/fair-order.ts';

interface Letter extends GroupedMessage {
  readonly name: string;
}

/** `a1` is a message of group a, `-1` one of no group. */
const letters = (names: string): Letter[] =>
  names
    .split(' ')
    .map((name) => (name.startsWith('-') ? { name } : { name, messageGroupId: name.charAt(0) }));

/** Takes messages until none waits; each stays in flight until `atOnce` are, and then the first of these is done. */
function taken(names: string, atOnce: number): string {
  const order = new FairOrder();
  const waiting = letters(names);
  const inflight: Letter[] = [];
  const turns: string[] = [];
  while (waiting.length > 0) {
    if (inflight.length === atOnce) inflight.shift();
    const [message] = waiting.splice(order.next(waiting, inflight), 1);
    if (!message) throw new Error('nobody has the turn');
    order.took(message);
    inflight.push(message);
    turns.push(message.name);
  }
  return turns.join(' ');
}

it.each([
  ['one group, by arrival', 'a1 a2 a3', 2, 'a1 a2 a3'],
  ['no groups, by arrival', '-1 -2 -3', 2, '-1 -2 -3'],
  ['a flood and a few, in turns', 'a1 a2 a3 a4 a5 b1 b2', 2, 'a1 b1 a2 b2 a3 a4 a5'],
  ['the same where one at a time is in flight', 'a1 a2 a3 a4 b1 b2', 1, 'a1 b1 a2 b2 a3 a4'],
  ['three groups, in turns', 'a1 a2 a3 b1 b2 c1', 3, 'a1 b1 c1 a2 b2 a3'],
  ['a message of no group before those of groups that had their turns', 'a1 a2 a3 -1', 2, 'a1 -1 a2 a3'],
])('hands out %s', (_, names, atOnce, expected) => {
  expect(taken(names, atOnce)).toBe(expected);
});

it('gives the turn to who has fewest in flight, even if it had its last turn later', () => {
  const order = new FairOrder();
  const [a = { name: '' }, b = { name: '' }] = letters('a1 b1');
  order.took(a);
  order.took(b);
  expect(order.next(letters('a2 b2'), letters('a1 a0 b1'))).toBe(1);
  expect(order.next(letters('a2 b2'), [])).toBe(0);
});

it('gives nobody the turn where none waits', () => {
  expect(new FairOrder().next([], letters('a1'))).toBe(-1);
});
