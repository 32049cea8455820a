/** @module An anvil node as a process, and the calls that the bench makes of it. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../cli/devnet/ports.ts';
import type { EthereumAccount } from './ethereum-transfer.ts';

const READY_TIMEOUT_MS = 15_000;
const POLL_MS = 10;
/** A million ether each. */
const BALANCE = '0xd3c21bcecceda1000000';

/** A running anvil. */
export interface Anvil {
  readonly url: string;
  call<T>(method: string, params: readonly unknown[]): Promise<T>;
  fund(accounts: readonly EthereumAccount[]): Promise<void>;
  /** Resolves once the receipts of all these transactions can be read. */
  untilReceipts(hashes: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts anvil with blocks every `blockTimeS` seconds, or one per transaction for null. Its gas limit, which would cap it
 * at 1,428 transfers a block, is off: the bench compares what the programs can do, not their defaults.
 */
export async function startAnvil(binary: string, blockTimeS: number | null): Promise<Anvil> {
  const port = await freePort();
  const args = [
    '--port',
    String(port),
    '--silent',
    '--accounts',
    '1',
    '--disable-block-gas-limit',
    '--order',
    'fifo',
  ];
  if (blockTimeS !== null) args.push('--block-time', String(blockTimeS));
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const dieWithUs = () => child.kill('SIGKILL');
  process.once('exit', dieWithUs);
  const anvil: Anvil = {
    url,
    call: async (method, params) => single(await rpc(url, [{ method, params }])),
    async fund(accounts) {
      await rpc(
        url,
        accounts.map(({ address }) => ({ method: 'anvil_setBalance', params: [address, BALANCE] })),
      );
    },
    async untilReceipts(hashes) {
      const calls = hashes.map((hash) => ({ method: 'eth_getTransactionReceipt', params: [hash] }));
      while ((await rpc<unknown>(url, calls)).includes(null)) await sleep(POLL_MS);
    },
    async stop() {
      process.off('exit', dieWithUs);
      child.kill('SIGTERM');
      await exited;
    },
  };
  await untilReady(anvil);
  return anvil;
}

async function untilReady(anvil: Anvil): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await anvil.call('eth_chainId', []);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error('anvil does not answer', { cause: error });
    }
    await sleep(POLL_MS);
  }
}

function single<T>([first]: T[]): T {
  return first as T;
}

async function rpc<T>(
  url: string,
  calls: readonly { method: string; params: readonly unknown[] }[],
): Promise<T[]> {
  const body = JSON.stringify(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call })));
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const answers = (await response.json()) as { id: number; result?: T; error?: { message: string } }[];
  return answers
    .sort((a, b) => a.id - b.id)
    .map(({ result, error }) => {
      if (error !== undefined) throw new Error(`anvil: ${error.message}`);
      return result as T;
    });
}
