import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerClient } from '../../../shared/ledger/client-web.ts';
import { type LedgerBlock, splitBlocks } from '../../../shared/ledger/ledger-block.ts';
import { migrateLedger } from '../../../shared/ledger/migrate.ts';
import { runQuery } from '../../../shared/ledger/query.ts';
import { readTransaction } from '../../../shared/ledger/read-transactions.ts';
import { readValidators } from '../../../shared/ledger/read-validators.ts';
import { clearLedger, ledgerHeight, ledgerTop, writeBlocks } from '../../../shared/ledger/write-blocks.ts';
import { addressOf } from '../../../shared/protocol/crypto/keys.ts';
import { AMOUNT_MAX } from '../../../shared/protocol/primitives/amount.ts';
import { readValidators as validatorsOf } from '../../../shared/protocol/state/validators.ts';
import { aGenesis, aMessage, aSigner, aTransfer, InMemoryChain } from '../../support/in-memory-chain.ts';
import { ledgerBlocks, SqldCluster } from '../../support/sqld.ts';

const TABLES = ['chain', 'blocks', 'transactions', 'receipts', 'address_transactions', 'validators'];

let cluster: SqldCluster;
let databases = 0;
const signers = [0, 1, 2, 3].map((index) => aSigner(`account ${index}`));
const addresses = signers.map((signer) => addressOf(signer.publicKey));

beforeAll(async () => {
  cluster = await SqldCluster.start();
});
afterAll(() => cluster.stop());

async function aLedger(): Promise<LedgerClient> {
  const client = await cluster.database(`write-${databases++}`);
  await migrateLedger(client);
  return client;
}

/** Blocks with transfers, one to oneself, and messages. */
function aChain(blocks = 5, genesis = aGenesis()): InMemoryChain {
  const chain = new InMemoryChain(genesis);
  for (let i = 0; i < blocks; i++) {
    const [a, b, c] = signers as [(typeof signers)[0], (typeof signers)[0], (typeof signers)[0]];
    chain.produce([
      aTransfer(chain, a, addresses[1 + (i % 3)] ?? addressOf(b.publicKey), 10n + BigInt(i), { fee: 1_000n }),
      aTransfer(chain, b, addressOf(b.publicKey), 5n, { fee: 1_000n }),
      aMessage(chain, c, addressOf(a.publicKey), `hello ${i}`, { fee: 10_000n }),
    ]);
  }
  return chain;
}

const optionsOf = (chain: InMemoryChain) => ({ genesisHash: chain.context.genesisHash });

/** SHA-256 over every row of every table, blobs in hex. */
async function digest(client: LedgerClient): Promise<string> {
  const hash = createHash('sha256');
  for (const table of TABLES) {
    const [columns = []] = await client.read([{ sql: `select name from pragma_table_info('${table}')` }]);
    const list = columns.map((row) => `quote(${row.name})`).join(` || ',' || `);
    const [rows = []] = await client.read([{ sql: `select ${list} as line from ${table} order by 1` }]);
    for (const row of rows) hash.update(`${table}:${row.line}\n`);
  }
  return hash.digest('hex');
}

describe('writeBlocks', () => {
  it('writes blocks, transactions, receipts and addresses of a real chain', async () => {
    const client = await aLedger();
    const chain = aChain();
    expect(await writeBlocks(client, ledgerBlocks(chain), optionsOf(chain))).toBe(5);
    const counts = await client.read(TABLES.map((table) => ({ sql: `select count(*) as n from ${table}` })));
    expect(counts.map(([row]) => Number(row?.n))).toEqual([1, 5, 15, 15, 25, 0]);
    expect(await ledgerTop(client)).toEqual({
      height: 5,
      hash: chain.parent.hash,
      genesisHash: chain.context.genesisHash,
    });
  });

  it('gives the same rows in any cut into batches, with repeats, and after clearing', async () => {
    const chain = aChain(6);
    const blocks = ledgerBlocks(chain);
    const [one, other] = [await aLedger(), await aLedger()];
    await writeBlocks(one, blocks, optionsOf(chain));
    for (const [from, to] of [
      [0, 2],
      [1, 4],
      [0, 3],
      [3, 6],
      [0, 6],
    ]) {
      await writeBlocks(other, blocks.slice(from, to), optionsOf(chain));
    }
    const expected = await digest(one);
    expect(await digest(other)).toBe(expected);
    await clearLedger(other);
    expect(await ledgerHeight(other)).toBe(0);
    for (const block of blocks) await writeBlocks(other, [block], optionsOf(chain));
    expect(await digest(other)).toBe(expected);
    expect(await migrateLedger(other)).toEqual([]);
  });

  it('LEDGER_GAP: a batch that leaves a hole writes nothing', async () => {
    const client = await aLedger();
    const chain = aChain(4);
    const blocks = ledgerBlocks(chain);
    await expect(writeBlocks(client, blocks.slice(1), optionsOf(chain))).rejects.toMatchObject({
      code: 'LEDGER_GAP',
    });
    expect(await ledgerTop(client)).toEqual({ height: 0, hash: null, genesisHash: null });
    await writeBlocks(client, blocks.slice(0, 2), optionsOf(chain));
    await expect(writeBlocks(client, blocks.slice(3), optionsOf(chain))).rejects.toMatchObject({
      code: 'LEDGER_GAP',
    });
    expect(await writeBlocks(client, blocks.slice(2), optionsOf(chain))).toBe(4);
  });

  it('LEDGER_CONFLICT: another block at a height, or on another parent, writes nothing', async () => {
    const client = await aLedger();
    const chain = aChain(3);
    const other = new InMemoryChain(chain.genesis);
    for (let i = 0; i < 4; i++)
      other.produce([
        aTransfer(other, aSigner('account 0'), addressOf(aSigner('x').publicKey), 7n, { fee: 5_000n }),
      ]);
    await writeBlocks(client, ledgerBlocks(chain), optionsOf(chain));
    const before = await digest(client);
    const forked = ledgerBlocks(other);
    await expect(writeBlocks(client, forked.slice(0, 1), optionsOf(chain))).rejects.toMatchObject({
      code: 'LEDGER_CONFLICT',
    });
    await expect(writeBlocks(client, forked.slice(3), optionsOf(chain))).rejects.toMatchObject({
      code: 'LEDGER_CONFLICT',
    });
    expect(await digest(client)).toBe(before);
  });

  it('LEDGER_CONFLICT: a transaction that stands in another block is refused', async () => {
    const client = await aLedger();
    const chain = aChain(2);
    const [first, second] = ledgerBlocks(chain) as [LedgerBlock, LedgerBlock];
    await writeBlocks(client, [first], optionsOf(chain));
    const repeated = { ...second, transactions: first.transactions };
    await expect(writeBlocks(client, [repeated], optionsOf(chain))).rejects.toMatchObject({
      code: 'LEDGER_CONFLICT',
    });
    expect(await ledgerHeight(client)).toBe(1);
  });

  it('LEDGER_WRONG_CHAIN: blocks of another genesis are refused at any height', async () => {
    const client = await aLedger();
    const chain = aChain(2);
    const stranger = aChain(3, { ...aGenesis(), salt: new Uint8Array(16).fill(1) });
    await writeBlocks(client, ledgerBlocks(chain), optionsOf(chain));
    const before = await digest(client);
    for (const block of ledgerBlocks(stranger)) {
      await expect(writeBlocks(client, [block], optionsOf(stranger))).rejects.toMatchObject({
        code: 'LEDGER_WRONG_CHAIN',
      });
    }
    expect(await digest(client)).toBe(before);
    const empty = await aLedger();
    const mislabelled = writeBlocks(empty, ledgerBlocks(chain), optionsOf(stranger));
    await expect(mislabelled).rejects.toMatchObject({ code: 'LEDGER_WRONG_CHAIN' });
  });

  it('LEDGER_MIGRATING: a database without a schema is neither written nor read', async () => {
    const client = await cluster.database('bare');
    const chain = aChain(1);
    await expect(writeBlocks(client, ledgerBlocks(chain), optionsOf(chain))).rejects.toMatchObject({
      code: 'LEDGER_MIGRATING',
    });
    await expect(ledgerHeight(client)).rejects.toMatchObject({ code: 'LEDGER_MIGRATING' });
  });

  it('keeps amounts and fees exact up to 2^63-1', async () => {
    const client = await aLedger();
    const chain = aChain(1);
    const [block] = ledgerBlocks(chain) as [LedgerBlock];
    const [tx] = block.transactions;
    if (tx === undefined) throw new Error('the block has transactions');
    const rich = {
      ...tx,
      amount: AMOUNT_MAX,
      fee: AMOUNT_MAX - 1n,
      receipt: { ...tx.receipt, fee: 2n ** 53n + 1n },
    };
    await writeBlocks(client, [{ ...block, transactions: [rich] }], optionsOf(chain));
    const { value } = await runQuery(client, readTransaction(tx.hash));
    expect(value).toMatchObject({ amount: AMOUNT_MAX, fee: AMOUNT_MAX - 1n, feeTaken: 2n ** 53n + 1n });
  });

  it('writes a validator set once and finds it for every height it signs', async () => {
    const client = await aLedger();
    const chain = aChain(4);
    const validators = validatorsOf(chain.state);
    const validatorsHash = chain.blocks[0]?.executed.block.header.validatorsHash;
    if (validatorsHash === undefined) throw new Error('the chain has blocks');
    const sets = [1, 3].map((height) => ({ height, validatorsHash, validators }));
    for (let i = 0; i < 2; i++)
      await writeBlocks(client, ledgerBlocks(chain), { ...optionsOf(chain), validatorSets: sets });
    for (const [at, first] of [
      [1, 1],
      [2, 1],
      [3, 3],
      [4, 3],
    ] as const) {
      const { value } = await runQuery(client, readValidators(at));
      expect(value).toMatchObject({
        height: first,
        validatorsHash,
        validators: [{ power: 1_000_000_000, name: 'validator 0' }],
      });
    }
    expect((await runQuery(client, readValidators('latest'))).value?.height).toBe(3);
  });

  it('writes 5,000 transfers in one batch', async () => {
    const client = await aLedger();
    const chain = new InMemoryChain(aGenesis());
    const from = aSigner('account 0');
    const transfers = Array.from({ length: 5_000 }, (_, nonce) =>
      aTransfer(chain, from, addresses[1 + (nonce % 3)] ?? addressOf(from.publicKey), 1n, {
        nonce,
        fee: 1_000n,
      }),
    );
    chain.produce(transfers);
    const started = performance.now();
    const blocks = ledgerBlocks(chain);
    const decoded = performance.now();
    await writeBlocks(client, blocks, optionsOf(chain));
    const written = performance.now();
    const size = blocks[0]?.transactions.length ?? 0;
    console.info(
      `${size} transfers: decode ${Math.round(decoded - started)} ms,`,
      `write ${Math.round(written - decoded)} ms`,
    );
    const [[row] = []] = await client.read([{ sql: 'select count(*) as n from address_transactions' }]);
    expect(Number(row?.n)).toBe(2 * size);
  });
});

describe('splitBlocks', () => {
  const chain = aChain(4);
  const blocks = ledgerBlocks(chain);
  const heights = (batches: LedgerBlock[][]) =>
    batches.map((batch) => batch.map(({ header }) => header.height));

  it('fills a batch up to each limit and not above it', () => {
    const size = (from: number, to: number) =>
      blocks.slice(from, to).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(heights(splitBlocks(blocks, { transactions: 6 }))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(heights(splitBlocks(blocks, { transactions: 5 }))).toEqual([[1], [2], [3], [4]]);
    expect(heights(splitBlocks(blocks, { bytes: size(0, 3) }))).toEqual([[1, 2, 3], [4]]);
    expect(heights(splitBlocks(blocks, { bytes: size(0, 3) - 1 }))[0]).toEqual([1, 2]);
    expect(heights(splitBlocks(blocks, { blocks: 3 }))).toEqual([[1, 2, 3], [4]]);
    expect(splitBlocks([])).toEqual([]);
  });

  it('gives a block that exceeds every limit a batch of its own', () => {
    expect(heights(splitBlocks(blocks, { transactions: 0, bytes: 0 }))).toEqual([[1], [2], [3], [4]]);
  });
});
