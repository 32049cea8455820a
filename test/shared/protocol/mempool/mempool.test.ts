import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../../../../shared/protocol/block/params.ts';
import { MEMPOOL_LIMITS, type MempoolLimits } from '../../../../shared/protocol/mempool/limits.ts';
import { Mempool } from '../../../../shared/protocol/mempool/mempool.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import type { SignedTransaction } from '../../../../shared/protocol/transaction/transaction.ts';
import {
  accounts,
  context,
  type PendingFields,
  pending,
  senderAddress,
} from '../../../support/pending-transactions.ts';
import { anAddress, aTransaction } from '../../../support/transactions.ts';

const aPool = (limits: Partial<MempoolLimits> = {}) =>
  new Mempool(builtInTransactions, { ...MEMPOOL_LIMITS, ...limits });
const code = (expected: string, details: object = {}) =>
  expect.objectContaining({ code: expected, details: expect.objectContaining(details) });
const taken = (pool: Mempool) => [...pool.candidates()];
const departed = (departures: readonly { hash: string; reason: string }[]) =>
  departures.map(({ hash, reason }) => [hash, reason]);

function filled(pool: Mempool, ...all: PendingFields[]): SignedTransaction[] {
  const transactions = all.map(pending);
  for (const signed of transactions) pool.admit(signed, context());
  return transactions;
}

describe('admission', () => {
  it('gives the same answer to the same bytes and changes nothing', () => {
    const pool = aPool();
    const signed = pending();
    expect(pool.admit(signed, context({ nowMs: 5 }))).toMatchObject({ known: false, departures: [] });
    expect(pool.admit(signed, context({ nowMs: 9 }))).toMatchObject({
      known: true,
      row: { receivedMs: 5, sequence: 1 },
    });
    expect([pool.size, pool.bytes, pool.get(signed.hash)?.signed]).toEqual([1, signed.bytes.length, signed]);
  });

  it('is looked at beforehand with the same refusals, but for want of room, and without a change', () => {
    const pool = aPool({ transactionsMax: 2 });
    const [held] = filled(pool, { fee: 101 }, { from: 1, fee: 101 });
    const used = pending({ nonce: 4 });
    expect(() => pool.check(used, context({ nonce: 5 }))).toThrow(code('TX_NONCE_TOO_LOW'));
    expect(() => pool.check(pending({ fee: 111 }), context())).toThrow(code('TX_REPLACEMENT_UNDERPRICED'));
    const [fits, unfit] = [pending({ fee: 200 }), pending({ from: 2, fee: 1 })];
    for (const signed of [held as SignedTransaction, fits, unfit]) {
      expect(() => pool.check(signed, context())).not.toThrow();
    }
    expect(() => pool.admit(unfit, context())).toThrow(code('MEMPOOL_FULL'));
    expect([pool.size, pool.get(fits.hash)]).toEqual([2, undefined]);
  });

  it('TX_NONCE_TOO_LOW: a used nonce, with both numbers', () => {
    expect(() => aPool().admit(pending({ nonce: 4 }), context({ nonce: 5 }))).toThrow(
      code('TX_NONCE_TOO_LOW', { expected: 5, actual: 4 }),
    );
  });

  it('TX_NONCE_TOO_FAR: more than 64 beyond the first missing nonce', () => {
    const pool = aPool();
    expect(() => pool.admit(pending({ nonce: 65 }), context())).toThrow(
      code('TX_NONCE_TOO_FAR', { expected: 0 }),
    );
    pool.admit(pending({ nonce: 64 }), context());
    filled(pool, { nonce: 0 }, { nonce: 1 });
    expect(pool.pendingNonce(senderAddress(0), 0)).toBe(2);
    expect(() => pool.admit(pending({ nonce: 67 }), context())).toThrow(
      code('TX_NONCE_TOO_FAR', { expected: 2 }),
    );
    pool.admit(pending({ nonce: 66 }), context());
  });

  it('TX_REPLACEMENT_UNDERPRICED: a replacement pays a tenth more', () => {
    const pool = aPool();
    const [old] = filled(pool, { fee: 101 });
    expect(() => pool.admit(pending({ fee: 111 }), context())).toThrow(
      code('TX_REPLACEMENT_UNDERPRICED', { expected: '112', actual: '111' }),
    );
    const { departures } = pool.admit(pending({ fee: 112 }), context());
    expect(departed(departures)).toEqual([[old?.hash, 'replaced']]);
    expect(pool.size).toBe(1);
  });

  it('takes another signature over the same nonce for a replacement, never for the same transaction', () => {
    const pool = aPool();
    filled(pool, { salt: 1 });
    expect(() => pool.admit(pending({ salt: 2 }), context())).toThrow(code('TX_REPLACEMENT_UNDERPRICED'));
  });

  it('TX_INSUFFICIENT_BALANCE: all pending fees and units of a sender fit its balance', () => {
    const pool = aPool();
    const transferOf = (nonce: number, amount: bigint) =>
      aTransaction({ nonce, fee: 100n, payload: { recipient: anAddress(2), asset: '', amount } });
    const account = { balance: 1_000n };
    pool.admit(transferOf(0, 400n), context(account));
    expect(() => pool.admit(transferOf(1, 401n), context(account))).toThrow(
      code('TX_INSUFFICIENT_BALANCE', { expected: '1001', actual: '1000' }),
    );
    pool.admit(transferOf(1, 400n), context(account));
    expect(() => pool.admit(transferOf(2, 1n), context(account))).toThrow(code('TX_INSUFFICIENT_BALANCE'));
  });

  it('MEMPOOL_SENDER_LIMIT: a sender has so many and no more, but may replace', () => {
    const pool = aPool({ senderTransactionsMax: 2 });
    filled(pool, { nonce: 0 }, { nonce: 1 });
    expect(() => pool.admit(pending({ nonce: 2 }), context())).toThrow(
      code('MEMPOOL_SENDER_LIMIT', { max: 2 }),
    );
    pool.admit(pending({ nonce: 1, fee: 110 }), context());
    pool.admit(pending({ from: 1 }), context());
    expect(pool.size).toBe(3);
  });

  it.each([
    ['TX_EXPIRED', pending({ validUntil: 6 }), context({ nextHeight: 7 })],
    ['TX_VALID_UNTIL_TOO_FAR', pending({ validUntil: 100_008 }), context({ nextHeight: 7 })],
    ['TX_FEE_TOO_LOW', pending({ fee: 9 }), context({ params: { ...DEFAULT_PARAMS, minFee: 10n } })],
    ['TX_TYPE_INACTIVE', aTransaction({ type: 16, payload: { id: aTransaction().hash } }), context()],
  ])('%s: what no block can take is not pending', (expected, signed, at) => {
    expect(() => aPool().admit(signed, at)).toThrow(expect.objectContaining({ code: expected }));
  });
});

describe('a full pool', () => {
  it('MEMPOOL_FULL: the newcomer pays no more than anyone, and nothing changes', () => {
    const pool = aPool({ transactionsMax: 2 });
    const before = filled(pool, { from: 1, fee: 100 }, { from: 2, fee: 200 });
    for (const fee of [99, 100]) {
      expect(() => pool.admit(pending({ from: 3, fee }), context())).toThrow(code('MEMPOOL_FULL'));
    }
    expect(taken(pool)).toEqual([before[1], before[0]]);
    expect(pool.page(0, 9).rows.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('evicts the highest nonce of the sender who pays least per byte, so that no gap is left', () => {
    const pool = aPool({ transactionsMax: 3 });
    const all = filled(
      pool,
      { from: 1, nonce: 0, fee: 10 },
      { from: 1, nonce: 1, fee: 900 },
      { from: 2, fee: 50 },
    );
    const { departures } = pool.admit(pending({ from: 3, fee: 20 }), context());
    expect(departed(departures)).toEqual([[all[1]?.hash, 'evicted']]);
    expect(pool.pendingNonce(senderAddress(1), 0)).toBe(1);
  });

  it('evicts the later of two that pay the same', () => {
    const pool = aPool({ transactionsMax: 2 });
    const all = filled(pool, { from: 2, fee: 50 }, { from: 1, fee: 50 });
    expect(departed(pool.admit(pending({ from: 3, fee: 51 }), context()).departures)).toEqual([
      [all[1]?.hash, 'evicted'],
    ]);
  });

  it('MEMPOOL_FULL: a sender cannot push out its own earlier nonce by a later one', () => {
    const pool = aPool({ transactionsMax: 2 });
    filled(pool, { from: 1, nonce: 0, fee: 10 }, { from: 2, fee: 500 });
    expect(() => pool.admit(pending({ from: 1, nonce: 1, fee: 900 }), context())).toThrow(
      code('MEMPOOL_FULL'),
    );
    expect(pool.size).toBe(2);
  });

  it('counts bytes: a large newcomer evicts several, or none if it would go itself', () => {
    const small = pending().bytes.length;
    const large = pending({ body: 100 }).bytes.length;
    const pool = aPool({ bytesMax: 3 * small + 10 });
    const all = filled(pool, { from: 1, fee: 100 }, { from: 2, fee: 90 }, { from: 3, fee: 80 });
    expect(() => pool.admit(pending({ from: 4, fee: 80, body: 100 }), context())).toThrow(
      code('MEMPOOL_FULL'),
    );
    expect([pool.size, pool.bytes]).toEqual([3, 3 * small]);
    expect(taken(pool)).toEqual(all);
    expect(large).toBeGreaterThan(small + 10);
    const { departures } = pool.admit(pending({ from: 4, fee: 250, body: 100 }), context());
    expect(departed(departures)).toEqual([
      [all[2]?.hash, 'evicted'],
      [all[1]?.hash, 'evicted'],
    ]);
    expect(pool.bytes).toBe(small + large);
  });

  it('undoes a replacement that would not fit', () => {
    const pool = aPool({ bytesMax: 2 * pending().bytes.length + 10 });
    const before = filled(pool, { from: 1, fee: 100 }, { from: 2, fee: 900 });
    expect(() => pool.admit(pending({ from: 1, fee: 110, body: 100 }), context())).toThrow(
      code('MEMPOOL_FULL'),
    );
    expect(taken(pool)).toEqual([before[1], before[0]]);
  });
});

describe('candidates', () => {
  it('come by fee per byte, then arrival, within nonce order', () => {
    const pool = aPool();
    const [a0, a1, b0, c0, d0] = filled(
      pool,
      { from: 1, nonce: 0, fee: 10 },
      { from: 1, nonce: 1, fee: 999 },
      { from: 2, fee: 500 },
      { from: 3, fee: 500 },
      { from: 4, fee: 500, body: 1 },
    );
    expect(taken(pool)).toEqual([b0, c0, d0, a0, a1]);
    expect(pool.hasCandidates()).toBe(true);
  });

  it('leave out what waits behind a missing nonce, until it comes', () => {
    const pool = aPool();
    const [late] = filled(pool, { nonce: 1 });
    expect([taken(pool), pool.hasCandidates()]).toEqual([[], false]);
    const [first] = filled(pool, { nonce: 0 });
    expect(taken(pool)).toEqual([first, late]);
  });
});

describe('a commit', () => {
  it('reports included, overtaken and unpayable transactions, each once', () => {
    const pool = aPool();
    const [mine, second, third] = filled(pool, { nonce: 0 }, { nonce: 1 }, { nonce: 2 });
    const [theirs] = filled(pool, { from: 1 });
    const foreign = pending({ from: 1, salt: 9 });
    const departures = pool.onCommit(
      [mine as SignedTransaction, foreign],
      accounts({ 0: { nonce: 1, balance: 150n }, 1: { nonce: 1 } }),
    );
    expect(departed(departures)).toEqual([
      [mine?.hash, 'final'],
      [third?.hash, 'dropped'],
      [theirs?.hash, 'replaced'],
    ]);
    expect(taken(pool)).toEqual([second]);
    expect(pool.pendingNonce(senderAddress(0), 1)).toBe(2);
    expect(pool.onCommit([mine as SignedTransaction], accounts({ 0: { nonce: 1 } }))).toEqual([]);
  });

  it('leaves senders without a transaction in the block alone', () => {
    const pool = aPool();
    filled(pool, { from: 1 }, { from: 2 });
    expect(pool.onCommit([pending({ from: 3 })], accounts({ 3: { nonce: 1 } }))).toEqual([]);
    expect(pool.size).toBe(2);
  });
});

describe('expiry', () => {
  it('comes with the height after valid_until', () => {
    const pool = aPool();
    const [early] = filled(pool, { validUntil: 7 }, { from: 1, validUntil: 8 });
    expect(pool.expire(7, 0)).toEqual([]);
    expect(departed(pool.expire(8, 0))).toEqual([[early?.hash, 'expired']]);
    expect(pool.size).toBe(1);
  });

  it('comes one hour after arrival, since heights stand still on an idle chain', () => {
    const pool = aPool();
    expect(pool.nextExpiryMs()).toBeNull();
    const signed = pending();
    pool.admit(signed, context({ nowMs: 500 }));
    pool.admit(pending({ from: 1 }), context({ nowMs: 900 }));
    expect(pool.nextExpiryMs()).toBe(3_600_500);
    expect(pool.expire(1, 3_600_499)).toEqual([]);
    expect(departed(pool.expire(1, 3_600_500))).toEqual([[signed.hash, 'expired']]);
    expect(pool.nextExpiryMs()).toBe(3_600_900);
  });
});

describe('rows', () => {
  it('rebuild the same pool, in any order, and report what a block has overtaken', () => {
    const pool = aPool();
    filled(
      pool,
      { from: 1, nonce: 0 },
      { from: 2, fee: 300 },
      { from: 1, nonce: 2, fee: 200 },
      { from: 1, nonce: 1 },
    );
    const { rows } = pool.page(0, 100);
    const again = aPool();
    expect(again.restore([...rows].reverse(), accounts({}))).toEqual([]);
    expect(taken(again)).toEqual(taken(pool));
    expect([again.size, again.bytes, again.nextExpiryMs()]).toEqual([
      pool.size,
      pool.bytes,
      pool.nextExpiryMs(),
    ]);
    expect(again.page(0, 100)).toEqual(pool.page(0, 100));
    expect(again.admit(pending({ from: 5 }), context()).row.sequence).toBe(5);
    const later = aPool();
    expect(departed(later.restore(rows, accounts({ 1: { nonce: 1 } })))).toEqual([
      [rows[0]?.signed.hash, 'replaced'],
    ]);
    expect(later.size).toBe(3);
  });

  it('are paged by order of arrival without a gap or a repeat', () => {
    const pool = aPool();
    filled(pool, { from: 1 }, { from: 2 }, { from: 3 });
    const first = pool.page(0, 2);
    expect([first.rows.length, first.next]).toEqual([2, 2]);
    const second = pool.page(first.next ?? 0, 2);
    expect([second.rows.map(({ sequence }) => sequence), second.next]).toEqual([[3], null]);
    expect(pool.page(0, 3).next).toBeNull();
  });

  it('that execution rejects are dropped by hash, and their successors wait', () => {
    const pool = aPool();
    const [first, second] = filled(pool, { nonce: 0 }, { nonce: 1 });
    expect(
      departed(pool.drop([first?.hash ?? second?.hash ?? pending().hash, pending({ from: 7 }).hash])),
    ).toEqual([[first?.hash, 'dropped']]);
    expect(taken(pool)).toEqual([]);
    expect(pool.pendingNonce(senderAddress(0), 0)).toBe(0);
  });
});

describe('the mempool at its size', () => {
  it('gives the first 5,000 of 20,000 and follows their commit without touching the rest twice', () => {
    const pool = aPool();
    for (let i = 0; i < MEMPOOL_LIMITS.transactionsMax; i++) {
      pool.admit(pending({ from: i % 200, nonce: Math.floor(i / 200), fee: 100 + (i % 7) }), context());
    }
    expect(pool.size).toBe(20_000);
    expect(() => pool.admit(pending({ from: 201, fee: 1 }), context())).toThrow(code('MEMPOOL_FULL'));
    const block: SignedTransaction[] = [];
    for (const signed of pool.candidates()) {
      block.push(signed);
      if (block.length === 5_000) break;
    }
    const nonces = new Map<string, number>();
    for (const { sender, transaction } of block) {
      expect(transaction.nonce).toBe(nonces.get(sender) ?? 0);
      nonces.set(sender, transaction.nonce + 1);
    }
    const departures = pool.onCommit(block, (sender) => ({
      nonce: nonces.get(sender) ?? 0,
      balance: 2n ** 62n,
    }));
    expect(departures.filter(({ reason }) => reason === 'final')).toHaveLength(5_000);
    expect([departures.length, pool.size]).toEqual([5_000, 15_000]);
  });
});
