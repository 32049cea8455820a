/** @module `atoll message`: texts and files between accounts, on the chain. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Message } from '../../sdk/index.ts';
import type { Address } from '../../shared/protocol/primitives/brand.ts';
import { fromHex } from '../../shared/protocol/primitives/bytes.ts';
import { clientOf, keyOf, optionsOf, outputOf } from '../context.ts';
import { CliError } from '../errors.ts';
import { paint } from '../output.ts';
import { address, count } from '../values.ts';
import { follow, type WaitOptions, withWaitOptions } from './tx.ts';

interface SendOptions extends WaitOptions {
  readonly to: Address;
  readonly text?: string;
  readonly file?: string;
  readonly contentType?: string;
}

/** Adds `message send` and `message inbox`. */
export function messageCommands(program: Command): void {
  const message = program.command('message').description('messages between accounts; everyone can read them');
  const sendCommand = message
    .command('send')
    .description('send a text or a file')
    .requiredOption('--to <address>', 'recipient', address)
    .option('--text <text>', 'the message')
    .option('--file <file>', 'the message as a file')
    .option('--content-type <type>', 'media type; default text/plain, of a file application/octet-stream');
  withWaitOptions(sendCommand).action(async (_: unknown, command: Command) => await send(command));
  message
    .command('inbox')
    .description('list the messages that an account received, newest first')
    .option('--address <address>', 'account; default: that of the key', address)
    .option('--limit <n>', 'most messages', count, 20)
    .action(async (_: unknown, command: Command) => await inbox(command));
}

async function send(command: Command): Promise<void> {
  const options = optionsOf<SendOptions>(command);
  const body = await bodyOf(options);
  const client = clientOf(options, await keyOf(options));
  const { to, fee, contentType } = options;
  const sent = await client.messages.send({
    to,
    body,
    ...(fee === undefined ? {} : { fee }),
    ...(contentType === undefined ? {} : { contentType }),
  });
  await follow(sent, options, outputOf(options));
}

async function bodyOf({ text, file }: SendOptions): Promise<string | Uint8Array> {
  if (text !== undefined && file === undefined) return text;
  if (file === undefined || text !== undefined) {
    throw new CliError('usage', 'a message is a text or a file', {
      hint: 'pass either --text TEXT or --file FILE',
    });
  }
  return await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CliError('usage', `${file} cannot be read: ${error.code ?? error.message}`, { cause: error });
  });
}

async function inbox(command: Command): Promise<void> {
  const options = optionsOf<{ address?: Address; limit: number }>(command);
  const account = options.address ?? (await keyOf(options)).address;
  const messages: Message[] = [];
  if (options.limit > 0) {
    const pageSize = Math.min(options.limit, 100);
    for await (const found of clientOf(options).messages.inbox({ address: account, pageSize })) {
      messages.push(found);
      if (messages.length === options.limit) break;
    }
  }
  const output = outputOf(options);
  output.result({ address: account, messages }, messages.map(messageLine));
  if (messages.length === 0) output.note(`no messages for ${account}`);
}

/** A message in one line; what is no text shows its size. */
export function messageLine(message: Message): string {
  const bytes = fromHex(message.body);
  const isText = message.content_type.startsWith('text/');
  // Control characters of a stranger's text must not steer the reader's terminal.
  const text = new TextDecoder().decode(bytes).replace(/\p{Cc}/gu, ' ');
  const shown = isText ? text : `${bytes.length} bytes of ${message.content_type}`;
  return `${paint('bold', `#${message.height}`)}  ${message.sender} -> ${message.recipient}  ${shown}`;
}
