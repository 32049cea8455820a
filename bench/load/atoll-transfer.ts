/** @module Presigned Atoll transfers in the form in which clients send them. */

import type { KeyPair } from '../../cli/keys.ts';
import type { Address, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import { signTransaction, type UnsignedTransaction } from '../../shared/protocol/transaction/sign.ts';
import type { TransferPayload } from '../../shared/protocol/transaction/types/transfer.ts';

/** Far ahead of any height of a run, within the window that the protocol takes. */
const VALID_UNTIL = 90_000;

/** The body of one transfer for send_tx, as JSON. */
export function transferBody(genesisHash: HashHex, from: KeyPair, to: Address, nonce: number): string {
  const payload: TransferPayload = { recipient: to, asset: '', amount: 1n };
  const unsigned: UnsignedTransaction = { type: 0, nonce, fee: 0n, validUntil: VALID_UNTIL, payload };
  const { transaction } = signTransaction(unsigned, genesisHash, from.signer, builtInTransactions);
  return JSON.stringify({
    type: 'transfer',
    public_key: from.publicKey,
    nonce,
    fee: '0',
    valid_until: VALID_UNTIL,
    payload: { recipient: to, amount: '1' },
    signature: toHex(transaction.signature),
  });
}

/** Bodies for send_txs from bodies for send_tx. */
export function batches(bodies: readonly string[], size: number): string[] {
  const out: string[] = [];
  for (let i = 0; i < bodies.length; i += size)
    out.push(`{"transactions":[${bodies.slice(i, i + size).join(',')}]}`);
  return out;
}
