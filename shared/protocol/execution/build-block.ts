/** @module A proposer's block: candidates are executed while they are chosen. */
import type { Block, Header } from '../block/block.ts';
import { earliestTimeMs, HEADER_VERSION, isContentAllowed } from '../block/check.ts';
import { encodeBody, hashHeader } from '../block/encode.ts';
import { paramsHash } from '../block/params.ts';
import { evidenceHash, lastCommitHash, receiptRoot, txRoot } from '../block/roots.ts';
import { jsVerifier, type Verifier } from '../crypto/verifier.ts';
import type { PageReader } from '../merkle/page-store.ts';
import { assert } from '../primitives/assert.ts';
import type { ConsensusKey } from '../primitives/brand.ts';
import { ZERO_HASH } from '../primitives/hash.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import { validatorsHash } from '../validators/hash.ts';
import { BlockExecution, type BlockOutcome } from './apply-block.ts';
import type { ChainContext } from './chain-context.ts';
import { chooseEvidence } from './choose-evidence.ts';
import { chooseTransactions } from './choose-transactions.ts';
import { hasPendingWork } from './due-effects.ts';
import type { ExecutedBlock, ParentBlock } from './executed-block.ts';

export interface BuildRequest {
  /** State after the parent. */
  readonly state: StateReader;
  /** Pages of the state tree after the parent. */
  readonly pages: PageReader;
  readonly parent: ParentBlock;
  readonly round: number;
  /** max(now, parent + block time), milliseconds since 1970. */
  readonly timeMs: number;
  /** Own consensus key; must be the proposer of this round. */
  readonly proposer: ConsensusKey;
  /**
   * In the order to try, nonces of one sender ascending, signatures checked. Read only as far as the block
   * has room.
   */
  readonly candidates: Iterable<SignedTransaction>;
  /** Encoded items in the order to try. Default none. */
  readonly evidence?: Iterable<Uint8Array>;
  /** Checks the evidence. Default: the portable one. */
  readonly verifier?: Verifier;
}

/**
 * Builds and executes the block above `parent`. Candidates that may not be in it are reported in `rejected`.
 * When nothing is left that asks for a block, `isContentAllowed` is false: such a block is not proposed.
 */
export function buildBlock(chain: ChainContext, request: BuildRequest): ExecutedBlock {
  const { parent, round, timeMs, proposer, state } = request;
  const position = { height: parent.height + 1, round, timeMs, parentHash: parent.hash };
  const execution = new BlockExecution(chain, state, position);
  const { params } = execution;
  assert(timeMs >= earliestTimeMs(params, parent), 'a proposer waits for the block time');
  assert((parent.height === 0) === (parent.commit === null), 'every block but genesis has its commit');
  assert(parent.commit === null || parent.commit.blockHash === parent.hash, 'the commit is for the parent');
  assert(execution.proposer.consensusKey === proposer, 'only the proposer of a round builds its block');
  const evidence = chooseEvidence(execution, request.evidence ?? [], request.verifier ?? jsVerifier);
  execution.open(parent.commit);
  const draft = draftBlock(chain, request, execution, evidence.items);
  const chosen = chooseTransactions(execution, params, encodeBody(draft).length, request.candidates);
  const outcome = execution.finish(request.pages);
  const header = completeHeader(draft.header, chosen.transactions, outcome);
  const block: Block = { ...draft, header, transactions: chosen.transactions };
  const content = {
    transactions: chosen.transactions.length,
    evidence: evidence.items.length,
    timeMs,
    hasPendingWork: hasPendingWork(state, parent, chain.genesis.params),
  };
  return executedBlock({ block, hash: hashHeader(header), body: encodeBody(block) }, outcome, {
    rejected: chosen.rejected,
    rejectedEvidence: evidence.rejected,
    isContentAllowed: isContentAllowed(params, parent.timeMs, content),
  });
}

/** What the builder of a block knows beside its execution. */
type BuildOutcome = Pick<ExecutedBlock, 'rejected' | 'rejectedEvidence' | 'isContentAllowed'>;

/** Joins a block with what its execution gave. */
export function executedBlock(
  block: Pick<ExecutedBlock, 'block' | 'hash' | 'body'>,
  outcome: BlockOutcome,
  built: BuildOutcome,
): ExecutedBlock {
  const { receiptLeaves: _leaves, stateRoot: _root, ...rest } = outcome;
  return { ...block, ...rest, ...built };
}

/**
 * The block without transactions and with zero for what only execution knows: its length is already right.
 */
function draftBlock(
  chain: ChainContext,
  request: BuildRequest,
  execution: BlockExecution,
  evidence: readonly Uint8Array[],
): Block {
  const { parent } = request;
  const header: Header = {
    version: HEADER_VERSION,
    chainId: chain.genesis.chainId,
    height: parent.height + 1,
    round: request.round,
    timeMs: request.timeMs,
    proposer: request.proposer,
    parentHash: parent.hash,
    lastCommitHash: lastCommitHash(parent.commit),
    txRoot: ZERO_HASH,
    receiptRoot: ZERO_HASH,
    stateRoot: ZERO_HASH,
    evidenceHash: evidenceHash(evidence),
    validatorsHash: validatorsHash(execution.validators),
    nextValidatorsHash: ZERO_HASH,
    paramsHash: paramsHash(execution.params),
  };
  return { header, lastCommit: parent.commit, evidence, transactions: [] };
}

function completeHeader(draft: Header, chosen: readonly SignedTransaction[], outcome: BlockOutcome): Header {
  return {
    ...draft,
    txRoot: txRoot(chosen),
    receiptRoot: receiptRoot(outcome.receiptLeaves),
    stateRoot: outcome.stateRoot,
    nextValidatorsHash: validatorsHash(outcome.nextValidators),
  };
}
