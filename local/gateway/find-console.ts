import { once } from 'node:events';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { endProcess, launchCommand } from '../launch.ts';

/** In a package the console is built; a checkout has what builds it, in a process of its own, whose memory is given back. */
const PACKED = fileURLToPath(new URL('../../console', import.meta.url));
const BUILDER = fileURLToPath(new URL('../../console/build.ts', import.meta.url));

/** Finds the built web console; in a checkout it is built when its sources have changed, which takes 2 s. */
export async function findConsole(signal: AbortSignal): Promise<string> {
  if (!import.meta.url.endsWith('.ts')) return PACKED;
  const child = launchCommand(`node "${BUILDER}"`, { cwd: dirname(BUILDER), env: process.env });
  const end = () => endProcess(child);
  signal.addEventListener('abort', end, { once: true });
  const [[exitCode], output, errors] = await Promise.all([
    once(child, 'exit'),
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ]);
  signal.removeEventListener('abort', end);
  if (exitCode !== 0) throw new Error(errors.trim() || `building it ended with ${exitCode}`);
  return output.trim().split('\n').at(-1) ?? '';
}
