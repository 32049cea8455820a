/** @module Anvil from npm, for the bench alone: fetched once into `bench/.tools`, which git does not keep. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '1.7.1';
const TOOLS = join(import.meta.dirname, '../.tools');
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const run = promisify(execFile);

/** Path of the binary; installs the package of this platform when it is missing. */
export async function anvilBinary(note: (line: string) => void): Promise<string> {
  const platform = `${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
  const name = `@foundry-rs/anvil-${platform}`;
  const binary = join(TOOLS, 'node_modules', name, 'bin/anvil');
  if (!existsSync(binary)) {
    note(`installing ${name} ${VERSION} into bench/.tools`);
    await mkdir(TOOLS, { recursive: true });
    await writeFile(join(TOOLS, 'package.json'), '{"private":true}\n');
    // The platform's own package holds the binary as it is: no install script has to run.
    await run(
      'npm',
      ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${VERSION}`],
      {
        cwd: TOOLS,
      },
    );
  }
  return binary;
}

/** First line of `anvil --version`. */
export async function anvilVersion(binary: string): Promise<string> {
  const { stdout } = await run(binary, ['--version']);
  return stdout.split('\n')[0]?.replace(/^anvil Version: /, '') ?? 'unknown';
}
