import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A shell that learns the process groups of our children over its standard input. When that ends while it still
 * knows some, this process has died without ending them, as after kill -9, and the shell ends them. An idle child
 * sees by itself that its IPC channel is gone; one in an endless loop never looks.
 */
const SCRIPT = `
trap '' INT TERM HUP
live=
while read -r sign id; do
  if [ "$sign" = + ]; then
    live="$live $id"
  else
    rest=
    for other in $live; do
      [ "$other" = "$id" ] || rest="$rest $other"
    done
    live=$rest
  fi
done
for id in $live; do
  kill -s KILL -- "-$id"
done`;

let shell: ChildProcess | undefined;
const groups = new Set<number>();

/** Has a child's process group ended if this process dies before `releaseFromReaper`. */
export function entrustToReaper(groupId: number): void {
  shell ??= startShell();
  groups.add(groupId);
  shell.stdin?.write(`+ ${groupId}\n`);
}

export function releaseFromReaper(groupId: number): void {
  if (!groups.delete(groupId)) {
    return;
  }
  shell?.stdin?.write(`- ${groupId}\n`);
  if (groups.size === 0) {
    shell?.stdin?.end();
    shell = undefined;
  }
}

function startShell(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  // Without it a busy orphan stays; nothing else is lost.
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.unref();
  return child;
}
