/**
 * @module Which candidates go into a block: in the order given, as far as they are valid and there is room.
 */
import type { Address } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { TransactionError } from '../transaction/errors.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import type { BlockExecution } from './apply-block.ts';
import type { RejectedCandidate } from './executed-block.ts';
import { InclusionError } from './inclusion.ts';

/**
 * Candidates passed over because they do not fit: a few, so that a small one behind a large one still gets
 * in.
 */
export const CANDIDATES_SKIPPED_MAX = 64;
/**
 * Candidates refused for one block: a pool gone stale is cleaned over several blocks instead of stalling
 * one.
 */
export const CANDIDATES_REJECTED_MAX = 4_096;
/** The head of the list of transactions may grow from one byte to three. */
const LIST_HEAD_GROWTH = 2;

export interface ChosenTransactions {
  readonly transactions: readonly SignedTransaction[];
  readonly rejected: readonly RejectedCandidate[];
}

/** Executes candidates one after the other; `emptyBytes` is the length of the body without any. */
export function chooseTransactions(
  execution: BlockExecution,
  params: ChainParams,
  emptyBytes: number,
  candidates: Iterable<SignedTransaction>,
): ChosenTransactions {
  const transactions: SignedTransaction[] = [];
  const rejected: RejectedCandidate[] = [];
  // After one of a sender stays out, those behind it have to wait: they are no fault of their own.
  const waiting = new Set<Address>();
  let room = params.blockBytesMax - emptyBytes - LIST_HEAD_GROWTH;
  let skipped = 0;
  for (const signed of candidates) {
    if (transactions.length >= params.blockTransactionsMax) break;
    if (skipped >= CANDIDATES_SKIPPED_MAX || rejected.length >= CANDIDATES_REJECTED_MAX) break;
    if (waiting.has(signed.sender)) continue;
    const size = itemBytes(signed.bytes.length);
    if (size > room) {
      skipped++;
      waiting.add(signed.sender);
      continue;
    }
    const code = tryApply(execution, signed);
    if (code === null) {
      transactions.push(signed);
      room -= size;
    } else {
      rejected.push({ hash: signed.hash, code });
      if (code !== 'TX_NONCE_TOO_LOW') waiting.add(signed.sender);
    }
  }
  return { transactions, rejected };
}

/** Null when applied, otherwise the code of the refusal. */
function tryApply(execution: BlockExecution, signed: SignedTransaction): string | null {
  try {
    execution.apply(signed);
    return null;
  } catch (error) {
    if (error instanceof TransactionError || error instanceof InclusionError) return error.code;
    throw error;
  }
}

/** A CBOR byte string: one byte for its type, up to four for its length, then itself. */
function itemBytes(length: number): number {
  const head = length < 24 ? 1 : length < 256 ? 2 : length < 65_536 ? 3 : 5;
  return head + length;
}
