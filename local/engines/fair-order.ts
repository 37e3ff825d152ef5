export interface GroupedMessage {
  /** Absent: the message is a group of its own. */
  readonly messageGroupId?: string;
}

/**
 * Says whose turn it is in a fair queue of SQS: the group's that has the fewest messages in flight, of several the one's
 * that waited longest for its turn, and within a group the first message's. AWS delivers by arrival until a group takes
 * more than a tenth of the capacity, in dozens of messages: fewer are enough here, where queues are short.
 */
export class FairOrder {
  /** Ordinals of each group's last turn. */
  readonly #lastTurns = new Map<string, number>();
  #turn = 0;

  /** The index of the message whose turn it is, in the order of arrival; -1 when none waits. */
  next(waiting: readonly GroupedMessage[], inflight: Iterable<GroupedMessage>): number {
    const inflightCounts = countByGroup(inflight);
    const seen = new Set<string>();
    let chosen = -1;
    let [fewest, longestAgo] = [Infinity, Infinity];
    for (let index = 0; index < waiting.length; index += 1) {
      const group = waiting[index]?.messageGroupId;
      if (group === undefined) return index;
      if (seen.has(group)) continue;
      seen.add(group);
      const count = inflightCounts.get(group) ?? 0;
      const lastTurn = this.#lastTurns.get(group) ?? 0;
      if (count < fewest || (count === fewest && lastTurn < longestAgo)) {
        [chosen, fewest, longestAgo] = [index, count, lastTurn];
      }
      if (count === 0 && lastTurn === 0) return index;
    }
    return chosen;
  }

  /** Notes that it was a group's turn. */
  took({ messageGroupId }: GroupedMessage): void {
    this.#turn += 1;
    if (messageGroupId !== undefined) this.#lastTurns.set(messageGroupId, this.#turn);
  }
}

function countByGroup(messages: Iterable<GroupedMessage>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { messageGroupId } of messages) {
    if (messageGroupId !== undefined) counts.set(messageGroupId, (counts.get(messageGroupId) ?? 0) + 1);
  }
  return counts;
}
