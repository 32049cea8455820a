/**
 * @module The consensus of one chain put together: the machine's interpreter, the blocks it judges, the evidence it waits
 * to include, and the place where decided blocks go.
 */
import type { ConsensusEvent } from '../../shared/protocol/consensus/effect.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { BlockCommit, type BlockCommitDeps } from './block-commit.ts';
import { CandidateBlocks } from './candidate-blocks.ts';
import { ChainConsensus } from './chain-consensus.ts';
import { ConsensusDriver, type ValidatorLinks } from './consensus-driver.ts';
import { ConsensusStore } from './consensus-store.ts';
import { EvidencePool, environmentAbove } from './evidence-pool.ts';
import { SignLog } from './sign-log.ts';
import { ChainSigning, type ChainSigningDeps } from './signing/chain-signing.ts';
import type { ValidatorKeys } from './validator-key.ts';

export interface ChainMachineDeps
  extends Omit<BlockCommitDeps, 'evidence' | 'signLog' | 'signing'>,
    Pick<ChainSigningDeps, 'env' | 'askLedger' | 'onAnswer' | 'onChanged'> {
  readonly storage: DurableObjectStorage;
  readonly context: ChainContext;
  readonly genesis: Genesis;
  /** Null for a node that only follows. */
  readonly keys: ValidatorKeys | null;
  /** The other validators; they are asked for once the machine runs. */
  readonly links: () => ValidatorLinks;
  /** Evidence that this node has made. After the turn. */
  readonly onEvidence: (evidence: Uint8Array) => void;
  /** After the turn. */
  readonly onEvent: (event: ConsensusEvent) => void;
}

export class ChainMachine {
  readonly blocks: CandidateBlocks;
  readonly evidence: EvidencePool;
  readonly consensus: ChainConsensus;
  readonly driver: ConsensusDriver;
  /** Whether the validator key may sign. */
  readonly signing: ChainSigning;

  constructor(deps: ChainMachineDeps) {
    const { storage, context, genesis, keys, store, pool, head, log, nowMs, links } = deps;
    const signLog = new SignLog(storage.sql);
    this.blocks = new CandidateBlocks({
      context,
      store,
      parent: () => head.parent,
      verified: (hash) => pool.get(hash) !== undefined,
      onInvalid: (hash, { code, message }) =>
        log.warning('a block is invalid', { function: 'verify', hash, code, detail: message }),
    });
    this.signing = new ChainSigning({
      ...deps,
      chainId: genesis.chainId,
      genesisHash: context.genesisHash,
      key: keys?.consensusKey ?? null,
      sql: storage.sql,
      signLog,
      driver: () => this.driver,
      headHeight: () => head.head.height,
    });
    this.evidence = new EvidencePool({
      sql: storage.sql,
      state: store,
      genesisHash: context.genesisHash,
      nextBlock: () => environmentAbove(genesis, store, head.parent, nowMs()),
      onNew: (item) => this.signing.accused(item),
    });
    this.consensus = new ChainConsensus({
      ...deps,
      consensusKey: keys?.consensusKey ?? null,
      blocks: this.blocks,
      evidence: this.evidence,
      commits: new BlockCommit({ ...deps, evidence: this.evidence, signLog, signing: this.signing }),
      isValidating: () => this.driver.isValidating,
    });
    this.driver = new ConsensusDriver({
      storage,
      store: new ConsensusStore(storage.sql),
      signLog,
      firstRound: (height) => this.signing.firstRound(height),
      keys,
      blocks: this.blocks,
      host: this.consensus,
      links,
      genesisHash: context.genesisHash,
      log,
    });
  }
}
