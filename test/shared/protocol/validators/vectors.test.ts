import { createHash } from 'node:crypto';
import { decode as cborDecode, encode as cborEncode } from 'cbor2';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { decodeValidatorSet, encodeValidatorSet } from '../../../../shared/protocol/validators/encode.ts';
import { validatorsHash } from '../../../../shared/protocol/validators/hash.ts';
import { advancePriorities } from '../../../../shared/protocol/validators/proposer-selection.ts';
import { validatorVectors } from '../../../support/block-vectors.ts';
import vectors from '../../../vectors/validators.json' with { type: 'json' };

type StateItem = [key: Uint8Array, operator: Uint8Array, name: string, power: number, priority: number];
type Share = (string | number)[];

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

/** The definition again, in fractions of whole numbers only: quotas, then units left over. */
function expectedPowers(vector: (typeof vectors.powers)[number]): Map<string, bigint> {
  const total = BigInt(vectors.total);
  const stakes = vector.stakes.map(([key = '', stake = '0']) => ({ key, stake: BigInt(stake) }));
  const bonded = stakes.reduce((sum, { stake }) => sum + stake, 0n);
  const full = BigInt(vector.full_stake);
  const weight = BigInt(10_000 - vector.authority_weight_bps);
  const byStake = (total * weight * (bonded < full ? bonded : full)) / (10_000n * full);
  const shares = new Map<string, bigint>();
  const give = (key: string, units: bigint): void => void shares.set(key, (shares.get(key) ?? 0n) + units);
  const authorities = vector.authorities.toSorted();
  const count = BigInt(authorities.length);
  for (const [index, key] of authorities.entries()) {
    give(key, (total - byStake) / count + (BigInt(index) < (total - byStake) % count ? 1n : 0n));
  }
  if (bonded === 0n) return shares;
  const quotas = stakes.map(({ key, stake }) => ({ key, product: byStake * stake }));
  for (const { key, product } of quotas) give(key, product / bonded);
  const given = [...shares.values()].reduce((sum, units) => sum + units, 0n);
  const order = quotas.toSorted(
    (a, b) => Number((b.product % bonded) - (a.product % bonded)) || (a.key < b.key ? -1 : 1),
  );
  for (const { key } of order.slice(0, Number(total - given))) give(key, 1n);
  return shares;
}

describe('frozen vectors of validators', () => {
  it('are what the code makes today', () => {
    expect(validatorVectors()).toEqual(vectors);
  });

  it.each(vectors.sets)('the set $hash: bytes and hash', (vector) => {
    const set = decodeValidatorSet(fromHex(vector.state));
    expect(toHex(encodeValidatorSet(set))).toBe(vector.state);
    expect(validatorsHash(set)).toBe(vector.hash);
    expect(toHex(encodeValidatorSet(advancePriorities(set, 5)))).toBe(vector.state_after_5_turns);
  });

  it.each(vectors.sets)('the set $hash: a second implementation agrees', (vector) => {
    const items = cborDecode<StateItem[]>(fromHex(vector.state));
    expect(toHex(cborEncode(items))).toBe(vector.state);
    expect(items.map(([key, , , power]) => [hex(key), power])).toEqual(vector.validators);
    const weights = cborEncode(items.map(([key, , , power]) => [key, power]));
    expect(`0x${createHash('sha256').update(weights).digest('hex')}`).toBe(vector.hash);
  });

  it.each(vectors.sets)('the set $hash: turns by a second implementation', (vector) => {
    const items = cborDecode<StateItem[]>(fromHex(vector.state));
    const proposers: string[] = [];
    for (let turn = 0; turn < 8; turn++) {
      for (const item of items) item[4] += item[3];
      const best = items.toSorted((a, b) => b[4] - a[4] || Buffer.compare(a[0], b[0]))[0];
      if (best === undefined) throw new Error('a set is never empty');
      best[4] -= vectors.total;
      proposers.push(hex(best[0]));
      if (turn === 4) expect(toHex(cborEncode(items))).toBe(vector.state_after_5_turns);
    }
    expect(proposers).toEqual(vector.proposers);
  });

  it('shares with stake are those of the definition', () => {
    for (const vector of vectors.powers) {
      const expected = [...expectedPowers(vector)].filter(([, units]) => units > 0n).sort();
      const actual = vector.powers.map(([key, units]: Share) => [key, BigInt(units ?? 0)]);
      expect(actual).toEqual(expected);
    }
  });
});
