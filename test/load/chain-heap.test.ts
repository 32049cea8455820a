/**
 * @module The heap of a chain object at its fullest: full blocks behind it, the mempool at its limit, the ledger gone. The
 * objects of one script share 128 MB, of which one chain may take 24.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createChain } from '../../cli/admin.ts';
import { MEMPOOL_TRANSACTIONS_MAX } from '../../shared/protocol/mempool/limits.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { getJson, signedTransfer, type Wallet, walletOf } from '../support/stranger.ts';
import { heapBytes, WorkerdMemory } from '../support/workerd-memory.ts';

const HEAP_BYTES_MAX = 24 * 1024 * 1024;
const ACCOUNTS = 1_000;
/** Long enough to fill the mempool between two blocks, also on a busy machine. */
const BLOCK_TIME_MS = 20_000;
const PER_REQUEST = 500;
const LANES = 4;
/** Blocks before the last look; those after the first are full, and more than the index of final transactions holds. */
const BLOCKS = 4;
/** The mempool and those blocks, each of up to 6,000; on a busy machine some are made beside a look. */
const TRANSFERS = MEMPOOL_TRANSACTIONS_MAX + 2 * BLOCKS * 6_000;
/** A block of transfers alone is full by its bytes. */
const FULL_BLOCK_TRANSACTIONS = 5_000;
const RUN_MS_MAX = 300_000;
const POLL_MS = 200;
const MB = 1024 * 1024;

let node: TestNode;
let wallets: Wallet[];
/** Requests that the node has not taken wholly. */
const requests: string[] = [];

beforeAll(async () => {
  node = await startTestNode({
    inspector: true,
    create: false,
    accounts: ACCOUNTS,
    params: { blockTimeMs: BLOCK_TIME_MS },
  });
  wallets = node.accounts.map(({ address, publicKey, privateKey }) =>
    walletOf({ address, public_key: publicKey, private_key: privateKey }),
  );
});
afterAll(() => node?.stop());

/** Signs all transfers in advance: what the node has to do is to take them. */
function signTransfers(): void {
  const bodies = Array.from({ length: TRANSFERS }, (_, at) => {
    const from = wallets[at % ACCOUNTS];
    const to = wallets[(at * 7 + 1) % ACCOUNTS];
    if (from === undefined || to === undefined) throw new Error('accounts are numbered');
    const nonce = Math.floor(at / ACCOUNTS);
    return signedTransfer(node.genesisHash, from, to.address, 1n, { nonce }).body;
  });
  for (let at = 0; at < TRANSFERS; at += PER_REQUEST)
    requests.push(JSON.stringify({ transactions: bodies.slice(at, at + PER_REQUEST) }));
}

/** Sends until the mempool takes no more. */
async function fillMempool(): Promise<void> {
  let isFull = false;
  const fill = async (): Promise<void> => {
    while (!isFull) {
      const body = requests.shift();
      if (body === undefined) throw new Error('too few transfers to fill the mempool');
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${node.url}/rpc/send_txs`, { method: 'POST', headers, body });
      const answer = (await response.json()) as { results: { error?: { code: string } }[] };
      expect(answer.results, JSON.stringify(answer).slice(0, 500)).toHaveLength(PER_REQUEST);
      const codes = answer.results.flatMap(({ error }) => (error === undefined ? [] : [error.code]));
      if (codes.length === 0) continue;
      expect(new Set(codes)).toEqual(new Set(['MEMPOOL_FULL']));
      requests.unshift(body);
      isFull = true;
    }
  };
  await Promise.all(Array.from({ length: LANES }, fill));
}

/** The first block comes with the first transactions, each other one takes a share of a full pool. */
async function untilAbove(height: number): Promise<void> {
  if (height === 0) return;
  while ((await getJson<{ height: number }>(`${node.url}/rpc/get_head`)).height <= height)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

test(
  `a chain takes less than ${HEAP_BYTES_MAX / MB} MB of heap, whatever waits in it`,
  async () => {
    const memory = await WorkerdMemory.of(node);
    const before = heapBytes(await memory.heap());
    await createChain({ url: node.url, adminToken: node.adminToken, genesis: node.genesis });
    signTransfers();
    await node.ledger?.stop();
    const looks: string[] = [];
    let most = 0;
    for (let height = 0; height < BLOCKS; ) {
      await untilAbove(height);
      await fillMempool();
      const heap = heapBytes(await memory.heap()) - before;
      const pool = await getJson<{ height: number; count: number }>(`${node.url}/rpc/mempool?limit=1`);
      most = Math.max(most, heap);
      looks.push(`${(heap / MB).toFixed(1)} MB at height ${pool.height} with ${pool.count} pending`);
      console.log(looks.at(-1));
      // A block that came after the filling makes room: then this was no look at the fullest.
      if (pool.count === MEMPOOL_TRANSACTIONS_MAX) height = pool.height;
    }
    const full = await getJson<{ tx_count: number }>(`${node.url}/rpc/get_block/${BLOCKS - 1}`);
    expect(full.tx_count).toBeGreaterThan(FULL_BLOCK_TRANSACTIONS);
    expect(most, looks.join('; ')).toBeLessThan(HEAP_BYTES_MAX);
    memory.close();
  },
  RUN_MS_MAX,
);
