/** @module A final block as the ledger stores it: decoded once, every part with its canonical bytes. */
import type { Block, Header } from '../protocol/block/block.ts';
import { decodeBody, encodeHeader, evidenceCodec } from '../protocol/block/encode.ts';
import { encode } from '../protocol/codec/codec.ts';
import { assert } from '../protocol/primitives/assert.ts';
import type { Address, HashHex } from '../protocol/primitives/brand.ts';
import { parseHash } from '../protocol/primitives/hash.ts';
import type { TransactionRegistry } from '../protocol/transaction/define-transaction.ts';
import type { Receipt } from '../protocol/transaction/receipt.ts';
import { decodeReceipts, encodeReceipt } from '../protocol/transaction/receipt-codec.ts';
import type { SignedTransaction } from '../protocol/transaction/transaction.ts';
import type { ValidatorSet } from '../protocol/validators/validator-set.ts';
import { encodeCertificate } from '../protocol/votes/encode.ts';

/** A final block in canonical bytes, as the chain's object keeps it and as readers give it back. */
export interface BlockBytes {
  readonly height: number;
  readonly hash: string;
  readonly body: Uint8Array;
  readonly certificate: Uint8Array;
  /** CBOR list of receipts. */
  readonly receipts: Uint8Array;
}

/** A transaction with what the ledger indexes of it. */
export interface LedgerTransaction {
  readonly hash: HashHex;
  readonly type: number;
  readonly sender: Address;
  /** Accounts beside the sender under which it is listed. */
  readonly others: readonly Address[];
  /** Native units that leave the sender beside the fee, or null. */
  readonly amount: bigint | null;
  readonly nonce: number;
  readonly fee: bigint;
  readonly bytes: Uint8Array;
  readonly receipt: { readonly status: number; readonly fee: bigint; readonly bytes: Uint8Array };
}

/** A block ready to be written. */
export interface LedgerBlock {
  readonly hash: HashHex;
  readonly header: Header;
  readonly headerBytes: Uint8Array;
  readonly lastCommit: Uint8Array | null;
  readonly evidence: Uint8Array;
  readonly certificate: Uint8Array;
  readonly transactions: readonly LedgerTransaction[];
  /** Bytes of body, certificate and receipts. */
  readonly sizeBytes: number;
}

/** The validators of a chain from a height on. */
export interface ValidatorSetAt {
  /** First height that this set signs. */
  readonly height: number;
  readonly validatorsHash: HashHex;
  readonly validators: ValidatorSet;
}

/** A block that is still in memory from its execution: it need not be decoded again. */
export interface DecodedBlock {
  readonly block: Block;
  readonly receipts: readonly Receipt[];
}

/** Decodes a stored block. It was verified before it became final, so whatever does not decode is a bug. */
export function ledgerBlock(
  stored: BlockBytes,
  registry: TransactionRegistry,
  decoded?: DecodedBlock,
): LedgerBlock {
  const block = decoded?.block ?? decodeBody(stored.body, registry);
  const receipts = decoded?.receipts ?? decodeReceipts(stored.receipts);
  assert(receipts.length === block.transactions.length, 'a final block has one receipt per transaction');
  return {
    hash: parseHash(stored.hash),
    header: block.header,
    headerBytes: encodeHeader(block.header),
    lastCommit: block.lastCommit === null ? null : encodeCertificate(block.lastCommit),
    evidence: encode(evidenceCodec, block.evidence),
    certificate: stored.certificate,
    transactions: block.transactions.map((signed, i) =>
      ledgerTransaction(signed, receipts[i] as Receipt, registry),
    ),
    sizeBytes: stored.body.length + stored.certificate.length + stored.receipts.length,
  };
}

function ledgerTransaction(
  signed: SignedTransaction,
  receipt: Receipt,
  registry: TransactionRegistry,
): LedgerTransaction {
  const { transaction, bytes, hash, sender } = signed;
  const type = registry.get(transaction.type);
  assert(type !== undefined, 'a decoded transaction has a registered type');
  assert(receipt.txHash === hash, 'receipts stand in the order of their transactions');
  const spent = type.spends(transaction.payload);
  return {
    hash,
    type: transaction.type,
    sender,
    others: type.addresses(transaction.payload),
    amount: spent === 0n ? null : spent,
    nonce: transaction.nonce,
    fee: transaction.fee,
    bytes,
    receipt: { status: receipt.status, fee: receipt.fee, bytes: encodeReceipt(receipt) },
  };
}

/**
 * Transactions in one write batch: with their index rows some 25,000 rows, a tenth of a second for the
 * server.
 */
export const BATCH_TRANSACTIONS_MAX = 5_000;
/** Bytes of the blocks in one write batch: the object that sends it holds them twice, once as JSON. */
export const BATCH_BYTES_MAX = 2_000_000;
/** Blocks in one write batch. */
export const BATCH_BLOCKS_MAX = 1_000;

/** Cuts blocks into batches within the limits; a block that is larger than a batch goes alone. */
export function splitBlocks(
  blocks: readonly LedgerBlock[],
  limits: { readonly transactions?: number; readonly bytes?: number; readonly blocks?: number } = {},
): LedgerBlock[][] {
  const {
    transactions = BATCH_TRANSACTIONS_MAX,
    bytes = BATCH_BYTES_MAX,
    blocks: count = BATCH_BLOCKS_MAX,
  } = limits;
  const batches: LedgerBlock[][] = [];
  let batch: LedgerBlock[] = [];
  let used = { transactions: 0, bytes: 0 };
  for (const block of blocks) {
    const sum = {
      transactions: used.transactions + block.transactions.length,
      bytes: used.bytes + block.sizeBytes,
    };
    const full = sum.transactions > transactions || sum.bytes > bytes || batch.length >= count;
    if (full && batch.length > 0) {
      batches.push(batch);
      batch = [];
      used = { transactions: block.transactions.length, bytes: block.sizeBytes };
    } else {
      used = sum;
    }
    batch.push(block);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
