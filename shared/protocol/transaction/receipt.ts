/** @module What a transaction did: the leaf of the receipt tree. */
import type { HashHex } from '../primitives/brand.ts';

/** An event is a name and its values in the order its transaction type documents. */
export interface ReceiptEvent {
  readonly name: string;
  /** CBOR scalars: byte strings, text, unsigned integers (bigint for amounts). */
  readonly values: readonly (Uint8Array | string | number | bigint)[];
}

export interface Receipt {
  readonly txHash: HashHex;
  /** 0 = applied; any other code = fee and nonce taken, the rest undone. See `receipt-status.ts`. */
  readonly status: number;
  /** Fee taken, including a new account's fee. */
  readonly fee: bigint;
  readonly events: readonly ReceiptEvent[];
}
