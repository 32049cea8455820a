/** @module Blocks and certificates: canonical bytes <-> JSON, without loss. */
import type { Header } from '../protocol/block/block.ts';
import { decodeBody, decodeHeader, encodeBody, hashHeader } from '../protocol/block/encode.ts';
import type { HashHex } from '../protocol/primitives/brand.ts';
import { fromHex, toHex } from '../protocol/primitives/bytes.ts';
import { parseChainId } from '../protocol/primitives/chain-id.ts';
import { parseConsensusKey } from '../protocol/primitives/consensus-key.ts';
import { parseHash, ZERO_HASH } from '../protocol/primitives/hash.ts';
import type { TransactionRegistry } from '../protocol/transaction/define-transaction.ts';
import { decodeTransaction } from '../protocol/transaction/encode.ts';
import type { Receipt } from '../protocol/transaction/receipt.ts';
import { decodeReceipts } from '../protocol/transaction/receipt-codec.ts';
import type { CommitCertificate } from '../protocol/votes/commit-certificate.ts';
import { decodeCertificate, encodeCertificate } from '../protocol/votes/encode.ts';
import { checkShape } from './check-shape.ts';
import type { StoredBlock } from './objects.ts';
import { ApiError } from './problems.ts';
import { type BlockSummaryWire, type BlockWire, blockSchema, type CertificateWire } from './schemas/block.ts';
import { blockTransactionToWire, encodeSubmitted, submittedOf, timeToWire } from './wire-transaction.ts';

/** What the conversion needs of a stored block. Without receipts the transactions come without them. */
export type BlockBytes = Pick<StoredBlock, 'hash' | 'body' | 'certificate'> & {
  readonly receipts?: Uint8Array;
};

/** Members of {@link BlockWire} that the header has. */
type HeaderWire = Pick<
  BlockWire,
  | 'height'
  | 'parent_hash'
  | 'timestamp'
  | 'time_ms'
  | 'proposer'
  | 'round'
  | 'version'
  | 'chain_id'
  | 'state_root'
  | 'tx_root'
  | 'receipt_root'
  | 'last_commit_hash'
  | 'evidence_hash'
  | 'validators_hash'
  | 'next_validators_hash'
  | 'params_hash'
>;

function headerToWire(header: Header): HeaderWire {
  return {
    height: header.height,
    parent_hash: header.parentHash,
    timestamp: timeToWire(header.timeMs),
    time_ms: header.timeMs,
    proposer: header.proposer,
    round: header.round,
    version: header.version,
    chain_id: header.chainId,
    state_root: header.stateRoot,
    tx_root: header.txRoot,
    receipt_root: header.receiptRoot,
    last_commit_hash: header.lastCommitHash,
    evidence_hash: header.evidenceHash,
    validators_hash: header.validatorsHash,
    next_validators_hash: header.nextValidatorsHash,
    params_hash: header.paramsHash,
  };
}

/** A commit certificate as JSON. */
export function certificateToWire(certificate: CommitCertificate): CertificateWire {
  return {
    height: certificate.height,
    round: certificate.round,
    block_hash: certificate.blockHash,
    bitmap: toHex(certificate.bitmap),
    signatures: certificate.signatures.map(toHex),
  };
}

/** The inverse of {@link certificateToWire}. */
export function certificateFromWire(wire: CertificateWire): CommitCertificate {
  return {
    height: wire.height,
    round: wire.round,
    blockHash: parseHash(wire.block_hash),
    bitmap: fromHex(wire.bitmap),
    signatures: wire.signatures.map(fromHex),
  };
}

/** A final block as JSON. `includeTx: false` leaves the transactions out; `tx_count` stays. */
export function blockToWire(
  stored: BlockBytes,
  registry: TransactionRegistry,
  options: { includeTx: boolean } = { includeTx: true },
): BlockWire {
  const block = decodeBody(stored.body, registry);
  const receipts: readonly Receipt[] =
    options.includeTx && stored.receipts !== undefined ? decodeReceipts(stored.receipts) : [];
  return {
    hash: stored.hash,
    ...headerToWire(block.header),
    tx_count: block.transactions.length,
    last_commit: block.lastCommit === null ? null : certificateToWire(block.lastCommit),
    evidence: block.evidence.map(toHex),
    ...(options.includeTx
      ? {
          transactions: block.transactions.map((tx, index) =>
            blockTransactionToWire(tx, registry, receipts[index]),
          ),
        }
      : {}),
    certificate: certificateToWire(decodeCertificate(stored.certificate)),
    size_bytes: stored.body.length,
  };
}

/** A block of a list, from its header and certificate. */
export function blockSummaryToWire(summary: {
  hash: string;
  header: Uint8Array;
  certificate: Uint8Array;
  txCount: number;
  sizeBytes: number;
}): BlockSummaryWire {
  return {
    hash: summary.hash,
    ...headerToWire(decodeHeader(summary.header)),
    tx_count: summary.txCount,
    certificate: certificateToWire(decodeCertificate(summary.certificate)),
    size_bytes: summary.sizeBytes,
  };
}

/** How the genesis shows as height 0. It is in no hash chain: 32 zero bytes stand for the roots that it lacks. */
export function genesisBlockToWire(genesis: {
  hash: HashHex;
  chainId: string;
  version: number;
  timeMs: number;
  paramsHash: HashHex;
  sizeBytes: number;
}): BlockWire {
  return {
    height: 0,
    hash: genesis.hash,
    parent_hash: ZERO_HASH,
    timestamp: timeToWire(genesis.timeMs),
    time_ms: genesis.timeMs,
    proposer: null,
    round: 0,
    version: genesis.version,
    chain_id: genesis.chainId,
    tx_count: 0,
    state_root: ZERO_HASH,
    tx_root: ZERO_HASH,
    receipt_root: ZERO_HASH,
    last_commit_hash: ZERO_HASH,
    evidence_hash: ZERO_HASH,
    validators_hash: ZERO_HASH,
    next_validators_hash: ZERO_HASH,
    params_hash: genesis.paramsHash,
    last_commit: null,
    evidence: [],
    transactions: [],
    certificate: null,
    size_bytes: genesis.sizeBytes,
  };
}

/**
 * Canonical body and certificate of a block from its JSON with transactions. What the JSON derives (hash, counts,
 * senders) is not read: the importer recomputes it. Throws ApiError REQUEST_INVALID and the codes of transactions.
 */
export function blockFromWire(
  json: unknown,
  registry: TransactionRegistry,
  pointer = '/body',
): { height: number; hash: HashHex; body: Uint8Array; certificate: Uint8Array } {
  return encodeBlockWire(
    checkShape(blockSchema.required({ transactions: true }), json, pointer),
    registry,
    pointer,
  );
}

/** As {@link blockFromWire} for a block that its schema has passed. */
export function encodeBlockWire(
  wire: BlockWire,
  registry: TransactionRegistry,
  pointer = '/body',
): { height: number; hash: HashHex; body: Uint8Array; certificate: Uint8Array } {
  const transactions = wire.transactions ?? [];
  if (wire.certificate === null) {
    const errors = [{ pointer: `${pointer}/certificate`, detail: 'a block above genesis has a certificate' }];
    throw new ApiError('REQUEST_INVALID', 'the block has no certificate', { errors });
  }
  const header = headerFromWire(wire);
  const body = encodeBody({
    header,
    lastCommit: wire.last_commit === null ? null : certificateFromWire(wire.last_commit),
    evidence: wire.evidence.map(fromHex),
    transactions: transactions.map((tx, index) =>
      decodeTransaction(
        encodeSubmitted(submittedOf(tx), registry, `${pointer}/transactions/${index}`),
        registry,
      ),
    ),
  });
  const certificate = encodeCertificate(certificateFromWire(wire.certificate));
  return { height: wire.height, hash: hashHeader(header), body, certificate };
}

function headerFromWire(wire: BlockWire): Header {
  return {
    version: wire.version,
    chainId: parseChainId(wire.chain_id),
    height: wire.height,
    round: wire.round,
    timeMs: wire.time_ms,
    proposer: parseConsensusKey(wire.proposer ?? ''),
    parentHash: parseHash(wire.parent_hash),
    lastCommitHash: parseHash(wire.last_commit_hash),
    txRoot: parseHash(wire.tx_root),
    receiptRoot: parseHash(wire.receipt_root),
    stateRoot: parseHash(wire.state_root),
    evidenceHash: parseHash(wire.evidence_hash),
    validatorsHash: parseHash(wire.validators_hash),
    nextValidatorsHash: parseHash(wire.next_validators_hash),
    paramsHash: parseHash(wire.params_hash),
  };
}
