/**
 * @module Validity of a transaction that needs no state: who may not even enter the mempool or a block.
 * Nonce and balance belong to the mempool's admission and to execution.
 */
import { isCanonicalKey, isSmallOrder } from '../crypto/keys.ts';
import type { Verifier } from '../crypto/verifier.ts';
import type { HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { VALID_UNTIL_WINDOW } from '../primitives/limits.ts';
import type { TransactionRegistry } from './define-transaction.ts';
import { checkSize, signBytesOf } from './encode.ts';
import { TransactionError } from './errors.ts';
import { requiredFee } from './fees.ts';
import type { SignedTransaction } from './transaction.ts';

/**
 * Checks size, type, payload and fee: all that depends on neither height nor signature.
 * Throws TX_TOO_LARGE, TX_TYPE_UNKNOWN, TX_TYPE_INACTIVE, TX_PAYLOAD_INVALID, TX_FEE_TOO_LOW or TX_EXPIRED (0).
 */
export function checkTransaction(
  signed: SignedTransaction,
  params: ChainParams,
  registry: TransactionRegistry,
): void {
  const { transaction, bytes } = signed;
  checkSize(bytes);
  const type = registry.get(transaction.type);
  if (type === undefined) {
    throw new TransactionError('TX_TYPE_UNKNOWN', `no transaction type ${transaction.type}`, {
      type: transaction.type,
    });
  }
  if (!type.active)
    throw new TransactionError('TX_TYPE_INACTIVE', `${type.name} is not active`, { type: type.type });
  type.check(transaction, params);
  const required = requiredFee(params, bytes.length);
  if (transaction.fee < required) {
    const details = { expected: required.toString(), actual: transaction.fee.toString() };
    throw new TransactionError('TX_FEE_TOO_LOW', `the fee is below ${required}`, details);
  }
}

/** Whether the transaction may be in the block at `height`. Throws TX_EXPIRED or TX_VALID_UNTIL_TOO_FAR. */
export function checkValidUntil(signed: SignedTransaction, height: number): void {
  const { validUntil } = signed.transaction;
  if (validUntil < height) {
    throw new TransactionError('TX_EXPIRED', `valid until ${validUntil}, next is ${height}`, {
      expected: height,
      actual: validUntil,
    });
  }
  const furthest = height + VALID_UNTIL_WINDOW;
  if (validUntil > furthest) {
    const details = { expected: furthest, actual: validUntil };
    throw new TransactionError('TX_VALID_UNTIL_TOO_FAR', `valid_until is at most ${furthest} now`, details);
  }
}

/** True iff the signature holds for this chain. The verifier's rule includes every check of the key. */
export function verifyTransactionSignature(
  signed: SignedTransaction,
  genesisHash: HashHex,
  verifier: Verifier,
): boolean {
  const { publicKey, signature } = signed.transaction;
  return verifier.verify(publicKey, signBytesOf(signed.bytes, genesisHash), signature);
}

/** As {@link verifyTransactionSignature}, throwing TX_BAD_KEY or TX_BAD_SIGNATURE. */
export function checkTransactionSignature(
  signed: SignedTransaction,
  genesisHash: HashHex,
  verifier: Verifier,
): void {
  if (verifyTransactionSignature(signed, genesisHash, verifier)) return;
  const { publicKey } = signed.transaction;
  if (!isCanonicalKey(publicKey) || isSmallOrder(publicKey)) {
    throw new TransactionError('TX_BAD_KEY', 'the public key is not canonical or of small order', {});
  }
  throw new TransactionError('TX_BAD_SIGNATURE', 'the signature does not verify on this chain', {});
}
