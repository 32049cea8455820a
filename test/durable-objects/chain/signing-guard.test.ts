/** @module The guard of a key: storage that takes blocks before any record has answered, orders, and the mark of the operator. */
import { describe, expect, it } from 'vitest';
import { SignLog } from '../../../durable-objects/chain/sign-log.ts';
import { QUIET_HEIGHTS } from '../../../durable-objects/chain/signing/guard-verdict.ts';
import { SigningGuard, type SigningGuardDeps } from '../../../durable-objects/chain/signing/signing-guard.ts';
import { proposerKey } from '../../../shared/protocol/consensus/proposal.ts';
import { start } from '../../../shared/protocol/consensus/step.ts';
import { buildBlock } from '../../../shared/protocol/execution/build-block.ts';
import type { FinalBlock } from '../../../shared/protocol/execution/verify-range.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { ROUND_MAX } from '../../../shared/protocol/primitives/limits.ts';
import { assembleCertificate } from '../../../shared/protocol/votes/certificate.ts';
import { precommitSignBytes } from '../../../shared/protocol/votes/vote.ts';
import { calmScenario } from '../../simulation/scenario.ts';
import { MemorySql } from '../../simulation/sql-storage.ts';
import { NodeStorage } from '../../simulation/storage.ts';
import { aSigner, World } from '../../simulation/world.ts';

/** A validator of four that has signed, on the rows of its object. */
class Validator {
  readonly world = new World(calmScenario(1, 1));
  readonly sql = new MemorySql();
  readonly storage = new NodeStorage(this.sql.connect());
  readonly key = this.world.keys[0] as ConsensusKey;
  readonly asked: string[] = [];
  /** What the records answer; null while they do not. */
  node: { height: number; orderMs: number } | null = null;
  ledger: number | 'away' | null = null;
  head = 0;

  constructor() {
    this.world.install(this.sql, this.storage);
    this.signLog.raiseMark(this.key, { height: 0, round: 0, step: 'precommit' });
  }

  get signLog(): SignLog {
    return new SignLog(this.sql.asStorage);
  }

  /** A life of the object. */
  wake(): SigningGuard {
    const self = this;
    const { world, storage, key } = this;
    const { validators, params } = world.prospect(storage.store, storage.parent());
    const { hash, timeMs } = storage.parent();
    const height = { height: 1, validators, params, parent: { hash, timeMs }, lastCommit: null };
    const signer = { consensusKey: key, sign: () => null, firstRound: () => null };
    const context = { genesisHash: world.chain.genesisHash, verifier: world.verifier, signer };
    const { state } = start(context, { height, record: null, blocks: [] }, 0);
    const deps: SigningGuardDeps = {
      sql: this.sql.asStorage,
      key,
      signLog: this.signLog,
      state: storage.store,
      records: {
        get node() {
          return self.node;
        },
        get ledger() {
          return self.ledger;
        },
        dueMs: null,
        ask: () => self.asked.push('records'),
        noteLedger: (known) => {
          self.ledger = known;
        },
      },
      headHeight: () => this.head,
      // Everyone else says that the same block is next, so that no peer is waited for.
      consensus: () => ({ ...state, step: 'propose', tips: validators.map(() => this.head + 1) }),
      log: { debug() {}, info() {}, warning() {}, error() {} },
      nowMs: () => 0,
      askPeers: () => this.asked.push('peers'),
      onReady: () => undefined,
      onChanged: () => undefined,
    };
    return new SigningGuard(deps);
  }

  /** Takes the first block from others, in which this key has no part. */
  catchUp(guard: SigningGuard): void {
    const { chain, keys } = this.world;
    const { store } = this.storage;
    const parent = this.storage.parent();
    const proposer = proposerKey({ ...this.world.prospect(store, parent), parent }, 0);
    const timeMs = parent.timeMs + 1_000;
    const request = { state: store, pages: store, parent, round: 0, timeMs, proposer, candidates: [] };
    const executed = buildBlock(chain, request);
    const vote = { height: 1, round: 0, blockHash: executed.hash };
    const message = precommitSignBytes(chain.genesisHash, vote);
    const signatures = new Map(
      keys.slice(1).map((key, index) => [key, aSigner(`validator ${index + 1}`).sign(message)]),
    );
    const certificate = assembleCertificate(executed.nextValidators, vote, signatures);
    const final: FinalBlock = { executed, certificate };
    this.head = 1;
    guard.committed([final]);
    guard.mind();
  }
}

describe('a storage that takes blocks before the records have answered', () => {
  it('is found out as an older copy by what the registry held before', () => {
    const validator = new Validator();
    const guard = validator.wake();
    validator.catchUp(guard);
    validator.node = { height: 1, orderMs: 0 };
    validator.ledger = 0;
    guard.mind();
    expect(guard.view()).toMatchObject({
      status: 'guarded',
      reason: 'behind',
      source: 'node',
      record_height: 1,
    });
    expect(guard.firstRound(2)).toBeNull();
  });

  it('is found out in the next life, too, if nobody answered in this one', () => {
    const validator = new Validator();
    validator.catchUp(validator.wake());
    validator.node = { height: 1, orderMs: 0 };
    validator.ledger = 0;
    const guard = validator.wake();
    guard.mind();
    expect(guard.view()).toMatchObject({ status: 'guarded', reason: 'behind', source: 'node' });
  });

  it('is found out by the ledger that was away, once the drain has reached it', () => {
    const validator = new Validator();
    const guard = validator.wake();
    validator.catchUp(guard);
    validator.node = { height: 0, orderMs: 0 };
    validator.ledger = 'away';
    guard.mind();
    expect(guard.view()).toMatchObject({ status: 'ready' });
    guard.noteLedger(1);
    expect(guard.view()).toMatchObject({ status: 'guarded', reason: 'behind', source: 'ledger' });
  });

  it('signs where no record was above what it had stored', () => {
    const validator = new Validator();
    const guard = validator.wake();
    validator.catchUp(guard);
    validator.node = { height: 0, orderMs: 0 };
    validator.ledger = 0;
    guard.mind();
    expect(guard.view()).toMatchObject({ status: 'ready' });
    // What the drain has written since is its own.
    guard.noteLedger(1);
    expect(guard.view()).toMatchObject({ status: 'ready' });
  });

  it('tells neither registry nor ledger of those blocks before both have answered', () => {
    const validator = new Validator();
    const guard = validator.wake();
    expect(guard.mayTell).toBe(true);
    validator.catchUp(guard);
    expect(validator.asked).toContain('records');
    expect(guard.mayTell).toBe(false);
    expect(guard.nextDueMs()).toBeGreaterThan(0);
    expect(validator.wake().mayTell).toBe(false);
    validator.node = { height: 0, orderMs: 0 };
    validator.ledger = 'away';
    expect(guard.mayTell).toBe(true);
  });
});

describe("the operator's mark", () => {
  it('covers the heights below it and the rounds of its own, so that no step tries to sign there', () => {
    const validator = new Validator();
    const guard = validator.wake();
    validator.node = { height: 9, orderMs: 0 };
    expect(guard.setMark(9, 3)).toMatchObject({ ok: true });
    expect([1, 8].map((height) => guard.firstRound(height))).toEqual([null, null]);
    expect(guard.firstRound(9)).toBe(4);
    expect(guard.firstRound(10)).toBe(0);
  });

  it('without a round covers the whole height', () => {
    const validator = new Validator();
    const guard = validator.wake();
    validator.node = { height: 9, orderMs: 0 };
    expect(guard.setMark(9, ROUND_MAX)).toMatchObject({ ok: true });
    expect(guard.firstRound(9)).toBeNull();
    expect(guard.firstRound(10)).toBe(0);
  });
});

describe('an order that is heard while the key is held for another reason', () => {
  it('is obeyed then, and once: it does not hold the key again after its ten quiet heights', () => {
    const validator = new Validator();
    const guard = validator.wake();
    guard.accused(1);
    expect(guard.view()).toMatchObject({ status: 'guarded', reason: 'own_signature' });
    validator.node = { height: 0, orderMs: 5 };
    validator.ledger = 0;
    guard.mind();
    expect(guard.view()).toMatchObject({ status: 'guarded', reason: 'order' });
    validator.head = QUIET_HEIGHTS;
    guard.mind();
    expect(guard.view()).toMatchObject({ status: 'ready' });
    const next = validator.wake();
    next.mind();
    expect(next.view()).toMatchObject({ status: 'ready' });
  });
});

describe('the ten heights without a signature', () => {
  /** Status of the guard with the storage at this height. */
  function statusAt(validator: Validator, guard: SigningGuard, height: number): string {
    validator.head = height;
    guard.mind();
    return guard.view().status;
  }

  it('lie above what the records show: what was signed there stands in no block yet', () => {
    const validator = new Validator();
    const guard = validator.wake();
    validator.node = { height: 30, orderMs: 0 };
    validator.ledger = 0;
    expect(statusAt(validator, guard, 0)).toBe('guarded');
    expect(guard.view()).toMatchObject({ reason: 'behind', record_height: 30, quiet_heights: 0 });
    expect(statusAt(validator, guard, 30)).toBe('guarded');
    expect(guard.view()).toMatchObject({ quiet_heights: 0 });
    expect(statusAt(validator, guard, 30 + QUIET_HEIGHTS - 1)).toBe('guarded');
    expect(statusAt(validator, guard, 30 + QUIET_HEIGHTS)).toBe('ready');
  });

  it('begin again in a storage that went back to a time when the key was held', () => {
    const validator = new Validator();
    validator.wake().accused(1);
    // The lost storage went on to 30, where its guard had ended and the key may have signed.
    const guard = validator.wake();
    validator.node = { height: 30, orderMs: 0 };
    validator.ledger = 0;
    expect(statusAt(validator, guard, 5)).toBe('guarded');
    expect(guard.view()).toMatchObject({ reason: 'own_signature', record_height: 30 });
    expect(statusAt(validator, guard, 30)).toBe('guarded');
    expect(statusAt(validator, guard, 30 + QUIET_HEIGHTS)).toBe('ready');
  });

  it('begin again also when that storage has caught up before anybody has answered', () => {
    const validator = new Validator();
    validator.wake().accused(0);
    const guard = validator.wake();
    validator.catchUp(guard);
    validator.node = { height: 1, orderMs: 0 };
    validator.ledger = 0;
    expect(statusAt(validator, guard, QUIET_HEIGHTS)).toBe('guarded');
    expect(statusAt(validator, guard, 1 + QUIET_HEIGHTS)).toBe('ready');
  });

  it('begin again when the ledger that was away shows more than the storage had', () => {
    const validator = new Validator();
    validator.wake().accused(0);
    const guard = validator.wake();
    validator.node = { height: 0, orderMs: 0 };
    validator.ledger = 'away';
    expect(statusAt(validator, guard, 0)).toBe('guarded');
    guard.noteLedger(7);
    expect(statusAt(validator, guard, QUIET_HEIGHTS)).toBe('guarded');
    expect(statusAt(validator, guard, 7 + QUIET_HEIGHTS)).toBe('ready');
  });
});
