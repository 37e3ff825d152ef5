#!/usr/bin/env node
// The version comes first: on an older Node the imports of the local runtime fail with less helpful words.
const MINIMUM_NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE_MAJOR) {
  process.stderr.write(
    `task-mode: this is Node ${process.versions.node}: want Node ${MINIMUM_NODE_MAJOR} or newer, the version that the functions run on\n`,
  );
  process.exitCode = 1;
} else {
  const { runCommandLine } = await import('../local/command-line.ts');
  const { parseAccessKeys } = await import('../lambdas/domain/access-key.ts');
  const { findConsole } = await import('../local/gateway/find-console.ts');
  await runCommandLine(process.argv.slice(2), { checkAccessKeys: parseAccessKeys, findConsole });
}

export {};
