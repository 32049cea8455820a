/** @module Signing a transaction for one chain. */
import type { Signer } from '../crypto/verifier.ts';
import type { HashHex } from '../primitives/brand.ts';
import type { TransactionRegistry } from './define-transaction.ts';
import { encodeTransaction, transactionSignBytes, withIdentity } from './encode.ts';
import type { SignedTransaction, Transaction } from './transaction.ts';

/** A transaction before its key and signature are known. */
export type UnsignedTransaction<Payload = unknown> = Omit<Transaction<Payload>, 'publicKey' | 'signature'>;

/** Signs with the signer's key, which becomes the sender. The signature holds on this genesis hash only. */
export function signTransaction(
  unsigned: UnsignedTransaction,
  genesisHash: HashHex,
  signer: Signer,
  registry: TransactionRegistry,
): SignedTransaction {
  const keyed = { ...unsigned, publicKey: signer.publicKey };
  const signature = signer.sign(transactionSignBytes(genesisHash, keyed, registry));
  const transaction: Transaction = { ...keyed, signature };
  return withIdentity(transaction, encodeTransaction(transaction, registry));
}
