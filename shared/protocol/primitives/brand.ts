/** @module Nominal types: a branded string can only be minted by the parser or hash function that checks it. */
declare const brand: unique symbol;
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** `0x` + 40 lower-case hex digits: the first 20 bytes of SHA-256(public key). Minted by `address.ts`. */
export type Address = Brand<string, 'Address'>;
/** `0x` + 64 lower-case hex digits of a SHA-256 hash. Minted by `hash.ts`. */
export type HashHex = Brand<string, 'HashHex'>;
/** `0x` + 64 lower-case hex digits of an Ed25519 public key that validators sign with. Minted by `keys.ts`. */
export type ConsensusKey = Brand<string, 'ConsensusKey'>;
/** Matches `^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$` and is none of the reserved names. Minted by `chain-id.ts`. */
export type ChainId = Brand<string, 'ChainId'>;
