/** @module What can be said of a block without executing it: its structure and its links to the parent. */
import type { ChainId, HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { EVIDENCE_BYTES_MAX } from '../primitives/limits.ts';
import type { Block } from './block.ts';
import { BlockError, type BlockErrorCode } from './block-error.ts';
import { paramsHash } from './params.ts';
import { evidenceHash, lastCommitHash, txRoot } from './roots.ts';

/** The header version that these rules make and accept. */
export const HEADER_VERSION = 1;

/** The block below. Below height 1 stands the genesis: height 0, its hash and its time. */
export interface ParentLink {
  readonly height: number;
  readonly hash: HashHex;
  readonly timeMs: number;
}

export interface BlockCheck {
  readonly chainId: ChainId;
  /** Those in force for this block. */
  readonly params: ChainParams;
  readonly parent: ParentLink;
  readonly block: Block;
  /** Length of the encoded body. */
  readonly bodyBytes: number;
  /** The state after the parent asks for another block. */
  readonly hasPendingWork: boolean;
}

/**
 * Throws BlockError with the first rule that the block breaks. Its parts are for {@link checkParts}; signatures,
 * transactions and state come later.
 */
export function checkBlock(check: BlockCheck): void {
  checkSizes(check);
  checkLinks(check);
  checkLastCommit(check);
  const { header, transactions, evidence } = check.block;
  const content: BlockContent = {
    transactions: transactions.length,
    evidence: evidence.length,
    timeMs: header.timeMs,
    hasPendingWork: check.hasPendingWork,
  };
  if (!isContentAllowed(check.params, check.parent.timeMs, content)) {
    throw new BlockError('BLOCK_EMPTY', 'this chain makes no empty block now');
  }
}

/** Earliest time of the block above `parent`, milliseconds since 1970. */
export function earliestTimeMs(params: ChainParams, parent: Pick<ParentLink, 'timeMs'>): number {
  return parent.timeMs + params.blockTimeMs;
}

/** What a block carries, as the rule on empty blocks sees it. */
export interface BlockContent {
  readonly transactions: number;
  readonly evidence: number;
  readonly timeMs: number;
  /** Validators wait for activation, or effects of time were left over by the parent. Default false. */
  readonly hasPendingWork?: boolean;
}

/**
 * The rule on empty blocks: `never` wants work in every block, `heartbeat` only before the interval has
 * passed.
 */
export function isContentAllowed(params: ChainParams, parentTimeMs: number, content: BlockContent): boolean {
  if (content.transactions > 0 || content.evidence > 0 || content.hasPendingWork === true) return true;
  switch (params.emptyBlocks) {
    case 'always':
      return true;
    case 'heartbeat':
      return content.timeMs >= parentTimeMs + params.heartbeatIntervalMs;
    case 'never':
      return false;
  }
}

function checkSizes({ block, bodyBytes, params }: BlockCheck): void {
  if (bodyBytes > params.blockBytesMax) {
    const details = { bytes: bodyBytes, bytes_max: params.blockBytesMax };
    throw new BlockError('BLOCK_TOO_LARGE', 'body exceeds block_bytes_max', details);
  }
  const count = block.transactions.length;
  if (count > params.blockTransactionsMax) {
    const details = { transactions: count, transactions_max: params.blockTransactionsMax };
    throw new BlockError('BLOCK_TOO_MANY_TRANSACTIONS', 'body exceeds block_transactions_max', details);
  }
  const evidenceBytes = block.evidence.reduce((sum, item) => sum + item.length, 0);
  if (evidenceBytes > EVIDENCE_BYTES_MAX) {
    const details = { bytes: evidenceBytes, bytes_max: EVIDENCE_BYTES_MAX };
    throw new BlockError('BLOCK_EVIDENCE_INVALID', 'evidence is too large', details);
  }
}

function checkLinks({ block: { header }, chainId, params, parent }: BlockCheck): void {
  expectEqual('BLOCK_VERSION_UNKNOWN', 'version', header.version, HEADER_VERSION);
  expectEqual('BLOCK_CHAIN_MISMATCH', 'chain_id', header.chainId, chainId);
  expectEqual('BLOCK_HEIGHT_MISMATCH', 'height', header.height, parent.height + 1);
  expectEqual('BLOCK_PARENT_MISMATCH', 'parent_hash', header.parentHash, parent.hash);
  expectEqual('BLOCK_PARAMS_MISMATCH', 'params_hash', header.paramsHash, paramsHash(params));
  const earliest = earliestTimeMs(params, parent);
  if (header.timeMs < earliest) {
    const details = { time_ms: header.timeMs, earliest_ms: earliest };
    throw new BlockError('BLOCK_TIME_TOO_EARLY', 'earlier than parent and block time allow', details);
  }
}

function checkLastCommit({ block: { lastCommit }, parent }: BlockCheck): void {
  if (parent.height === 0) {
    if (lastCommit !== null)
      throw new BlockError('BLOCK_LAST_COMMIT_INVALID', 'nothing is committed below height 1');
  } else if (lastCommit === null) {
    throw new BlockError('BLOCK_LAST_COMMIT_INVALID', 'the last commit is missing');
  } else {
    expectEqual('BLOCK_LAST_COMMIT_INVALID', 'last_commit.height', lastCommit.height, parent.height);
    expectEqual('BLOCK_LAST_COMMIT_INVALID', 'last_commit.block_hash', lastCommit.blockHash, parent.hash);
  }
}

/** Throws BlockError unless the parts of the block are those that its header commits to. */
export function checkParts({ header, lastCommit, evidence, transactions }: Block): void {
  const code = 'BLOCK_LAST_COMMIT_HASH_MISMATCH';
  expectEqual(code, 'last_commit_hash', header.lastCommitHash, lastCommitHash(lastCommit));
  expectEqual('BLOCK_EVIDENCE_HASH_MISMATCH', 'evidence_hash', header.evidenceHash, evidenceHash(evidence));
  expectEqual('BLOCK_TX_ROOT_MISMATCH', 'tx_root', header.txRoot, txRoot(transactions));
}

/** Compares one field of a header with what it must be. Throws BlockError with both values. */
export function expectEqual<Value extends string | number>(
  code: BlockErrorCode,
  field: string,
  actual: Value,
  expected: Value,
): void {
  if (actual !== expected) {
    throw new BlockError(code, `${field} is not what it must be`, { field, actual, expected });
  }
}
