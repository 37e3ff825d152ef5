import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Gives the JavaScript file that execution environments run. From TypeScript sources it writes a stripped
 * copy to `copyFile`: a process that strips types by itself starts 45 ms later and is 18 MB bigger.
 */
export async function environmentProgram(copyFile: string): Promise<string> {
  const isSource = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(isSource ? './environment.ts' : './environment.js', import.meta.url));
  if (!isSource) {
    return file;
  }
  const program = withoutExperimentalWarning(await readFile(file, 'utf8'));
  await mkdir(dirname(copyFile), { recursive: true });
  await writeFile(copyFile, program);
  return copyFile;
}

/** The function is marked experimental; node bin/task-mode.ts relies on the very same stripping. */
function withoutExperimentalWarning(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
