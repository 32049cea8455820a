/** @module What waits for a block as evidence: bounded, each offence once, kept in rows, gone once it is moot or too old. */
import { describe, expect, it } from 'vitest';
import {
  EVIDENCE_OF_VALIDATOR_MAX,
  EVIDENCE_POOL_MAX,
  EvidencePool,
  environmentAbove,
} from '../../../durable-objects/chain/evidence-pool.ts';
import { CREATE_TABLES } from '../../../durable-objects/chain/schema.ts';
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { MemorySql } from '../../simulation/sql-storage.ts';
import { aGenesis } from '../../support/in-memory-chain.ts';
import { StakingChain } from '../../support/staking-chain.ts';

const AGE_MS = 64_000;

class World {
  readonly chain: StakingChain;
  readonly sql = new MemorySql();

  constructor(validators = 4) {
    const params = { evidenceAgeMs: AGE_MS, unbondingMs: 2 * AGE_MS };
    this.chain = new StakingChain(aGenesis({ validators, params }), validators);
    this.chain.produce();
    this.sql.asStorage.exec(CREATE_TABLES);
  }

  /** A pool over the same rows: the object lives again. */
  pool(): EvidencePool {
    const { chain, sql } = this;
    return new EvidencePool({
      sql: sql.asStorage,
      state: chain.state,
      genesisHash: chain.context.genesisHash,
      onNew: () => undefined,
      nextBlock: () => environmentAbove(chain.genesis, chain.state, chain.parent, chain.parent.timeMs),
    });
  }
}

const hexOf = (pool: EvidencePool): string[] => [...pool.items()].map(toHex);

describe('the evidence pool', () => {
  it('keeps what it took over the loss of memory, in order', () => {
    const world = new World();
    const items = [2, 0, 1].map((index) => world.chain.evidence(index, { height: 1 }));
    const pool = world.pool();
    expect(items.map((bytes) => pool.add(bytes))).toEqual(['new', 'new', 'new']);
    expect(hexOf(world.pool())).toEqual(items.map(toHex));
  });

  it('takes one item of a key, height, round and step, and others of other steps', () => {
    const world = new World();
    const pool = world.pool();
    const at = { height: 1, round: 3 };
    expect(pool.add(world.chain.evidence(1, at))).toBe('new');
    expect(pool.add(world.chain.evidence(1, at))).toBe('known');
    expect(pool.add(world.chain.evidence(1, { ...at, step: 'prevote' }))).toBe('new');
    expect(world.pool().add(world.chain.evidence(1, at))).toBe('known');
  });

  it(`holds ${EVIDENCE_OF_VALIDATOR_MAX} items of one validator and ${EVIDENCE_POOL_MAX} in all`, () => {
    const world = new World(20);
    const pool = world.pool();
    const add = (validator: number, round: number) =>
      pool.add(world.chain.evidence(validator, { height: 1, round }));
    const rounds = Array.from({ length: EVIDENCE_OF_VALIDATOR_MAX }, (_, round) => round);
    expect(rounds.map((round) => add(0, round))).toEqual(rounds.map(() => 'new'));
    expect(add(0, EVIDENCE_OF_VALIDATOR_MAX)).toBe('full');
    for (let validator = 1; pool.size < EVIDENCE_POOL_MAX; validator++)
      for (const round of rounds) add(validator, round);
    expect(pool.size).toBe(EVIDENCE_POOL_MAX);
    expect(add(19, 0)).toBe('full');
    expect(world.pool().size).toBe(EVIDENCE_POOL_MAX);
  });

  it('refuses what no block could hold, and keeps none of it', () => {
    const world = new World();
    const pool = world.pool();
    const sound = world.chain.evidence(1, { height: 1 });
    const forged = Uint8Array.from(sound);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const refusal = (bytes: Uint8Array): string => {
      try {
        return pool.add(bytes);
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(refusal(sound.subarray(1))).toBe('EVIDENCE_MALFORMED');
    expect(refusal(forged)).toBe('EVIDENCE_FALSE');
    expect(refusal(world.chain.evidence(1, { height: 3 }))).toBe('EVIDENCE_FROM_FUTURE');
    expect(refusal(world.chain.evidence(9, { height: 1 }))).toBe('EVIDENCE_NOT_A_VALIDATOR');
    world.chain.produce([], { evidence: [sound] });
    expect(refusal(world.chain.evidence(1, { height: 2 }))).toBe('EVIDENCE_TOMBSTONED');
    expect(world.pool().size).toBe(0);
  });

  it('loses what a block included, and what else it held against the same validator', () => {
    const world = new World();
    const pool = world.pool();
    const [first, second] = [0, 1].map((round) => world.chain.evidence(1, { height: 1, round }));
    const other = world.chain.evidence(2, { height: 1 });
    if (first === undefined || second === undefined) throw new Error('two items');
    for (const bytes of [first, second, other]) pool.add(bytes);
    world.chain.produce([], { evidence: [first], absent: [] });
    pool.settle();
    expect(hexOf(pool)).toEqual([toHex(other)]);
    expect(hexOf(world.pool())).toEqual([toHex(other)]);
  });

  it('loses what is too old by block time, in a running pool and in one that wakes', () => {
    const world = new World();
    const pool = world.pool();
    pool.add(world.chain.evidence(1, { height: 1 }));
    world.chain.produce([], { afterMs: AGE_MS - 1_000 });
    pool.settle();
    expect(pool.size).toBe(1);
    world.chain.produce([], { afterMs: 2_000 });
    expect(world.pool().size).toBe(0);
    pool.settle();
    expect(pool.size).toBe(0);
  });
});
