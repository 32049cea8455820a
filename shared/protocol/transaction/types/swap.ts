/** @module Types 14 to 16: swaps under a hash lock. Encoded and named; not executed by this version. */
import { addressCodec, amount, bytes, hashCodec, text, tuple, uint } from '../../codec/codec.ts';
import { ASSET_BYTES_MAX, PREIMAGE_BYTES } from '../limits.ts';
import { inactiveType } from './inactive.ts';

/** CBOR([recipient, asset, amount, hash_lock, deadline_ms]): escrows units for whoever shows the preimage. */
export const swapLock = inactiveType(
  14,
  'swap_lock',
  tuple({
    recipient: addressCodec,
    asset: text({ max: ASSET_BYTES_MAX }),
    amount: amount(),
    /** SHA-256 of the 32-byte preimage. */
    hashLock: hashCodec,
    /** On this chain's block time, milliseconds since 1970. */
    deadlineMs: uint(),
  }),
  ({ recipient }) => [recipient],
);
/** CBOR([id, preimage]): takes the sum before the deadline. */
export const swapClaim = inactiveType(
  15,
  'swap_claim',
  tuple({ id: hashCodec, preimage: bytes(PREIMAGE_BYTES) }),
);
/** CBOR([id]): returns the sum after the deadline. */
export const swapRefund = inactiveType(16, 'swap_refund', tuple({ id: hashCodec }));
