import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Gives the JavaScript file that execution environments run. From TypeScript sources it writes a stripped
 * copy to `copyFile`: a process that strips types by itself starts 45 ms later and is 18 MB bigger.
 */
export function environmentProgram(copyFile: string): Promise<string> {
  return plainProgram('./environment', copyFile);
}

/** Gives what execution environments load before, so that their Date follows a clock's file, as an address. */
export async function clockProgram(copyFile: string, clockFile: string): Promise<string> {
  const address = pathToFileURL(await plainProgram('../clock/date-offset', copyFile));
  address.searchParams.set('follow', clockFile);
  return address.href;
}

async function plainProgram(name: string, copyFile: string): Promise<string> {
  const isSource = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(`${name}${isSource ? '.ts' : '.js'}`, import.meta.url));
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
