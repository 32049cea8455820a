import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../../shared/protocol/crypto/hashing.ts';
import { addressFromBytes } from '../../../../shared/protocol/primitives/address.ts';
import { fromHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { proposerAt } from '../../../../shared/protocol/validators/proposer-selection.ts';
import { drawProposer, electProposer } from '../../../../shared/protocol/validators/stake-lottery.ts';
import { aGenesis } from '../../../support/in-memory-chain.ts';
import { StakingChain, validatorKey } from '../../../support/staking-chain.ts';

const operator = addressFromBytes(new Uint8Array(20));
const set = [600_000_000, 300_000_000, 99_999_999, 1]
  .map((power, index) => ({
    consensusKey: validatorKey(index),
    operator,
    name: `${index}`,
    power,
    priority: 0,
  }))
  .sort((left, right) => (left.consensusKey < right.consensusKey ? -1 : 1));
const hashOf = (seed: number) => sha256Hex(Uint8Array.of(seed & 255, seed >> 8));

/** The rule once more, with another hash function and no shared buffer. */
function plainly(parentHash: ReturnType<typeof hashOf>, round: number): string | undefined {
  const word = (value: number) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
  const hash = (...parts: Uint8Array[]) => {
    const digest = createHash('sha256');
    for (const part of parts) digest.update(part);
    return BigInt(`0x${digest.digest('hex')}`);
  };
  const head = [fromHex(parentHash), word(round)];
  const target = hash(...head);
  const lots = set.flatMap(({ consensusKey, power, name }) =>
    Array.from({ length: Math.ceil(power / 1_000_000) }, (_, lot) => {
      const distance = hash(...head, fromHex(consensusKey), word(lot)) - target;
      return { name, distance: distance < 0n ? -distance : distance };
    }),
  );
  return lots.reduce((best, lot) => (lot.distance < best.distance ? lot : best)).name;
}

describe('the stake lottery', () => {
  it('is won by the lot nearest to the target', () => {
    for (let seed = 0; seed < 12; seed++) {
      expect(drawProposer(set, hashOf(seed), seed).name).toBe(plainly(hashOf(seed), seed));
    }
  });

  it('is won in proportion to power, and by everyone in the end', () => {
    const wins = new Map<string, number>();
    const draws = 400;
    for (let seed = 0; seed < draws; seed++) {
      const { name } = drawProposer(set, hashOf(seed), 0);
      wins.set(name, (wins.get(name) ?? 0) + 1);
    }
    expect((wins.get('0') ?? 0) / draws).toBeCloseTo(0.6, 1);
    expect((wins.get('1') ?? 0) / draws).toBeCloseTo(0.3, 1);
  });

  it('is held only where the genesis says so', () => {
    const election = { parentHash: hashOf(1), round: 3 };
    expect(electProposer(set, { ...election, selection: 'round_robin' })).toBe(proposerAt(set, 3));
    expect(electProposer(set, { ...election, selection: 'stake_lottery' })).toBe(
      drawProposer(set, hashOf(1), 3),
    );
  });

  it('drives a chain whose builder and verifier agree on every proposer', () => {
    const params = { proposerSelection: 'stake_lottery', emptyBlocks: 'always' } as const;
    const chain = new StakingChain(aGenesis({ validators: 4, params }));
    const proposers = new Set<string>();
    for (let block = 0; block < 20; block++) {
      proposers.add(chain.produce([], { round: block % 2 }).block.header.proposer);
    }
    expect(proposers.size).toBe(4);
  });
});
