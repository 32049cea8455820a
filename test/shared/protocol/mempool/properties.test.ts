import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MEMPOOL_LIMITS, type MempoolLimits } from '../../../../shared/protocol/mempool/limits.ts';
import { type Departure, Mempool } from '../../../../shared/protocol/mempool/mempool.ts';
import type { Address, HashHex } from '../../../../shared/protocol/primitives/brand.ts';
import { ProtocolError } from '../../../../shared/protocol/primitives/errors.ts';
import { compareFeeRate } from '../../../../shared/protocol/transaction/fees.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import type { SignedTransaction } from '../../../../shared/protocol/transaction/transaction.ts';
import { context, pending } from '../../../support/pending-transactions.ts';

const LIMITS: MempoolLimits = {
  ...MEMPOOL_LIMITS,
  transactionsMax: 8,
  bytesMax: 1_400,
  senderTransactionsMax: 3,
  nonceGapMax: 3,
  ttlMs: 50,
};

const submission = fc.record({
  kind: fc.constant('submit' as const),
  from: fc.nat(3),
  ahead: fc.integer({ min: -1, max: 5 }),
  fee: fc.constantFrom(5, 50, 55, 60, 61, 100, 400),
  body: fc.constantFrom(0, 1, 60, 300),
  validFor: fc.constantFrom(0, 1, 5, 50),
  salt: fc.nat(1),
  balance: fc.constantFrom(60n, 500n, 10_000n),
});
const command = fc.oneof(
  { weight: 12, arbitrary: submission },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('block' as const), size: fc.nat(4), foreign: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** A chain with its pool, and a plain account of what was acknowledged and what became of it. */
class World {
  pool = new Mempool(builtInTransactions, LIMITS);
  readonly accounts = new Map<Address, { nonce: number; balance: bigint }>();
  readonly present = new Map<HashHex, SignedTransaction>();
  readonly arrival = new Map<HashHex, number>();
  readonly log: string[] = [];
  height = 0;
  nowMs = 0;

  accountOf = (address: Address) => this.accounts.get(address) ?? { nonce: 0, balance: 2n ** 62n };

  run(step: Command): void {
    if (step.kind === 'submit') this.submit(step);
    else if (step.kind === 'block') this.block(step.size, step.foreign);
    else if (step.kind === 'wait') {
      this.nowMs += step.ms;
      this.depart(this.pool.expire(this.height + 1, this.nowMs), ['expired']);
    } else {
      const { rows } = this.pool.page(0, 100);
      this.pool = new Mempool(builtInTransactions, LIMITS);
      this.depart(this.pool.restore(rows, this.accountOf), []);
    }
    this.verify();
  }

  submit(step: Command & { kind: 'submit' }): void {
    const probe = pending({ from: step.from });
    const account = this.accountOf(probe.sender);
    const { from, fee, body, salt } = step;
    const nonce = Math.max(0, account.nonce + step.ahead);
    const signed = pending({ from, nonce, fee, body, salt, validUntil: this.height + 1 + step.validFor });
    const wasPresent = this.present.has(signed.hash);
    const at = context({ ...account, nextHeight: this.height + 1, nowMs: this.nowMs });
    try {
      const admission = this.pool.admit(signed, at);
      expect(admission.known).toBe(wasPresent);
      this.present.set(signed.hash, signed);
      this.arrival.set(signed.hash, admission.row.sequence);
      this.depart(admission.departures, ['replaced', 'evicted']);
      this.log.push(`ok ${signed.hash}`);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      expect(wasPresent).toBe(false);
      this.log.push(error.code);
    }
  }

  /** A block of the first candidates, and one transaction that never passed through this pool. */
  block(size: number, foreign: number): void {
    const block = [...this.pool.candidates()].slice(0, size);
    const stranger = pending({
      from: foreign,
      nonce: this.accountOf(pending({ from: foreign }).sender).nonce,
      salt: 7,
    });
    if (!block.some(({ sender }) => sender === stranger.sender)) block.push(stranger);
    for (const { sender, transaction } of block) {
      const { nonce, balance } = this.accountOf(sender);
      expect(transaction.nonce).toBe(nonce);
      this.accounts.set(sender, { nonce: nonce + 1, balance: balance - transaction.fee });
    }
    if (foreign === 0) {
      const { nonce } = this.accountOf(stranger.sender);
      this.accounts.set(stranger.sender, { nonce, balance: 70n });
    }
    this.height += 1;
    this.depart(this.pool.onCommit(block, this.accountOf), ['final', 'replaced', 'dropped'], block);
    this.depart(this.pool.expire(this.height + 1, this.nowMs), ['expired']);
  }

  /** Each departure is of something present, has an allowed reason, and happens once. */
  depart(
    departures: readonly Departure[],
    reasons: readonly string[],
    block: readonly SignedTransaction[] = [],
  ): void {
    const included = new Set(block.map(({ hash }) => hash));
    for (const { hash, reason } of departures) {
      expect(reasons).toContain(reason);
      expect(reason === 'final').toBe(included.has(hash));
      expect(this.present.delete(hash)).toBe(true);
      this.log.push(`${reason} ${hash}`);
    }
  }

  verify(): void {
    const pool = this.pool;
    const rows = pool.page(0, 100).rows;
    expect(rows.map(({ signed }) => signed.hash).sort()).toEqual([...this.present.keys()].sort());
    expect(pool.size).toBe(this.present.size);
    expect(pool.bytes).toBe(rows.reduce((sum, { signed }) => sum + signed.bytes.length, 0));
    expect(pool.size).toBeLessThanOrEqual(LIMITS.transactionsMax);
    expect(pool.bytes).toBeLessThanOrEqual(LIMITS.bytesMax);
    const bySender = Map.groupBy(this.present.values(), ({ sender }) => sender);
    for (const [sender, own] of bySender) {
      const account = this.accountOf(sender);
      expect(own.length).toBeLessThanOrEqual(LIMITS.senderTransactionsMax);
      expect(own.reduce((sum, { transaction }) => sum + transaction.fee, 0n)).toBeLessThanOrEqual(
        account.balance,
      );
      const nonces = own.map(({ transaction }) => transaction.nonce).sort((a, b) => a - b);
      expect(new Set(nonces).size).toBe(nonces.length);
      expect(nonces[0]).toBeGreaterThanOrEqual(account.nonce);
      let expected = account.nonce;
      while (nonces.includes(expected)) expected += 1;
      expect(pool.pendingNonce(sender, account.nonce)).toBe(expected);
    }
    expect([...pool.candidates()].map(({ hash }) => hash)).toEqual(this.#slowCandidates());
  }

  /** The order by its definition: again and again the best transaction whose nonce is next. */
  #slowCandidates(): HashHex[] {
    const next = new Map<Address, number>();
    const left = new Set(this.present.values());
    const order: HashHex[] = [];
    const rate = ({ transaction, bytes }: SignedTransaction) => ({
      fee: transaction.fee,
      byteLength: bytes.length,
    });
    const arrival = ({ hash }: SignedTransaction) => this.arrival.get(hash) ?? 0;
    for (;;) {
      const heads = [...left].filter(
        ({ sender, transaction }) => transaction.nonce === (next.get(sender) ?? this.accountOf(sender).nonce),
      );
      const [best] = heads.sort((a, b) => -compareFeeRate(rate(a), rate(b)) || arrival(a) - arrival(b));
      if (best === undefined) return order;
      order.push(best.hash);
      left.delete(best);
      next.set(best.sender, best.transaction.nonce + 1);
    }
  }
}

describe('the mempool under any sequence of submissions, blocks, waits and restarts', () => {
  it('keeps its limits and its order, and loses nothing without saying why', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(command, { minLength: 5, maxLength: 60 }), (commands) => {
        const world = new World();
        for (const step of commands) world.run(step);
        for (const line of world.log) seen.add(line.split(' ')[0] as string);
      }),
      { numRuns: 300, seed: 7 },
    );
    const outcomes = [
      'final',
      'replaced',
      'expired',
      'evicted',
      'dropped',
      'ok',
      'MEMPOOL_FULL',
      'MEMPOOL_SENDER_LIMIT',
    ];
    const refusals = [
      'TX_NONCE_TOO_LOW',
      'TX_NONCE_TOO_FAR',
      'TX_INSUFFICIENT_BALANCE',
      'TX_REPLACEMENT_UNDERPRICED',
    ];
    for (const outcome of [...outcomes, ...refusals]) expect(seen).toContain(outcome);
  });

  it('decides the same on every node', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const worlds = [new World(), new World()];
        for (const world of worlds) for (const step of commands) world.run(step);
        expect(worlds[0]?.log).toEqual(worlds[1]?.log);
      }),
      { numRuns: 50, seed: 11 },
    );
  });
});
