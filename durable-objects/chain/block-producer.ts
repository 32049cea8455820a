/**
 * @module Makes the next block of a chain with one validator: build, execute once, sign, certify, all in one turn.
 * The caller stores the result in the same turn; nothing leaves before that is durable.
 */
import { nativeVerifier } from '../../shared/native/verifier.ts';
import { buildBlock } from '../../shared/protocol/execution/build-block.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import type { ExecutedBlock, ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import { assembleCertificate, verifyCertificate } from '../../shared/protocol/votes/certificate.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { precommitSignBytes } from '../../shared/protocol/votes/vote.ts';
import type { SignLog } from './sign-log.ts';
import type { ChainStore } from './store.ts';
import type { ValidatorKeys } from './validator-key.ts';

/** A chain of one validator decides in its first round. */
const ROUND = 0;

export interface CertifiedBlock {
  readonly executed: ExecutedBlock;
  readonly certificate: CommitCertificate;
}

export class BlockProducer {
  readonly #context: ChainContext;
  readonly #store: ChainStore;
  readonly #signLog: SignLog;
  readonly #keys: ValidatorKeys;

  constructor(context: ChainContext, store: ChainStore, signLog: SignLog, keys: ValidatorKeys) {
    this.#context = context;
    this.#store = store;
    this.#signLog = signLog;
    this.#keys = keys;
  }

  /**
   * When the next block may be made, in milliseconds; null when nothing asks for one. Never before
   * parent time + block time, and an empty one only as the chain's parameters say.
   */
  dueMs(parent: ParentBlock, hasWork: boolean): number | null {
    const { blockTimeMs, emptyBlocks, heartbeatIntervalMs } = this.#context.genesis.params;
    if (hasWork || emptyBlocks === 'always') return parent.timeMs + blockTimeMs;
    if (emptyBlocks === 'heartbeat') return parent.timeMs + Math.max(blockTimeMs, heartbeatIntervalMs);
    return null;
  }

  /** Builds on `parent` and certifies the block; null when no candidate was good and the block may not be empty. */
  produce(
    parent: ParentBlock,
    candidates: Iterable<SignedTransaction>,
    nowMs: number,
  ): { block: CertifiedBlock | null; rejected: ExecutedBlock['rejected'] } {
    const { params } = this.#context.genesis;
    const executed = buildBlock(this.#context, {
      state: this.#store,
      pages: this.#store,
      parent,
      round: ROUND,
      timeMs: Math.max(nowMs, parent.timeMs + params.blockTimeMs),
      proposer: this.#keys.consensusKey,
      candidates,
    });
    const mayBeEmpty = this.dueMs(parent, false);
    const isUnwanted =
      executed.block.transactions.length === 0 && (mayBeEmpty === null || mayBeEmpty > nowMs);
    const block = isUnwanted ? null : { executed, certificate: this.#certify(executed) };
    return { block, rejected: executed.rejected };
  }

  #certify(executed: ExecutedBlock): CommitCertificate {
    const { genesisHash } = this.#context;
    const { height } = executed.block.header;
    const validators = readValidators(this.#store);
    const vote = { height, round: ROUND, blockHash: executed.hash };
    const message = precommitSignBytes(genesisHash, vote);
    const position = { height, round: ROUND, step: 'precommit' } as const;
    const signature = this.#signLog.sign(this.#keys.consensusKey, this.#keys.signer, position, message);
    const certificate = assembleCertificate(
      validators,
      vote,
      new Map([[this.#keys.consensusKey, signature]]),
    );
    verifyCertificate({
      genesisHash,
      validators,
      certificate,
      blockHash: executed.hash,
      height,
      verifier: nativeVerifier,
    });
    return certificate;
  }
}
