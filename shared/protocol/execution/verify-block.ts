/**
 * @module A validator's check of someone's block: everything is recomputed and nothing in the header is
 * believed.
 */
import type { Block } from '../block/block.ts';
import { BlockError } from '../block/block-error.ts';
import { checkBlock, checkParts, expectEqual } from '../block/check.ts';
import { encodeBody, hashHeader } from '../block/encode.ts';
import { receiptRoot } from '../block/roots.ts';
import type { Verifier } from '../crypto/verifier.ts';
import type { PageReader } from '../merkle/page-store.ts';
import { assert } from '../primitives/assert.ts';
import type { HashHex } from '../primitives/brand.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { readParams } from '../state/params.ts';
import { validatorsAt } from '../state/set-history.ts';
import { checkTransactionSignature } from '../transaction/check.ts';
import { TransactionError } from '../transaction/errors.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import { validatorsHash } from '../validators/hash.ts';
import { checkCertificateForm, verifyCertificate } from '../votes/certificate.ts';
import { EvidenceError } from '../votes/evidence-error.ts';
import { VoteError } from '../votes/vote-error.ts';
import { BlockExecution, type BlockOutcome } from './apply-block.ts';
import { executedBlock } from './build-block.ts';
import type { ChainContext } from './chain-context.ts';
import { hasPendingWork } from './due-effects.ts';
import type { ExecutedBlock, ParentBlock } from './executed-block.ts';
import { InclusionError } from './inclusion.ts';

export interface VerifyRequest {
  /** State after the parent. */
  readonly state: StateReader;
  /** Pages of the state tree after the parent. */
  readonly pages: PageReader;
  readonly parent: ParentBlock;
  readonly block: Block;
  /** The bytes that `block` was decoded from, where they are at hand; encoded again otherwise. */
  readonly body?: Uint8Array;
  /** Of the header, where it is known already. */
  readonly hash?: HashHex;
  readonly verifier: Verifier;
  /** True for transactions, by hash, whose signature was checked on this chain before. */
  readonly verified?: (hash: HashHex) => boolean;
  /** Default `signed`. */
  readonly lastCommit?: LastCommitRule;
  /** `checked`: the parts are known to be those of the header. */
  readonly parts?: 'checked';
}

/**
 * What is checked of the commit inside a block. `signed`: all. `covered`: its form alone, since validators who checked
 * its signatures have certified this block or one above it.
 */
export type LastCommitRule = 'signed' | 'covered';

/**
 * Executes a block and compares every hash in its header. Throws BlockError with the first rule that it
 * breaks. Says nothing about whether the block is final: that is `verifyCertificate` with the certificate of
 * the block itself.
 */
export function verifyBlock(chain: ChainContext, request: VerifyRequest): ExecutedBlock {
  const { parent, block, state } = request;
  const { header } = block;
  const { chainId, params: genesisParams } = chain.genesis;
  const body = request.body ?? encodeBody(block);
  const params = readParams(state, genesisParams);
  const pending = hasPendingWork(state, parent, genesisParams);
  checkBlock({ chainId, params, parent, block, bodyBytes: body.length, hasPendingWork: pending });
  if (request.parts !== 'checked') checkParts(block);
  const { height, round, timeMs } = header;
  const execution = new BlockExecution(chain, state, { height, round, timeMs, parentHash: parent.hash });
  expectEqual('BLOCK_PROPOSER_MISMATCH', 'proposer', header.proposer, execution.proposer.consensusKey);
  const validators = validatorsHash(execution.validators);
  expectEqual('BLOCK_VALIDATORS_MISMATCH', 'validators_hash', header.validatorsHash, validators);
  verifyLastCommit(chain, request);
  for (const [index, item] of block.evidence.entries()) addEvidenceAt(request, execution, item, index);
  execution.open(block.lastCommit);
  for (const [index, signed] of block.transactions.entries())
    applyAt(chain, request, execution, signed, index);
  const outcome = execution.finish(request.pages);
  compareOutcome(block, outcome);
  return executedBlock({ block, hash: request.hash ?? hashHeader(header), body }, outcome, {
    rejected: [],
    rejectedEvidence: [],
    isContentAllowed: true,
  });
}

/** The parent was decided by the set of its own height. */
function verifyLastCommit(chain: ChainContext, request: VerifyRequest): void {
  const { block, parent, state, verifier } = request;
  const { lastCommit: certificate } = block;
  if (certificate === null) return;
  const validators = validatorsAt(state, parent.height);
  assert(validators !== null, 'the set of the parent is remembered');
  const form = { validators, certificate, height: parent.height, blockHash: parent.hash };
  try {
    if (request.lastCommit === 'covered') checkCertificateForm(form);
    else verifyCertificate({ ...form, genesisHash: chain.genesisHash, verifier });
  } catch (error) {
    if (!(error instanceof VoteError)) throw error;
    throw new BlockError('BLOCK_LAST_COMMIT_INVALID', error.message, { vote_code: error.code });
  }
}

function addEvidenceAt(
  request: VerifyRequest,
  execution: BlockExecution,
  item: Uint8Array,
  index: number,
): void {
  try {
    execution.addEvidence(item, request.verifier);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    const details = { index, evidence_code: error.code };
    throw new BlockError('BLOCK_EVIDENCE_INVALID', `evidence ${index}: ${error.message}`, details);
  }
}

function applyAt(
  chain: ChainContext,
  request: VerifyRequest,
  execution: BlockExecution,
  signed: SignedTransaction,
  index: number,
): void {
  try {
    if (request.verified?.(signed.hash) !== true) {
      checkTransactionSignature(signed, chain.genesisHash, request.verifier);
    }
    execution.apply(signed);
  } catch (error) {
    if (!(error instanceof TransactionError || error instanceof InclusionError)) throw error;
    const details = { index, tx_hash: signed.hash, tx_code: error.code };
    throw new BlockError('BLOCK_TX_INVALID', `transaction ${index}: ${error.message}`, details);
  }
}

function compareOutcome({ header }: Block, outcome: BlockOutcome): void {
  const next = validatorsHash(outcome.nextValidators);
  expectEqual('BLOCK_NEXT_VALIDATORS_MISMATCH', 'next_validators_hash', header.nextValidatorsHash, next);
  const receipts = receiptRoot(outcome.receiptLeaves);
  expectEqual('BLOCK_RECEIPT_ROOT_MISMATCH', 'receipt_root', header.receiptRoot, receipts);
  expectEqual('BLOCK_STATE_ROOT_MISMATCH', 'state_root', header.stateRoot, outcome.stateRoot);
}
