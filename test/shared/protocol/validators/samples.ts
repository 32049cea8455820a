/** @module Validators with made-up keys, for tests that sign nothing. */
import { sha256 } from '../../../../shared/protocol/crypto/hashing.ts';
import { addressFromBytes } from '../../../../shared/protocol/primitives/address.ts';
import type { Address, ConsensusKey } from '../../../../shared/protocol/primitives/brand.ts';
import { consensusKeyFromBytes } from '../../../../shared/protocol/primitives/consensus-key.ts';
import { renewValidatorSet } from '../../../../shared/protocol/validators/proposer-selection.ts';
import type { ValidatorSet } from '../../../../shared/protocol/validators/validator-set.ts';

const digest = (text: string): Uint8Array => sha256(new TextEncoder().encode(text));

/** 32 bytes in the form of a key; the same for the same index. */
export function aKey(index: number): ConsensusKey {
  return consensusKeyFromBytes(digest(`key ${index}`));
}

/** Authorities in an order that is not that of their keys. */
export function members(count: number): { consensusKey: ConsensusKey; operator: Address; name: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    consensusKey: aKey(index),
    operator: addressFromBytes(digest(`operator ${index}`).slice(0, 20)),
    name: `member ${index}`,
  }));
}

/** A fresh set with these powers, given to keys in an order of their own. */
export function setOf(...powers: readonly number[]): ValidatorSet {
  const people = members(powers.length);
  return renewValidatorSet(
    [],
    people.map((member, index) => ({ ...member, power: powers[index] ?? 0 })),
  );
}
