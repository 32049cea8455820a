/**
 * @module Rows written per transfer in full blocks: those of the object as its SQLite counts them, those of libSQL as
 * sqld counts them, index rows in both.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createChain } from '../../cli/admin.ts';
import { DEVNET_BALANCE, devnetAccount, devnetAccounts } from '../../cli/devnet/accounts.ts';
import { loadBundle } from '../../cli/devnet/bundle.ts';
import { type LocalLedger, startLedger } from '../../cli/devnet/ledger.ts';
import { type LocalNode, startNode } from '../../cli/devnet/node.ts';
import { untilLive } from '../../cli/devnet/until-live.ts';
import { makeGenesis } from '../../cli/genesis.ts';
import { type KeyPair, newKey } from '../../cli/keys.ts';
import { createLedgerClient } from '../../shared/ledger/client-web.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import { batches, transferBody } from '../load/atoll-transfer.ts';
import { countTransactions } from '../peers/atoll.ts';

/** Longer than submitting takes, so that all transfers wait in the pool and fill the second block. */
const BLOCK_TIME_MS = 15_000;
const CHAIN_ID = 'rows';
const PER_REQUEST = 500;
const POLL_MS = 20;
/** Workerd is a child of this process: it has no host that could end. */
const NEVER_EXITED = { exited: new Promise<string>(() => undefined) };

/** Rows per transfer. */
export interface RowsPerTransfer {
  readonly object: number;
  readonly ledger: number;
  readonly transfers: number;
}

/** One full block of `transfers` between `accounts` accounts chosen at random; senders have as many each as needed. */
export async function rowsPerTransfer(accounts: number, transfers: number): Promise<RowsPerTransfer> {
  const directory = await mkdtemp(join(tmpdir(), 'atoll-bench-rows-'));
  let ledger: LocalLedger | undefined;
  let node: LocalNode | undefined;
  try {
    ledger = await startLedger({ directory: join(directory, 'ledger'), regions: [] });
    const bundle = await loadBundle('bench/measure/counting-worker.ts');
    const validator = newKey();
    const adminToken = randomBytes(24).toString('hex');
    const env = {
      ...ledger.env,
      LOG_LEVEL: 'warning',
      VALIDATOR_KEY: validator.privateKey,
      ADMIN_TOKEN: adminToken,
    };
    node = await startNode({
      bundle,
      port: 0,
      persistDir: join(directory, 'objects'),
      env,
      onLog: console.error,
    });
    await untilLive(node.url, NEVER_EXITED);
    const people = devnetAccounts(accounts);
    const genesis = rowsGenesis(validator, people);
    await createChain({ url: node.url, adminToken, genesis });
    return await measure(node, ledger, people, hashGenesis(genesis), transfers);
  } finally {
    await node?.stop();
    await ledger?.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function measure(
  node: LocalNode,
  ledger: LocalLedger,
  people: readonly KeyPair[],
  genesisHash: ReturnType<typeof hashGenesis>,
  transfers: number,
): Promise<RowsPerTransfer> {
  const bodies = randomTransfers(people, genesisHash, transfers + 1);
  // The first transfer makes a block at once, and with it every row that a chain has only once.
  await submit(node, bodies.slice(0, 1));
  await untilLedger(ledger, 1);
  const before = await counts(node, ledger);
  for (let i = 1; i < bodies.length; i += PER_REQUEST) await submit(node, bodies.slice(i, i + PER_REQUEST));
  await untilLedger(ledger, bodies.length);
  const after = await counts(node, ledger);
  return {
    object: (after.object - before.object) / transfers,
    ledger: (after.ledger - before.ledger) / transfers,
    transfers,
  };
}

function randomTransfers(
  people: readonly KeyPair[],
  genesisHash: ReturnType<typeof hashGenesis>,
  count: number,
) {
  const nonces = people.map(() => 0);
  return Array.from({ length: count }, () => {
    const sender = Math.floor(Math.random() * people.length);
    const from = people[sender];
    const to = people[(sender + 1 + Math.floor(Math.random() * (people.length - 1))) % people.length];
    const nonce = nonces[sender];
    if (from === undefined || to === undefined || nonce === undefined)
      throw new Error('accounts are numbered');
    nonces[sender] = nonce + 1;
    return transferBody(genesisHash, from, to.address, nonce);
  });
}

async function submit(node: LocalNode, bodies: readonly string[]): Promise<void> {
  for (const body of batches(bodies, PER_REQUEST)) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${node.url}/rpc/send_txs`, { method: 'POST', headers, body });
    const text = await response.text();
    if (!response.ok || text.includes('"error":')) throw new Error(`refused: ${text.slice(0, 300)}`);
  }
}

async function counts(node: LocalNode, ledger: LocalLedger): Promise<{ object: number; ledger: number }> {
  const namespace = await node.mf.getDurableObjectNamespace('CHAIN');
  const stub = namespace.get(namespace.idFromName(CHAIN_ID)) as unknown as { rowsWritten(): Promise<number> };
  const { DATABASE_ADMIN_URL: url, DATABASE_ADMIN_TOKEN: token } = ledger.env;
  const response = await fetch(`${url}/v1/namespaces/default/stats`, {
    headers: { authorization: `basic ${token}` },
  });
  const stats = (await response.json()) as { rows_written_count: number };
  return { object: await stub.rowsWritten(), ledger: stats.rows_written_count };
}

async function untilLedger(ledger: LocalLedger, count: number): Promise<void> {
  const client = createLedgerClient({ url: ledger.primary });
  while ((await countTransactions(client)) < count) await sleep(POLL_MS);
}

function rowsGenesis(validator: KeyPair, people: readonly KeyPair[]) {
  return makeGenesis({
    chainId: CHAIN_ID,
    validator: validator.signer,
    validatorName: 'node1',
    operator: devnetAccount(0, 'operator').address,
    allocations: people.map(({ address }) => ({ address, amount: DEVNET_BALANCE })),
    params: { blockTimeMs: BLOCK_TIME_MS },
    timeMs: Date.now() - BLOCK_TIME_MS,
    salt: new Uint8Array(randomBytes(16)),
  });
}
