/**
 * @module Header and body as bytes. Body = CBOR([header, last_commit|null, [evidence, ...], [tx bytes,
 * ...]]).
 */
import {
  bytesUpTo,
  type Codec,
  CodecError,
  consensusKeyCodec,
  decode,
  encode,
  hashCodec,
  itemAt,
  list,
  nullable,
  text,
  tuple,
  uint,
} from '../codec/codec.ts';
import { schemaError } from '../codec/codec-error.ts';
import { hashDomain } from '../crypto/domains.ts';
import { assert } from '../primitives/assert.ts';
import type { ChainId, HashHex } from '../primitives/brand.ts';
import { CHAIN_ID_LENGTH_MAX, isChainId } from '../primitives/chain-id.ts';
import {
  BLOCK_BYTES_MAX,
  BLOCK_TRANSACTIONS_MAX,
  EVIDENCE_BYTES_MAX,
  EVIDENCE_ITEMS_MAX,
  ROUND_MAX,
  TRANSACTION_BYTES_MAX,
} from '../primitives/limits.ts';
import type { TransactionRegistry } from '../transaction/define-transaction.ts';
import { decodeTransaction } from '../transaction/encode.ts';
import { TransactionError } from '../transaction/errors.ts';
import { certificateCodec } from '../votes/encode.ts';
import type { Block, Header } from './block.ts';
import { BlockError } from './block-error.ts';

/** Fifteen fields of at most 34 bytes and a chain id. */
export const HEADER_BYTES_MAX = 640;

const chainIdText = text({ max: CHAIN_ID_LENGTH_MAX });
const chainIdCodec: Codec<ChainId> = {
  toCbor: (chainId) => chainIdText.toCbor(chainId),
  fromCbor(value, path) {
    const chainId = chainIdText.fromCbor(value, path);
    if (!isChainId(chainId)) throw schemaError(path, 'a chain id');
    return chainId;
  },
  isExact: true,
};

/** Field order is that of {@link Header}. Source: docs/spec/blocks.md. */
export const headerCodec: Codec<Header> = tuple({
  version: uint(),
  chainId: chainIdCodec,
  height: uint(),
  round: uint(ROUND_MAX),
  timeMs: uint(),
  proposer: consensusKeyCodec,
  parentHash: hashCodec,
  lastCommitHash: hashCodec,
  txRoot: hashCodec,
  receiptRoot: hashCodec,
  stateRoot: hashCodec,
  evidenceHash: hashCodec,
  validatorsHash: hashCodec,
  nextValidatorsHash: hashCodec,
  paramsHash: hashCodec,
});

/** The last commit as a part of the body. */
export const lastCommitCodec = nullable(certificateCodec);
/** Evidence items stay encoded here: what they say is for those who judge them. */
export const evidenceCodec = list(bytesUpTo(EVIDENCE_BYTES_MAX), EVIDENCE_ITEMS_MAX);

const bodyCodec = tuple({
  header: headerCodec,
  lastCommit: lastCommitCodec,
  evidence: evidenceCodec,
  transactions: list(bytesUpTo(TRANSACTION_BYTES_MAX), BLOCK_TRANSACTIONS_MAX),
});

/** Canonical bytes of a header. */
export function encodeHeader(header: Header): Uint8Array {
  return encode(headerCodec, header);
}

/** Inverse of `encodeHeader`. Throws CodecError. */
export function decodeHeader(encoded: Uint8Array): Header {
  return decode(headerCodec, encoded, HEADER_BYTES_MAX);
}

/** The block hash: SHA-256("atoll/header/v1" || 0x00 || CBOR(header)). */
export function hashHeader(header: Header): HashHex {
  return hashDomain('header', encodeHeader(header));
}

/** The hash of the block whose canonical bytes these are, as `decodeBody` takes them, without encoding its header again. */
export function hashOfBody(body: Uint8Array): HashHex {
  // The header is the first of four items, and the head of so few takes one byte.
  const header = itemAt(body, 1);
  assert(header !== null, 'a body that was decoded begins with its header');
  return hashDomain('header', header);
}

/** Canonical bytes of a block. Transactions go in as the bytes that they came in. */
export function encodeBody(block: Block): Uint8Array {
  const transactions = block.transactions.map((signed) => signed.bytes);
  const { header, lastCommit, evidence } = block;
  return encode(bodyCodec, { header, lastCommit, evidence, transactions });
}

/**
 * Inverse of `encodeBody`. Throws BlockError BLOCK_TOO_LARGE before anything is read, BLOCK_MALFORMED, or
 * BLOCK_TX_INVALID for a transaction that does not decode. Signatures are not verified here.
 */
export function decodeBody(encoded: Uint8Array, registry: TransactionRegistry): Block {
  if (encoded.length > BLOCK_BYTES_MAX) {
    const details = { bytes: encoded.length, bytes_max: BLOCK_BYTES_MAX };
    throw new BlockError('BLOCK_TOO_LARGE', 'body is larger than any chain allows', details);
  }
  const body = decodeParts(encoded);
  const transactions = body.transactions.map((bytes, index) => decodeAt(bytes, index, registry));
  return { header: body.header, lastCommit: body.lastCommit, evidence: body.evidence, transactions };
}

function decodeParts(encoded: Uint8Array) {
  try {
    return decode(bodyCodec, encoded, BLOCK_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new BlockError('BLOCK_MALFORMED', error.message, { codec: error.code });
  }
}

function decodeAt(bytes: Uint8Array, index: number, registry: TransactionRegistry) {
  try {
    return decodeTransaction(bytes, registry);
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    throw new BlockError('BLOCK_TX_INVALID', error.message, { index, tx_code: error.code });
  }
}
