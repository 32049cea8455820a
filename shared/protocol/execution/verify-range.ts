/**
 * @module Consecutive final blocks above a head, from whoever sends them: hash chain, body roots, certificates, every
 * signature of a transaction, execution, every receipt and state root. Nothing is written; the caller commits all or
 * nothing.
 */
import { BlockError } from '../block/block-error.ts';
import type { Verifier } from '../crypto/verifier.ts';
import type { PageReader } from '../merkle/page-store.ts';
import { assert } from '../primitives/assert.ts';
import type { HashHex } from '../primitives/brand.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { LayeredState, type StateChanges } from '../state/layered-state.ts';
import { readValidators } from '../state/validators.ts';
import type { VotingPower } from '../validators/voting-power.ts';
import { verifyCertificate } from '../votes/certificate.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import { VoteError } from '../votes/vote-error.ts';
import type { ChainContext } from './chain-context.ts';
import type { ExecutedBlock, ParentBlock } from './executed-block.ts';
import { type CertifiedBytes, type LinkedBlock, linkBlocks } from './linked-blocks.ts';
import { BlockRangeError } from './range-error.ts';
import { verifyBlock } from './verify-block.ts';

/**
 * Which certificates are checked. `last_of_run`: of each run of blocks with one validator set the last one; the hash chain
 * proves the others, and the commits inside them. `every`: each block's own, and each commit inside a block.
 */
export type CertificateRule = 'last_of_run' | 'every';

export interface RangeRequest {
  /** State after the parent. */
  readonly state: StateReader;
  /** Pages of the state tree after the parent. */
  readonly pages: PageReader;
  readonly parent: ParentBlock;
  /** In order, the first one above the parent. */
  readonly blocks: readonly CertifiedBytes[];
  readonly certificates: CertificateRule;
  readonly verifier: Verifier;
  /** True for transactions, by hash, whose signature was checked on this chain before. */
  readonly verified?: (hash: HashHex) => boolean;
}

/** A block that was executed, with a certificate that makes it final. */
export interface FinalBlock {
  readonly executed: ExecutedBlock;
  readonly certificate: CommitCertificate;
}

/** Final blocks in order, and what all of them together change. */
export interface FinalBlocks extends StateChanges {
  readonly blocks: readonly FinalBlock[];
}

/**
 * Verifies a range. Throws BlockRangeError. A certificate comes before the blocks that it covers are executed, so nobody
 * but the validators can make this node work.
 */
export function verifyRange(chain: ChainContext, request: RangeRequest): FinalBlocks {
  const { parent, verifier } = request;
  const linked = linkBlocks(request.blocks, parent.height + 1, chain.registry);
  const state = new LayeredState(request.state, request.pages);
  const executed: ExecutedBlock[] = [];
  let below = parent;
  while (executed.length < linked.length) {
    const run = runAt(linked, executed.length);
    const validators = readValidators(state);
    for (const link of request.certificates === 'every' ? run : run.slice(-1)) {
      checkCertificate(chain, link, validators, verifier);
    }
    if (below === parent) checkParent(run, parent);
    for (const link of run) {
      executed.push(executeLink(chain, request, state, below, link));
      below = parentOf(link);
    }
  }
  const blocks = executed.map((block, index) => finalBlock(block, linked, index, request.certificates));
  return { blocks, ...state.changes() };
}

/** The blocks from `start` on that one validator set decided, as their headers say. */
function runAt(linked: readonly LinkedBlock[], start: number): LinkedBlock[] {
  const hash = linked[start]?.block.header.validatorsHash;
  const length = linked.slice(start).findIndex(({ block }) => block.header.validatorsHash !== hash);
  return linked.slice(start, length < 0 ? undefined : start + length);
}

function checkCertificate(
  chain: ChainContext,
  { block, hash, certificate }: LinkedBlock,
  validators: readonly VotingPower[],
  verifier: Verifier,
): void {
  const { height } = block.header;
  try {
    const { genesisHash } = chain;
    verifyCertificate({ genesisHash, validators, certificate, height, blockHash: hash, verifier });
  } catch (error) {
    if (!(error instanceof VoteError)) throw error;
    const details = { height, vote_code: error.code };
    throw new BlockRangeError('RANGE_CERTIFICATE_INVALID', `height ${height}: ${error.message}`, details);
  }
}

/** After the certificate, so that it is the validators who contradict our head, and not some peer. */
function checkParent([first]: readonly LinkedBlock[], parent: ParentBlock): void {
  assert(first !== undefined, 'a run has at least one block');
  const { parentHash } = first.block.header;
  if (parentHash === parent.hash) return;
  const details = { height: parent.height, own_hash: parent.hash, certified_hash: parentHash };
  throw new BlockRangeError(
    'RANGE_FORKED',
    `height ${parent.height} is certified with another block`,
    details,
  );
}

function executeLink(
  chain: ChainContext,
  request: RangeRequest,
  state: LayeredState,
  parent: ParentBlock,
  { block, body, hash }: LinkedBlock,
): ExecutedBlock {
  const { verifier, verified, certificates } = request;
  try {
    const executed = verifyBlock(chain, {
      state,
      pages: state,
      parent,
      block,
      body,
      hash,
      parts: 'checked',
      verifier,
      ...(verified === undefined ? {} : { verified }),
      lastCommit: certificates === 'every' ? 'signed' : 'covered',
    });
    state.apply(executed);
    return executed;
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
    const { height } = block.header;
    const details = { height, hash, block_code: error.code };
    throw new BlockRangeError('RANGE_BLOCK_INVALID', `height ${height}: ${error.message}`, details);
  }
}

function parentOf({ block, hash, certificate }: LinkedBlock): ParentBlock {
  const { height, timeMs } = block.header;
  return { height, hash, timeMs, commit: certificate };
}

/**
 * A certificate that was not checked may be anything. The one inside the next block is as good and was checked by those
 * who certified that block.
 */
function finalBlock(
  executed: ExecutedBlock,
  linked: readonly LinkedBlock[],
  index: number,
  rule: CertificateRule,
): FinalBlock {
  const own = linked[index];
  const next = linked[index + 1];
  assert(own !== undefined, 'what was executed was linked');
  const isChecked = rule === 'every' || next?.block.header.validatorsHash !== own.block.header.validatorsHash;
  const certificate = isChecked ? own.certificate : (next?.block.lastCommit ?? null);
  assert(certificate !== null, 'a block above another one holds the commit of that one');
  return { executed, certificate };
}
