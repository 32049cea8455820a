#!/usr/bin/env node
// Entry of the `atoll` command, in plain JavaScript: whatever Node started it, the TypeScript behind it runs on the
// Node of node_modules, which strips types.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const STRIPS_TYPES_SINCE = [22, 18];

function stripsTypes() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantMajor, wantMinor] = STRIPS_TYPES_SINCE;
  return major > wantMajor || (major === wantMajor && minor >= wantMinor);
}

/** Runs the same command on another Node, hands signals over and ends as it ended. */
function rerunOn(node) {
  // The channel carries nothing: it closes when this process dies, and the child then stops by itself.
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ATOLL_RERUN: '1' },
  });
  // A terminal sends Ctrl-C to both processes; the child decides when to end. Other senders name only this process.
  const interactive = process.stdin.isTTY === true;
  process.on('SIGINT', () => interactive || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`atoll: ${node} does not start: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal === 'SIGINT' ? 130 : (code ?? 1)));
}

const installed = fileURLToPath(new URL('../node_modules', import.meta.url));
const ownNode = `${installed}/node/bin/node`;
if (!existsSync(`${installed}/commander`)) {
  console.error(
    'atoll: the dependencies are not installed. Run "npm ci" first, in the folder of package.json.',
  );
  process.exitCode = 2;
} else if (stripsTypes()) {
  // Stripped and compiled once, not at every command.
  module.enableCompileCache?.(fileURLToPath(new URL('../.atoll/compile-cache', import.meta.url)));
  await import('./main.ts');
} else if (existsSync(ownNode)) {
  rerunOn(ownNode);
} else {
  console.error(
    `atoll: Node ${process.versions.node} is too old (22.18 or newer), and node_modules has none. Run "npm ci".`,
  );
  process.exitCode = 2;
}
