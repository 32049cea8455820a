/** @module The hashes by which a header commits to the parts of its block. */
import { encode } from '../codec/codec.ts';
import { sha256Hex } from '../crypto/hashing.ts';
import { merkleRoot } from '../merkle/tree.ts';
import type { HashHex } from '../primitives/brand.ts';
import { hashFromBytes } from '../primitives/hash.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import { evidenceCodec, lastCommitCodec } from './encode.ts';

/** RFC 6962 root over the bytes of the transactions. */
export function txRoot(transactions: readonly SignedTransaction[]): HashHex {
  return hashFromBytes(merkleRoot(transactions.map((signed) => signed.bytes)));
}

/** RFC 6962 root over the bytes of each receipt. */
export function receiptRoot(receipts: readonly Uint8Array[]): HashHex {
  return hashFromBytes(merkleRoot(receipts));
}

/** SHA-256 of CBOR(last_commit); that of null at height 1. */
export function lastCommitHash(lastCommit: CommitCertificate | null): HashHex {
  return sha256Hex(encode(lastCommitCodec, lastCommit));
}

/** SHA-256 of CBOR([evidence, ...]); that of the empty array for a block without. */
export function evidenceHash(evidence: readonly Uint8Array[]): HashHex {
  return sha256Hex(encode(evidenceCodec, evidence));
}
