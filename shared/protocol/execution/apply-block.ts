/**
 * @module The one execution of a block that proposers and validators share. Order: transactions, fees,
 * priorities of the proposer selection, next validator set, root. The last commit is checked before; it
 * changes no state.
 */
import type { PageReader, PageWrite } from '../merkle/page-store.ts';
import { updateTree } from '../merkle/state-tree.ts';
import type { HashHex } from '../primitives/brand.ts';
import { hashFromBytes } from '../primitives/hash.ts';
import { RECEIPTS_BYTES_MAX } from '../primitives/limits.ts';
import type { StateReader, StateWrite } from '../primitives/state-reader.ts';
import { Overlay } from '../state/overlay.ts';
import type { BlockEnvironment } from '../state/transaction-context.ts';
import { readValidators, VALIDATORS_CURRENT, VALIDATORS_NAMESPACE } from '../state/validators.ts';
import type { Receipt } from '../transaction/receipt.ts';
import { encodeReceipt } from '../transaction/receipt-codec.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import { encodeValidatorSet } from '../validators/encode.ts';
import { advancePriorities, proposerAt } from '../validators/proposer-selection.ts';
import type { Validator, ValidatorSet } from '../validators/validator-set.ts';
import { applyTransaction } from './apply-transaction.ts';
import type { ChainContext } from './chain-context.ts';
import { InclusionError, type InclusionRules } from './inclusion.ts';
import { joinReceipts, RECEIPT_LIST_HEAD_BYTES_MAX } from './receipt-list.ts';
import { settleFees } from './settle-fees.ts';

/** Which block is executed. */
export interface BlockPosition {
  readonly height: number;
  /** Round of the first proposal. */
  readonly round: number;
  readonly timeMs: number;
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
}

/** A block while it is executed. Nothing below it changes; the outcome carries all writes. */
export class BlockExecution {
  /** The set that decides this height. */
  readonly validators: ValidatorSet;
  /** The proposer of the round of this block. */
  readonly proposer: Validator;
  readonly #rules: InclusionRules;
  readonly #environment: BlockEnvironment;
  readonly #round: number;
  readonly #overlay: Overlay;
  readonly #receipts: Receipt[] = [];
  readonly #leaves: Uint8Array[] = [];
  #receiptBytes = RECEIPT_LIST_HEAD_BYTES_MAX;
  #feesTotal = 0n;

  constructor(chain: ChainContext, state: StateReader, position: BlockPosition) {
    const { params, parties } = chain.genesis;
    this.#rules = { registry: chain.registry, parties };
    this.#environment = { height: position.height, timeMs: position.timeMs, params };
    this.#round = position.round;
    this.#overlay = new Overlay(state);
    this.validators = readValidators(this.#overlay);
    this.proposer = proposerAt(this.validators, position.round);
  }

  /**
   * Executes the next transaction. Throws TransactionError or InclusionError, without effect, if it may not
   * be here.
   */
  apply(signed: SignedTransaction): void {
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
    settleFees(this.#overlay, this.#environment.params, this.#feesTotal, this.proposer.operator);
    const nextValidators = advancePriorities(this.validators, this.#round + 1);
    this.#overlay.set(VALIDATORS_NAMESPACE, VALIDATORS_CURRENT, encodeValidatorSet(nextValidators));
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
    };
  }
}
