/** @module What every command knows: the options before it, the environment, and the client made from both. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Client, createClient } from '../sdk/index.ts';
import { CliError } from './errors.ts';
import { accountOf, type KeyPair } from './keys.ts';
import { createOutput, type Output } from './output.ts';

/** Where a devnet listens unless told otherwise. */
export const DEFAULT_RPC_URL = 'http://127.0.0.1:9080';

/** Options that stand before or after any command. */
export interface GlobalOptions {
  readonly rpcUrl?: string;
  readonly chainId?: string;
  readonly keyFile?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** The options of a command together with those of its parents. */
export function optionsOf<Options extends object>(command: Command): GlobalOptions & Options {
  return command.optsWithGlobals() as GlobalOptions & Options;
}

/** The output that the options ask for. */
export function outputOf(options: GlobalOptions): Output {
  return createOutput({ json: options.json === true, quiet: options.quiet === true });
}

/**
 * URL of the node: flag, then ATOLL_RPC_URL, then the devnet's default.
 * @throws CliError usage when it is no http(s) URL.
 */
export function rpcUrlOf(options: GlobalOptions): string {
  const text = options.rpcUrl ?? (process.env.ATOLL_RPC_URL || DEFAULT_RPC_URL);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CliError('usage', `the RPC URL ${JSON.stringify(text)} is not an http or https URL`, {
      hint: `pass --rpc-url ${DEFAULT_RPC_URL} or set ATOLL_RPC_URL`,
    });
  }
  return text.replace(/\/+$/, '');
}

/** Chain id: flag, then ATOLL_CHAIN_ID; undefined means the node's default chain. */
export function chainIdOf(options: GlobalOptions): string | undefined {
  return options.chainId ?? (process.env.ATOLL_CHAIN_ID || undefined);
}

/**
 * The account that signs: --key-file, then ATOLL_PRIVATE_KEY. A secret is never a flag: flags stand in process lists.
 * @throws CliError auth when there is none, usage when it is not a key.
 */
export async function keyOf(options: GlobalOptions): Promise<KeyPair> {
  const { keyFile } = options;
  const source = keyFile === undefined ? 'ATOLL_PRIVATE_KEY' : keyFile;
  const text = keyFile === undefined ? process.env.ATOLL_PRIVATE_KEY : await readKeyFile(keyFile);
  if (text === undefined || text.trim() === '') {
    throw new CliError('auth', 'this command signs, and no key was given', {
      hint: 'set ATOLL_PRIVATE_KEY, or pass --key-file FILE ("atoll keys new --out FILE" makes one)',
    });
  }
  return accountOf(parseSecret(text, source));
}

/** The key of a validator from a file of its own, as "atoll init" writes it. @throws CliError usage when it is no key. */
export async function validatorKeyOf(file: string): Promise<KeyPair> {
  return accountOf(parseSecret(await readKeyFile(file), file));
}

/** The administrator's token from ATOLL_ADMIN_TOKEN. @throws CliError auth when it is not set. */
export function adminTokenOf(): string {
  const token = process.env.ATOLL_ADMIN_TOKEN;
  if (token !== undefined && token !== '') return token;
  throw new CliError(
    'auth',
    'this command is for administrators of the node, and ATOLL_ADMIN_TOKEN is not set',
    {
      hint: "set ATOLL_ADMIN_TOKEN to the value of the node's secret ADMIN_TOKEN (the devnet prints it)",
    },
  );
}

async function readKeyFile(file: string): Promise<string> {
  const text = await readTextFile(file);
  if (!text.trimStart().startsWith('{')) return text;
  const document = parseJson(text, file) as { private_key?: unknown };
  return typeof document.private_key === 'string' ? document.private_key : '';
}

function parseSecret(text: string, source: string): Uint8Array {
  const hex = text.trim().replace(/^0x/i, '');
  // The value is not shown: it may be a real key with one digit too many.
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    throw new CliError('usage', `${source} does not hold a private key: 0x and 64 hex digits are expected`);
  }
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Reads a text file that the user named. @throws CliError usage when it cannot be read. */
export async function readTextFile(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError('usage', `${file} cannot be read: ${error.code ?? error.message}`, { cause: error });
  });
}

/** Parses JSON that the user named. @throws CliError usage when it is none. */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError('usage', `${source} is not valid JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** A client of the chain that the options name; with a key it can send. */
export function clientOf(options: GlobalOptions, key?: KeyPair): Client {
  const chainId = chainIdOf(options);
  return createClient({
    url: rpcUrlOf(options),
    ...(chainId === undefined ? {} : { chainId }),
    ...(key === undefined ? {} : { signer: key.signer }),
  });
}
