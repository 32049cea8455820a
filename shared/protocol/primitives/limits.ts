/** @module Every limit that the whole protocol shares, with its unit and its reason. Parameters of one chain are in its genesis. */

/** Deepest nesting of CBOR arrays; the outermost array is level 1. Room above every type, far below any stack. */
export const CBOR_DEPTH_MAX = 8;

/** Bytes of one encoded transaction: the largest message body, twice over, with room for types to come. */
export const TRANSACTION_BYTES_MAX = 65_536;

/** Bytes of a message's body: half a transaction, so that a message always fits one. */
export const MESSAGE_BODY_BYTES_MAX = 32_768;

/** Bytes of one encoded block body: a row of a Durable Object holds 2 MB, and half is left to its certificate and receipts. */
export const BLOCK_BYTES_MAX = 1_000_000;

/** Transactions in one block; the smallest transaction has over 100 bytes, so bytes bind first in practice. */
export const BLOCK_TRANSACTIONS_MAX = 10_000;

/** Bytes of the encoded receipts of one block: the row limit of 2 MB, less its key. */
export const RECEIPTS_BYTES_MAX = 1_900_000;

/** Validators in one set: all of them sign each block, and a certificate of 64 is 4 KiB. */
export const VALIDATORS_MAX = 64;

/** Bytes of an encoded commit certificate: 64 signatures of 64 bytes with their heads, hash and bitmap, rounded up. */
export const CERTIFICATE_BYTES_MAX = 8_192;

/** Bytes of the name of a validator in UTF-8: one line in a table. */
export const VALIDATOR_NAME_BYTES_MAX = 64;

/** Voting power of a whole set; shares are integers of it. */
export const VOTING_POWER_TOTAL = 1_000_000_000;

/** Blocks ahead of its inclusion that a transaction may stay valid: bounds how long a signed one can lie in wait. */
export const VALID_UNTIL_WINDOW = 100_000;

/** Highest round, 4 bytes: at the longest waits a height gets there in four thousand years, at a millisecond each in weeks. */
export const ROUND_MAX = 4_294_967_295;

/** Rounds after which turns repeat: choosing a proposer costs rounds x validators, at most 64,000 steps whatever the round. */
export const TURNS_MAX = 1_000;

/** Largest height, nonce or millisecond count: all are exact as `number`. */
export const SAFE_UINT_MAX = Number.MAX_SAFE_INTEGER;

/** Evidence items in one block: one for each of a quarter of the largest set. */
export const EVIDENCE_ITEMS_MAX = 16;

/** Bytes of all evidence of one block: 16 items of 4 KiB. */
export const EVIDENCE_BYTES_MAX = 65_536;

/** Bytes of an encoded genesis: it is stored in one row and sent in one answer, as a block is. */
export const GENESIS_BYTES_MAX = 1_000_000;

/** Accounts that a genesis may fund: 20 bytes and an amount each stay within half of GENESIS_BYTES_MAX. */
export const GENESIS_ALLOCATIONS_MAX = 10_000;

/** Code of a transaction type: 16 bits. */
export const TRANSACTION_TYPE_MAX = 65_535;

/** Bytes of a namespace of the state: its length stands in one byte of every path, and names stay short. */
export const STATE_NAMESPACE_BYTES_MAX = 64;

/** Bytes of a key within a namespace: the longest is a trace of hashes. */
export const STATE_KEY_BYTES_MAX = 256;

/** Bytes of one state value: far above any record, far below a storage row. */
export const STATE_VALUE_BYTES_MAX = 65_536;

/** Events in one receipt: no built-in type emits more than four. */
export const RECEIPT_EVENTS_MAX = 16;

/** Bytes of an encoded state proof: 256 siblings of 34 bytes, the bitmap and another leaf. */
export const STATE_PROOF_BYTES_MAX = 9_216;
