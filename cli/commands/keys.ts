/** @module `atoll keys`: key pairs. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { optionsOf, outputOf } from '../context.ts';
import { CliError } from '../errors.ts';
import { newKey } from '../keys.ts';
import { fields } from '../output.ts';

/** Adds `keys new`. */
export function keysCommands(program: Command): void {
  const keys = program.command('keys').description('key pairs (Ed25519)');
  keys
    .command('new')
    .description('make a key pair; without --out the private key is printed')
    .option('--out <file>', 'write it to a new file with mode 600, for --key-file')
    .addHelpText('after', '\nExample:\n  $ atoll keys new --out alice.json')
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf<{ out?: string }>(command);
      const output = outputOf(options);
      const { address, publicKey, privateKey } = newKey();
      if (options.out === undefined) {
        output.result(
          { address, public_key: publicKey, private_key: privateKey },
          fields([
            ['address', address],
            ['public key', publicKey],
            ['private key', privateKey],
          ]),
        );
        return;
      }
      await writeNewFile(
        options.out,
        `${JSON.stringify({ address, public_key: publicKey, private_key: privateKey }, null, 2)}\n`,
      );
      output.result(
        { address, public_key: publicKey, file: options.out },
        fields([
          ['address', address],
          ['public key', publicKey],
          ['file', options.out],
        ]),
      );
    });
}

/** Writes a secret to a file that must not exist yet, readable by its owner only. @throws CliError conflict */
export async function writeNewFile(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') {
      throw new CliError('conflict', `${file} exists, and a key is never overwritten`, {
        hint: 'give another name',
      });
    }
    throw new CliError('runtime', `${file} cannot be written: ${error.code ?? error.message}`, {
      cause: error,
    });
  });
}
