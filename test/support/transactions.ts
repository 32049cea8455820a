/** @module Builders of signed transactions for tests: real keys, real signatures, one genesis hash. */
import { nativeSigner } from '../../shared/native/verifier.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import type { TransactionRegistry } from '../../shared/protocol/transaction/define-transaction.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import { signTransaction, type UnsignedTransaction } from '../../shared/protocol/transaction/sign.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';

/** The chain that the builders sign for. */
export const TEST_GENESIS_HASH = parseHash(`0x${'a7'.repeat(32)}`);

/** The key made of 32 equal bytes. */
export function aSigner(seed: number): Signer {
  return nativeSigner(new Uint8Array(32).fill(seed));
}

/** The address of {@link aSigner}. */
export function anAddress(seed: number) {
  return addressOf(aSigner(seed).publicKey);
}

/** What a test wants to differ from the standard transfer. */
export interface TransactionOverrides extends Partial<UnsignedTransaction> {
  readonly from?: number;
  readonly registry?: TransactionRegistry;
}

/** A signed transfer of 1 unit from key 1 to key 2, fee 100, unless told otherwise. */
export function aTransaction(overrides: TransactionOverrides = {}): SignedTransaction {
  const { from = 1, registry = builtInTransactions, ...fields } = overrides;
  const unsigned = {
    type: 0,
    nonce: 0,
    fee: 100n,
    validUntil: 1_000,
    payload: { recipient: anAddress(2), asset: '', amount: 1n },
    ...fields,
  };
  return signTransaction(unsigned, TEST_GENESIS_HASH, aSigner(from), registry);
}
