/** @module Where replays get blocks: one read for all who want the same, a few at a time, and a cache bounded in memory. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodeHubBlock } from '../../../durable-objects/hub/block-events.ts';
import { type BlockReader, BlockSource, type HubBlock } from '../../../durable-objects/hub/block-source.ts';
import {
  BLOCK_CACHE_BYTES,
  LEDGER_RETRY_MS,
  REPLAY_BATCH_BLOCKS,
  SOURCE_REQUESTS_MAX,
} from '../../../durable-objects/hub/limits.ts';
import type { StoredBlock } from '../../../shared/api/objects.ts';
import { encodeBody } from '../../../shared/protocol/block/encode.ts';
import { addressOf } from '../../../shared/protocol/crypto/keys.ts';
import { encodeReceipts } from '../../../shared/protocol/transaction/receipt-codec.ts';
import { encodeCertificate } from '../../../shared/protocol/votes/encode.ts';
import { aGenesis, aSigner, aTransfer, InMemoryChain } from '../../support/in-memory-chain.ts';

afterEach(() => {
  vi.useRealTimers();
});

function stored(height: number): StoredBlock {
  const none = new Uint8Array();
  return { height, hash: `0x${height}`, body: none, certificate: none, receipts: none };
}

/** A reader of the blocks `from` to `to`; what it was asked for, and how often at once. */
function aReader(from: number, to: number, answer: () => Promise<void> = async () => undefined) {
  const asked: number[] = [];
  const open = { now: 0, most: 0 };
  const read: BlockReader = async (first, limit) => {
    asked.push(first);
    open.now += 1;
    open.most = Math.max(open.most, open.now);
    await answer();
    open.now -= 1;
    const start = Math.max(first, from);
    return Array.from({ length: Math.max(0, Math.min(limit, to - start + 1)) }, (_, at) =>
      stored(start + at),
    );
  };
  return { read, asked, open };
}

/** A source whose blocks take `bytes` each in memory. */
function aSource(readers: { chain: BlockReader; ledger?: BlockReader }, bytes: () => number = () => 1) {
  const errors: unknown[] = [];
  const source = new BlockSource({
    readChain: readers.chain,
    readLedger: readers.ledger ?? null,
    decode: ({ height }): HubBlock => ({
      height,
      get bytes() {
        return bytes();
      },
      select: () => [],
      data: () => '',
    }),
    onLedgerError: (error) => errors.push(error),
  });
  return { source, errors };
}

const heights = (blocks: readonly HubBlock[] | null) => blocks?.map(({ height }) => height) ?? null;

describe('a source of blocks', () => {
  it('says that no source has a height any more, and has the one above it', async () => {
    const chain = aReader(5, 200);
    const ledger = aReader(5, 200);
    const { source } = aSource({ chain: chain.read, ledger: ledger.read });
    expect(await source.read(4, 200)).toBeNull();
    expect([chain.asked, ledger.asked]).toEqual([[4], [4]]);
    expect(heights(await source.read(5, 200))?.[0]).toBe(5);
    const { source: alone } = aSource({ chain: aReader(5, 200).read });
    expect(await alone.read(4, 200)).toBeNull();
  });

  it('asks the ledger for a height that the chain has dropped, near the head as far from it', async () => {
    const { source } = aSource({ chain: aReader(9, 10).read, ledger: aReader(1, 10).read });
    expect(heights(await source.read(1, 10))?.[0]).toBe(1);
  });

  it('does not take a ledger that fails for one that has forgotten', async () => {
    const fails: BlockReader = () => Promise.reject(new Error('down'));
    const { source, errors } = aSource({ chain: aReader(150, 200).read, ledger: fails });
    await expect(source.read(1, 200)).rejects.toThrow('down');
    expect(errors).toHaveLength(1);
  });

  it('leaves a ledger that failed alone for as long as the limit says', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let down = true;
    const ledger = aReader(1, 500, () => (down ? Promise.reject(new Error('down')) : Promise.resolve()));
    const { source } = aSource({ chain: aReader(1, 500).read, ledger: ledger.read });
    await source.read(1, 500);
    down = false;
    vi.advanceTimersByTime(LEDGER_RETRY_MS - 1);
    await source.read(100, 500);
    expect(ledger.asked).toEqual([1]);
    vi.advanceTimersByTime(1);
    await source.read(300, 500);
    expect(ledger.asked).toEqual([1, 300]);
  });

  it('reads the ledger for what is a batch behind the head, the chain for what is nearer', async () => {
    const chain = aReader(1, 500);
    const ledger = aReader(1, 500);
    const { source } = aSource({ chain: chain.read, ledger: ledger.read });
    const head = 500;
    expect(heights(await source.read(head - REPLAY_BATCH_BLOCKS, head))).toHaveLength(REPLAY_BATCH_BLOCKS);
    await source.read(head, head);
    expect([ledger.asked, chain.asked]).toEqual([[head - REPLAY_BATCH_BLOCKS], [head]]);
  });

  it('gives a batch of what it has, and no block more', async () => {
    const chain = aReader(1, 500);
    const { source } = aSource({ chain: chain.read });
    for (let height = 1; height <= REPLAY_BATCH_BLOCKS + 1; height += 1) source.put(stored(height));
    expect(heights(await source.read(1, 500))).toHaveLength(REPLAY_BATCH_BLOCKS);
    expect(chain.asked).toEqual([]);
  });

  it('reads once for all who ask for the same', async () => {
    const chain = aReader(1, 100);
    const { source } = aSource({ chain: chain.read });
    const [one, other] = await Promise.all([source.read(1, 100), source.read(1, 100)]);
    expect(chain.asked).toEqual([1]);
    expect(one?.[0]).toBe(other?.[0]);
  });

  it('has no more requests under way than the limit, and makes all of them', async () => {
    const chain = aReader(1, 10_000, () => new Promise((resolve) => setTimeout(resolve, 2)));
    const { source } = aSource({ chain: chain.read });
    const starts = Array.from({ length: 3 * SOURCE_REQUESTS_MAX }, (_, at) => 1 + at * REPLAY_BATCH_BLOCKS);
    await Promise.all(starts.map((start) => source.read(start, 10_000)));
    expect(chain.open.most).toBe(SOURCE_REQUESTS_MAX);
    expect([...chain.asked].sort((a, b) => a - b)).toEqual(starts);
  });

  it('keeps what fits into the limit, and forgets the oldest for one byte more', async () => {
    const chain = aReader(1, 4);
    let bytes = BLOCK_CACHE_BYTES / 4;
    const { source } = aSource({ chain: chain.read }, () => bytes);
    for (let height = 1; height <= 4; height += 1) source.put(stored(height));
    expect(heights(await source.read(1, 4))).toEqual([1, 2, 3, 4]);
    bytes += 1;
    expect(heights(await source.read(2, 4))).toEqual([2, 3, 4]);
    expect(chain.asked).toEqual([]);
    await source.read(1, 4);
    expect(chain.asked).toEqual([1]);
  });

  it('keeps one block that is larger than the limit, for all who want it', async () => {
    const chain = aReader(1, 2);
    const { source } = aSource({ chain: chain.read }, () => BLOCK_CACHE_BYTES + 1);
    source.put(stored(1));
    source.put(stored(2));
    expect(heights(await source.read(2, 2))).toEqual([2]);
    expect(chain.asked).toEqual([]);
  });
});

describe('a block in memory', () => {
  it('counts at least what it takes: as it is stored, decoded, and with all its events', () => {
    const chain = new InMemoryChain(aGenesis());
    const to = addressOf(aSigner('account 1').publicKey);
    const from = aSigner('account 0');
    const transfers = Array.from({ length: 50 }, (_, nonce) => aTransfer(chain, from, to, 1n, { nonce }));
    const { executed, certificate } = chain.produce(transfers);
    const block: StoredBlock = {
      height: 1,
      hash: executed.hash,
      body: encodeBody(executed.block),
      certificate: encodeCertificate(certificate),
      receipts: encodeReceipts(executed.receipts),
    };
    const hub = decodeHubBlock(block, chain.context.registry);
    const asStored = hub.bytes;
    expect(asStored).toBeGreaterThan(block.body.length + block.receipts.length);
    hub.select('new_transactions', {});
    const decoded = hub.bytes;
    expect(decoded - asStored).toBeGreaterThan(10 * block.body.length);
    const events = transfers.map((_, index) => hub.data('new_transactions', {}, index));
    const characters = events.reduce((sum, event) => sum + event.length, 0);
    expect(hub.bytes - decoded).toBeGreaterThan(2 * characters);
    const whole = hub.bytes;
    for (const [index] of transfers.entries()) hub.data('new_transactions', {}, index);
    expect(hub.bytes).toBe(whole);
  });
});
