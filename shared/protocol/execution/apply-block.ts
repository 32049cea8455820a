/**
 * @module The one execution of a block that proposers and validators share. Order: evidence, signatures of the last
 * commit, effects of time, transactions, fees, priorities of the proposer selection, next validator set, root.
 */
import type { Verifier } from '../crypto/verifier.ts';
import type { PageReader, PageWrite } from '../merkle/page-store.ts';
import { updateTree } from '../merkle/state-tree.ts';
import { assert } from '../primitives/assert.ts';
import type { HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { hashFromBytes } from '../primitives/hash.ts';
import { RECEIPTS_BYTES_MAX } from '../primitives/limits.ts';
import type { StateReader, StateWrite } from '../primitives/state-reader.ts';
import type { BlockEnvironment } from '../state/block-environment.ts';
import { recordTime } from '../state/clock.ts';
import { Overlay } from '../state/overlay.ts';
import { readParams } from '../state/params.ts';
import { resetRegistrations } from '../state/registration.ts';
import { validatorsAt } from '../state/set-history.ts';
import { readValidators } from '../state/validators.ts';
import type { Receipt } from '../transaction/receipt.ts';
import { encodeReceipt } from '../transaction/receipt-codec.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import { electProposer } from '../validators/stake-lottery.ts';
import type { Validator, ValidatorSet } from '../validators/validator-set.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import { applyEvidence } from './apply-evidence.ts';
import { applyTransaction } from './apply-transaction.ts';
import type { ChainContext } from './chain-context.ts';
import { checkEvidence } from './check-evidence.ts';
import { countSignatures } from './count-signatures.ts';
import { applyDueEffects } from './due-effects.ts';
import type { Incident } from './incident.ts';
import { InclusionError, type InclusionRules } from './inclusion.ts';
import { moveValidators } from './next-validators.ts';
import { joinReceipts, RECEIPT_LIST_HEAD_BYTES_MAX } from './receipt-list.ts';
import { settleFees } from './settle-fees.ts';

/** Which block is executed. */
export interface BlockPosition {
  readonly height: number;
  /** Round of the first proposal. */
  readonly round: number;
  readonly timeMs: number;
  /** The genesis hash at height 1. */
  readonly parentHash: HashHex;
}

/** What a finished execution changed. */
export interface BlockOutcome {
  readonly receipts: readonly Receipt[];
  /** Bytes of each receipt: the leaves of the receipt tree. */
  readonly receiptLeaves: readonly Uint8Array[];
  readonly receiptBytes: Uint8Array;
  readonly nextValidators: ValidatorSet;
  readonly stateRoot: HashHex;
  readonly stateWrites: readonly StateWrite[];
  readonly pageWrites: readonly PageWrite[];
  readonly feesTotal: bigint;
  readonly incidents: readonly Incident[];
}

/** A block while it is executed. Nothing below it changes; the outcome carries all writes. */
export class BlockExecution {
  /** The set that decides this height. */
  readonly validators: ValidatorSet;
  /** The proposer of the round of this block. */
  readonly proposer: Validator;
  /** Those in force for this block. */
  readonly params: ChainParams;
  readonly #genesisHash: HashHex;
  readonly #rules: InclusionRules;
  readonly #environment: BlockEnvironment;
  readonly #round: number;
  readonly #overlay: Overlay;
  readonly #receipts: Receipt[] = [];
  readonly #leaves: Uint8Array[] = [];
  readonly #incidents: Incident[] = [];
  #isOpen = false;
  #receiptBytes = RECEIPT_LIST_HEAD_BYTES_MAX;
  #feesTotal = 0n;

  constructor(chain: ChainContext, state: StateReader, position: BlockPosition) {
    const { chainId, params, parties } = chain.genesis;
    const { height, timeMs, round } = position;
    this.#overlay = new Overlay(state);
    this.params = readParams(this.#overlay, params);
    this.#genesisHash = chain.genesisHash;
    this.#rules = { registry: chain.registry, parties };
    const isSetFixed = parties.length > 0;
    this.#environment = { chainId, height, timeMs, params: this.params, isSetFixed };
    this.#round = round;
    recordTime(this.#overlay, this.params, height, timeMs);
    this.validators = readValidators(this.#overlay);
    const selection = this.params.proposerSelection;
    this.proposer = electProposer(this.validators, { selection, parentHash: position.parentHash, round });
  }

  /** Checks and applies the next item of evidence. Throws EvidenceError, without effect, if it may not be here. */
  addEvidence(bytes: Uint8Array, verifier: Verifier): void {
    assert(!this.#isOpen, 'evidence comes before everything else');
    const [block, genesisHash] = [this.#environment, this.#genesisHash];
    const evidence = checkEvidence({ state: this.#overlay, block, genesisHash, verifier }, bytes);
    this.#incidents.push(applyEvidence(this.#overlay, block, evidence));
  }

  /** Call once, between evidence and transactions. The commit is that of the parent and was verified. */
  open(lastCommit: CommitCertificate | null): void {
    assert(!this.#isOpen, 'a block is opened once');
    this.#isOpen = true;
    if (lastCommit !== null) {
      const members = validatorsAt(this.#overlay, lastCommit.height);
      assert(members !== null, 'the set of the parent is remembered');
      this.#incidents.push(...countSignatures(this.#overlay, this.#environment, lastCommit, members));
    }
    applyDueEffects(this.#overlay, this.#environment);
    this.#overlay.commit();
  }

  /**
   * Executes the next transaction. Throws TransactionError or InclusionError, without effect, if it may not
   * be here.
   */
  apply(signed: SignedTransaction): void {
    assert(this.#isOpen, 'transactions follow the opening of the block');
    const mark = this.#overlay.checkpoint();
    const receipt = applyTransaction(this.#rules, this.#environment, this.#overlay, signed);
    const leaf = encodeReceipt(receipt);
    if (this.#receiptBytes + leaf.length > RECEIPTS_BYTES_MAX) {
      this.#overlay.rollback(mark);
      throw new InclusionError('TX_RECEIPT_DOES_NOT_FIT', 'the receipts of one block are full');
    }
    this.#receiptBytes += leaf.length;
    this.#receipts.push(receipt);
    this.#leaves.push(leaf);
    this.#feesTotal += receipt.fee;
    // Only a failure within a transaction undoes anything, so the journal need not outlive it.
    this.#overlay.commit();
  }

  /** Ends the block. Call once, after the last transaction. */
  finish(pages: PageReader): BlockOutcome {
    assert(this.#isOpen, 'a block is opened before it ends');
    resetRegistrations(this.#overlay);
    settleFees(this.#overlay, this.params, this.#feesTotal, this.proposer.consensusKey);
    const nextValidators = moveValidators(this.#overlay, this.#environment, this.validators, this.#round);
    const stateWrites = this.#overlay.writes();
    const tree = updateTree(pages, stateWrites);
    return {
      receipts: this.#receipts,
      receiptLeaves: this.#leaves,
      receiptBytes: joinReceipts(this.#leaves),
      nextValidators,
      stateRoot: hashFromBytes(tree.root),
      stateWrites,
      pageWrites: tree.pages,
      feesTotal: this.#feesTotal,
      incidents: this.#incidents,
    };
  }
}
