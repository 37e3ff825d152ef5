#!/usr/bin/env node
// The version comes first: on an older Node the imports fail with less helpful words.
const MINIMUM_NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE_MAJOR) {
  process.stderr.write(
    `task-mode: this is Node ${process.versions.node}: want Node ${MINIMUM_NODE_MAJOR} or newer, the version that the functions run on\n`,
  );
  process.exitCode = 1;
} else {
  // A command is typed often, and mostly starts: what is compiled is kept, which takes 170 of 270 ms of it.
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { runCommandLine } = await import('../cli/command-line.ts');
  await runCommandLine(process.argv.slice(2));
}

export {};
