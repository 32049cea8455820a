import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerClient } from '../../../shared/ledger/client-web.ts';
import { migrateLedger } from '../../../shared/ledger/migrate.ts';
import { type LedgerQuery, PAGE_LIMIT_MAX, runQuery } from '../../../shared/ledger/query.ts';
import {
  RANGE_BLOCKS_MAX,
  readBlock,
  readBlockRange,
  readBlocks,
} from '../../../shared/ledger/read-blocks.ts';
import { readMessages, readTransaction, readTransactions } from '../../../shared/ledger/read-transactions.ts';
import { readPage } from '../../../shared/ledger/transaction-page.ts';
import type { TransactionRow } from '../../../shared/ledger/transaction-row.ts';
import { writeBlocks } from '../../../shared/ledger/write-blocks.ts';
import { decodeHeader } from '../../../shared/protocol/block/encode.ts';
import { addressOf } from '../../../shared/protocol/crypto/keys.ts';
import { encodeReceipt } from '../../../shared/protocol/transaction/receipt-codec.ts';
import { aMessage, aSigner, aTransfer, InMemoryChain } from '../../support/in-memory-chain.ts';
import { ledgerBlocks, SqldCluster, storedBlock } from '../../support/sqld.ts';

const BLOCKS = 23;
const fees = { fee: 10_000n };
const alice = aSigner('account 0');
const bob = aSigner('account 1');
const carol = aSigner('account 2');
const addressOfSigner = (signer: typeof alice) => addressOf(signer.publicKey);

/**
 * 23 blocks: transfers between all, alice to herself, and a message in every fifth block and to oneself in
 * one.
 */
function aChain(): InMemoryChain {
  const chain = new InMemoryChain();
  for (let i = 0; i < BLOCKS; i++) {
    const messages =
      i % 5 === 0 ? [aMessage(chain, carol, addressOfSigner(i === 10 ? carol : alice), `m${i}`, fees)] : [];
    const first = aTransfer(chain, alice, addressOfSigner(i % 4 === 0 ? alice : bob), 1n, fees);
    const second = aTransfer(chain, alice, addressOfSigner(carol), 2n, {
      ...fees,
      nonce: first.transaction.nonce + 1,
    });
    chain.produce([first, second, aTransfer(chain, bob, addressOfSigner(alice), 3n, fees), ...messages]);
  }
  return chain;
}

let cluster: SqldCluster;
let client: LedgerClient;
const chain = aChain();
const inOrder = chain.blocks.flatMap(({ executed }) =>
  executed.block.transactions.map((signed, i) => ({
    signed,
    receipt: executed.receipts[i],
    height: executed.block.header.height,
  })),
);

beforeAll(async () => {
  cluster = await SqldCluster.start();
  client = await cluster.database('readers');
  await migrateLedger(client);
  await writeBlocks(client, ledgerBlocks(chain), { genesisHash: chain.context.genesisHash });
});
afterAll(() => cluster.stop());

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Every item of a list, page by page. */
async function walk<T>(query: (cursor: string | null) => LedgerQuery<Page<T>>, limit: number): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const { value }: { value: Page<T> } = await runQuery(client, query(cursor));
    expect(value.items.length).toBeLessThanOrEqual(limit);
    items.push(...value.items);
    cursor = value.nextCursor;
  } while (cursor !== null);
  return items;
}

const asPage = <T, U>(
  query: LedgerQuery<T>,
  items: (value: T) => readonly U[],
  next: (value: T) => string | null,
): LedgerQuery<Page<U>> => ({
  ...query,
  decode(results, height) {
    const value = query.decode(results, height);
    return { items: items(value), nextCursor: next(value) };
  },
});
type Transactions = { readonly transactions: readonly TransactionRow[]; readonly nextCursor: string | null };
const ofTransactions = (query: LedgerQuery<Transactions>) =>
  asPage(
    query,
    ({ transactions }) => transactions.map(({ hash }) => hash as string),
    ({ nextCursor }) => nextCursor,
  );

/** What each list must hold, by a filter over the chain itself. */
const LISTS = [
  { name: 'all', request: {}, holds: () => true },
  { name: 'one type, common', request: { type: 0 }, holds: ({ type }: Facts) => type === 0 },
  { name: 'one type, rare', request: { type: 1 }, holds: ({ type }: Facts) => type === 1 },
  { name: 'a type without any', request: { type: 3 }, holds: () => false },
  {
    name: 'one address',
    request: { address: addressOfSigner(bob) },
    holds: ({ parties }: Facts) => parties.includes(addressOfSigner(bob)),
  },
  {
    name: 'one address and type',
    request: { address: addressOfSigner(carol), type: 1 },
    holds: ({ parties, type }: Facts) => type === 1 && parties.includes(addressOfSigner(carol)),
  },
  { name: 'an unknown address', request: { address: `0x${'00'.repeat(20)}` }, holds: () => false },
];
interface Facts {
  readonly type: number;
  readonly parties: readonly string[];
}
const expectedOf = (holds: (facts: Facts) => boolean) =>
  inOrder
    .filter(({ signed }) => {
      const { recipient } = signed.transaction.payload as { recipient: string };
      return holds({ type: signed.transaction.type, parties: [signed.sender, recipient] });
    })
    .map(({ signed }) => signed.hash as string);

describe('readBlock', () => {
  it('gives back each block byte for byte, by height, hash and as the latest', async () => {
    for (const block of chain.blocks) {
      const stored = storedBlock(block);
      const { value, height } = await runQuery(client, readBlock({ height: stored.height }));
      expect(value).toEqual(stored);
      expect(height).toBe(BLOCKS);
      expect((await runQuery(client, readBlock({ hash: stored.hash }))).value).toEqual(stored);
    }
    expect((await runQuery(client, readBlock('latest'))).value?.height).toBe(BLOCKS);
  });

  it('gives null for what is not there', async () => {
    for (const selector of [{ height: 0 }, { height: BLOCKS + 1 }, { hash: 'x' }]) {
      expect((await runQuery(client, readBlock(selector))).value).toBeNull();
    }
  });
});

describe('readBlockRange', () => {
  it('gives whole blocks and says where the rest begins', async () => {
    const { value } = await runQuery(client, readBlockRange({ start: 3, end: 9, limit: 4 }));
    expect(value.blocks).toEqual(chain.blocks.slice(2, 6).map(storedBlock));
    expect(value.next).toBe(7);
    const rest = await runQuery(client, readBlockRange({ start: 7, end: 9 }));
    expect(rest.value).toMatchObject({ blocks: [{ height: 7 }, { height: 8 }, { height: 9 }], next: null });
  });

  it('stops once the bytes are enough, after at least one block', async () => {
    const [first, second, third] = ledgerBlocks(chain).map(({ sizeBytes }) => sizeBytes) as [
      number,
      number,
      number,
    ];
    const count = async (bytesMax: number) =>
      (await runQuery(client, readBlockRange({ start: 1, end: BLOCKS, bytesMax }))).value.blocks.length;
    expect(await count(1)).toBe(1);
    expect(await count(first)).toBe(1);
    expect(await count(first + 1)).toBe(2);
    expect(await count(first + second + third)).toBe(3);
  });

  it('ends at the head', async () => {
    const { value } = await runQuery(client, readBlockRange({ start: BLOCKS - 1, end: 1_000 }));
    expect(value).toMatchObject({ blocks: [{ height: BLOCKS - 1 }, { height: BLOCKS }], next: null });
    expect((await runQuery(client, readBlockRange({ start: 99, end: 100 }))).value).toEqual({
      blocks: [],
      next: null,
    });
  });

  it('takes limits up to the named one', () => {
    expect(() => readBlockRange({ start: 1, end: 2, limit: RANGE_BLOCKS_MAX })).not.toThrow();
    expect(() => readBlockRange({ start: 1, end: 2, limit: RANGE_BLOCKS_MAX + 1 })).toThrow(/1 to/);
  });
});

describe('readBlocks', () => {
  it.each(['asc', 'desc'] as const)('walks every block once in %s order', async (order) => {
    for (const limit of [1, 4, 23, 100]) {
      const query = (cursor: string | null) =>
        asPage(
          readBlocks({ limit, cursor, order }),
          ({ blocks }) => blocks,
          ({ nextCursor }) => nextCursor,
        );
      const blocks = await walk(query, limit);
      const expected = chain.blocks.map(({ executed }) => executed.hash);
      expect(blocks.map(({ hash }) => hash)).toEqual(order === 'asc' ? expected : expected.toReversed());
      for (const { header, txCount, height } of blocks) {
        expect(decodeHeader(header)).toEqual(chain.blocks[height - 1]?.executed.block.header);
        expect(txCount).toBe(chain.blocks[height - 1]?.executed.block.transactions.length);
      }
    }
  });
});

describe('readTransaction', () => {
  it('gives bytes, receipt, place and block of each transaction', async () => {
    for (const { signed, receipt, height } of inOrder.slice(0, 20)) {
      const { value } = await runQuery(client, readTransaction(signed.hash));
      expect(value).toMatchObject({
        height,
        hash: signed.hash,
        sender: signed.sender,
        bytes: signed.bytes,
        fee: 10_000n,
      });
      expect(value?.receipt).toEqual(receipt === undefined ? null : encodeReceipt(receipt));
      expect(value).toMatchObject({ status: receipt?.status, feeTaken: receipt?.fee });
      expect(value?.blockHash).toBe(chain.blocks[height - 1]?.executed.hash);
      expect(value?.timeMs).toBe(chain.blocks[height - 1]?.executed.block.header.timeMs);
    }
    expect((await runQuery(client, readTransaction(`0x${'00'.repeat(32)}`))).value).toBeNull();
  });
});

describe('readTransactions', () => {
  it.each(LISTS)('walks each of $name once, in both orders and any page size', async ({ request, holds }) => {
    const expected = expectedOf(holds);
    for (const order of ['asc', 'desc'] as const) {
      for (const limit of [1, 7, 100]) {
        const walked = await walk(
          (cursor) => ofTransactions(readTransactions({ ...request, limit, cursor, order })),
          limit,
        );
        expect(walked).toEqual(order === 'asc' ? expected : expected.toReversed());
      }
    }
  });

  it('walks all when bytes or the scan bound cut pages short', async () => {
    const source = {
      from: 'address_transactions',
      where: 'address = ?',
      args: [addressOfSigner(carol)],
      filter: 1n,
    } as const;
    const expected = expectedOf(
      ({ parties, type }) => type === 1 && parties.includes(addressOfSigner(carol)),
    );
    for (const bounds of [{ scanMax: 1 }, { scanMax: 3 }, { bytesMax: 1 }, { bytesMax: 700, scanMax: 5 }]) {
      const page = (cursor: string | null) =>
        readPage(['test'], source, { limit: 2, cursor, order: 'asc' }, bounds);
      expect(await walk((cursor) => ofTransactions(page(cursor)), 2)).toEqual(expected);
    }
  });

  it('shows later pages as of the height of the first', async () => {
    const fresh = await cluster.database('pinned');
    await migrateLedger(fresh);
    const blocks = ledgerBlocks(chain);
    const options = { genesisHash: chain.context.genesisHash };
    await writeBlocks(fresh, blocks.slice(0, 10), options);
    const first = (await runQuery(fresh, readTransactions({ limit: 20, order: 'asc' }))).value;
    await writeBlocks(fresh, blocks.slice(10), options);
    const query = readTransactions({ limit: 100, order: 'asc', cursor: first.nextCursor });
    const second = (await runQuery(fresh, query)).value;
    expect(query.minHeight).toBe(10);
    expect(second.nextCursor).toBeNull();
    expect(second.transactions.at(-1)?.height).toBe(10);
    expect(first.transactions.length + second.transactions.length).toBe(
      inOrder.filter(({ height }) => height <= 10).length,
    );
  });

  it('CURSOR_INVALID: a cursor of another list is refused', async () => {
    const { value } = await runQuery(client, readTransactions({ limit: 1, type: 0 }));
    for (const request of [
      {},
      { type: 1 },
      { type: 0, address: addressOfSigner(bob) },
      { type: 0, order: 'asc' as const },
    ]) {
      const read = () => readTransactions({ limit: 1, cursor: value.nextCursor, ...request });
      expect(read).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
    }
  });

  it('takes limits up to the named one', () => {
    expect(() => readTransactions({ limit: PAGE_LIMIT_MAX })).not.toThrow();
    for (const limit of [0, PAGE_LIMIT_MAX + 1]) expect(() => readTransactions({ limit })).toThrow(/1 to/);
  });
});

describe('readMessages', () => {
  it.each(['inbox', 'sent'] as const)('walks the %s of each address once', async (box) => {
    for (const signer of [alice, bob, carol]) {
      const address = addressOfSigner(signer);
      const expected = inOrder
        .filter(({ signed }) => {
          const { recipient } = signed.transaction.payload as { recipient: string };
          return signed.transaction.type === 1 && (box === 'inbox' ? recipient : signed.sender) === address;
        })
        .map(({ signed }) => signed.hash as string);
      for (const limit of [1, 2, 50]) {
        const walked = await walk(
          (cursor) => ofTransactions(readMessages({ address, box, limit, cursor, order: 'asc' })),
          limit,
        );
        expect(walked).toEqual(expected);
      }
    }
  });
});

describe('the indexes', () => {
  it.each([
    ['messages_received', readMessages({ address: 'x', limit: 5 })],
    ['messages_sent', readMessages({ address: 'x', box: 'sent', limit: 5 })],
    ['transactions_type', readTransactions({ type: 5, limit: 5 })],
    ['transactions_hash', readTransaction('x')],
    ['blocks_hash', readBlock({ hash: 'x' })],
  ] as [string, LedgerQuery<unknown>][])(
    '%s serves its query without a scan or a sort of the table',
    async (index, query) => {
      const [statement] = query.statements;
      if (statement === undefined) throw new Error('a query has statements');
      const [plan = []] = await client.read([{ ...statement, sql: `explain query plan ${statement.sql}` }]);
      const details = plan.map(({ detail }) => String(detail)).join('\n');
      expect(details).toContain(index);
      expect(details).not.toMatch(/SCAN (transactions|address_transactions|blocks|receipts|t|r|b)\b/);
    },
  );
});
