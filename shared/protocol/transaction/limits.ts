/** @module Limits of single fields of transactions and receipts, with their reasons. Shared ones are in primitives/limits.ts. */

/** Bytes of an asset's name: a trace of seven genesis hashes in hex and the native asset. */
export const ASSET_BYTES_MAX = 512;

/** Bytes of a content type: RFC 6838 asks for at most 127 a name, and none in use comes near two of them. */
export const CONTENT_TYPE_BYTES_MAX = 128;

/** Bytes of a validator's endpoint: a URL that fits a line of a log. */
export const ENDPOINT_BYTES_MAX = 256;

/** Basis points of the whole. */
export const COMMISSION_BPS_MAX = 10_000;

/** Bytes of what a vote is about: a key, a hash or the name of a parameter. */
export const VOTE_SUBJECT_BYTES_MAX = 64;

/** Bytes of the value a vote would set: an admitted validator's record or a client's state with its validators. */
export const VOTE_VALUE_BYTES_MAX = 8_192;

/** Bytes of an encoded header: under 500 today, with room for fields to come. */
export const HEADER_BYTES_MAX = 1_024;

/** Bytes of an encoded validator set of a client: 64 keys of 34 bytes with a power of 5, rounded up. */
export const CLIENT_VALIDATORS_BYTES_MAX = 4_096;

/** Bytes of the record of a locked transfer: hashes, an asset and numbers. */
export const TRANSFER_RECORD_BYTES_MAX = 1_024;

/** Bytes of a swap's preimage; a fixed length, so that what unlocks one chain unlocks the other. */
export const PREIMAGE_BYTES = 32;

/** Values of one event: names of a documented list. */
export const EVENT_VALUES_MAX = 16;

/** Bytes of one text or byte value of an event. */
export const EVENT_VALUE_BYTES_MAX = 1_024;

/** Bytes of the name of a type or event. */
export const TYPE_NAME_BYTES_MAX = 32;
