import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../../shared/protocol/crypto/hashing.ts';
import { toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import {
  precommitSignBytes,
  prevoteSignBytes,
  proposalSignBytes,
} from '../../../../shared/protocol/votes/vote.ts';

const genesisHash = sha256Hex(Uint8Array.of(1));
const blockHash = sha256Hex(Uint8Array.of(2));

describe('sign bytes of votes', () => {
  it('differ by role, chain, height, round, block and pol_round', () => {
    const vote = { height: 1, round: 0, blockHash };
    const all = [
      precommitSignBytes(genesisHash, vote),
      precommitSignBytes(blockHash, vote),
      precommitSignBytes(genesisHash, { ...vote, height: 2 }),
      precommitSignBytes(genesisHash, { ...vote, round: 1 }),
      precommitSignBytes(genesisHash, { ...vote, blockHash: null }),
      prevoteSignBytes(genesisHash, { ...vote, polRound: null }),
      prevoteSignBytes(genesisHash, { ...vote, polRound: 0 }),
      proposalSignBytes(genesisHash, { ...vote, polRound: null }),
      proposalSignBytes(genesisHash, { ...vote, polRound: 0 }),
    ];
    expect(new Set(all.map(toHex)).size).toBe(all.length);
  });

  it('of a precommit are the role, a zero byte, the genesis hash and CBOR([height, round, block_hash])', () => {
    const bytes = precommitSignBytes(genesisHash, { height: 300, round: 2, blockHash: null });
    const role = toHex(new TextEncoder().encode('atoll/precommit/v1\0'));
    expect(toHex(bytes)).toBe(`${role}${genesisHash.slice(2)}8319012c02f6`);
  });
});
