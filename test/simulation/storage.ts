/** @module What survives a crash of a simulated node: the production tables over node:sqlite, and the consensus rows. */
import { newCounters } from '../../durable-objects/chain/chain-counters.ts';
import { ConsensusStore } from '../../durable-objects/chain/consensus-store.ts';
import { SignLog } from '../../durable-objects/chain/sign-log.ts';
import { ChainStore } from '../../durable-objects/chain/store.ts';
import type { PersistentState } from '../../shared/protocol/consensus/persistent-state.ts';
import type { ExecutedBlock, ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import { encodeGenesis } from '../../shared/protocol/genesis/encode.ts';
import { genesisState } from '../../shared/protocol/genesis/state.ts';
import { updateTree } from '../../shared/protocol/merkle/state-tree.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { decodeCertificate } from '../../shared/protocol/votes/encode.ts';
import type { Connection } from './sql-storage.ts';
import type { World } from './world.ts';

const COUNTERS = newCounters();
/** Heights between two times that the sign log is pruned. */
const PRUNE_EVERY = 16;

/** The storage as one instance of an object has it. */
export class NodeStorage {
  readonly connection: Connection;
  readonly store: ChainStore;
  readonly signLog: SignLog;
  readonly #consensus: ConsensusStore;

  constructor(connection: Connection) {
    this.connection = connection;
    this.store = new ChainStore(connection.asStorage);
    this.#consensus = new ConsensusStore(connection.asStorage);
    this.signLog = new SignLog(connection.asStorage);
  }

  /** Makes the tables and writes the genesis. */
  create({ genesis, chain }: World): void {
    const state = genesisState(genesis);
    const pages = updateTree({ getPage: () => null }, state).pages;
    const identity = {
      chainId: genesis.chainId,
      genesis: encodeGenesis(genesis),
      genesisHash: chain.genesisHash,
      isDefault: true,
    };
    const head = {
      height: 0,
      hash: chain.genesisHash,
      time_ms: genesis.timeMs,
      state_root: '',
      tx_count: 0,
      proposer: '',
    };
    this.store.create(identity, head, COUNTERS, state, pages, genesis.timeMs);
  }

  /** The head with the certificate that made it final. */
  parent(): ParentBlock {
    const { head } = this.store.head();
    const commit = head.height === 0 ? null : this.certificate(head.height);
    return { height: head.height, hash: parseHash(head.hash), timeMs: head.time_ms, commit };
  }

  certificate(height: number): CommitCertificate | null {
    const block = this.store.block(height);
    return block === null ? null : decodeCertificate(block.certificate);
  }

  record(): PersistentState | null {
    return this.#consensus.record();
  }

  /** Takes the record, and the bodies it names that are not stored yet. */
  persist(record: PersistentState, bodyOf: (hash: HashHex) => Uint8Array | null): void {
    this.#consensus.persist(record, bodyOf);
  }

  /** Writes what the turn that ends has taken. */
  flush(): void {
    this.#consensus.flush();
  }

  keptBodies(): Uint8Array[] {
    return this.#consensus.bodies();
  }

  /** Stores a decided block with its state, and drops what its height needed. */
  decide(executed: ExecutedBlock, certificate: CommitCertificate): void {
    const { header, transactions } = executed.block;
    const { stateWrites, pageWrites } = executed;
    this.store.applyBlocks({ blocks: [{ executed, certificate }], stateWrites, pageWrites });
    const head = {
      height: header.height,
      hash: executed.hash,
      time_ms: header.timeMs,
      state_root: header.stateRoot,
      tx_count: transactions.length,
      proposer: header.proposer,
    };
    this.store.writeHead(head, COUNTERS);
    this.#consensus.clear();
    if (header.height % PRUNE_EVERY === 0) this.signLog.prune(header.height);
  }
}
