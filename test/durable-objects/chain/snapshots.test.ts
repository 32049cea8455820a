/** @module Snapshots over the tables of an object: cut while blocks go on, and taken by a chain that has none. */
import { beforeEach, describe, expect, it } from 'vitest';
import { newCounters } from '../../../durable-objects/chain/chain-counters.ts';
import { genesisTrust } from '../../../durable-objects/chain/snapshots/light-trail.ts';
import { CHUNK_BYTES } from '../../../durable-objects/chain/snapshots/snapshot-cutter.ts';
import type { ImportStorage } from '../../../durable-objects/chain/snapshots/snapshot-import.ts';
import { StateSnapshots } from '../../../durable-objects/chain/snapshots/state-snapshots.ts';
import { ChainStore } from '../../../durable-objects/chain/store.ts';
import { createLogger } from '../../../shared/observability/log.ts';
import { sha256 } from '../../../shared/protocol/crypto/hashing.ts';
import { encodeGenesis } from '../../../shared/protocol/genesis/encode.ts';
import { genesisState } from '../../../shared/protocol/genesis/state.ts';
import { treeRoot, updateTree } from '../../../shared/protocol/merkle/state-tree.ts';
import { hashFromBytes } from '../../../shared/protocol/primitives/hash.ts';
import { readValidators } from '../../../shared/protocol/state/validators.ts';
import { builtInTransactions } from '../../../shared/protocol/transaction/registry.ts';
import { MemorySql } from '../../simulation/sql-storage.ts';
import { aGenesis, aMessage, aSigner, aTransfer, InMemoryChain } from '../../support/in-memory-chain.ts';
import { anAddress } from '../../support/transactions.ts';

const INTERVAL = 4;
const KEPT = 2;
/** A state of several chunks. */
const ACCOUNTS = 9_000;

/** The tables of one object, and a chain that fills them. */
class Node {
  readonly chain: InMemoryChain;
  readonly store: ChainStore;
  readonly storage: ImportStorage;
  readonly snapshots: StateSnapshots;

  constructor(accounts: number, interval = INTERVAL) {
    const genesis = aGenesis({ accounts: 4, validators: 2 });
    const extra = Array.from({ length: accounts }, (_, index) => ({
      address: `0x${index.toString(16).padStart(40, '0')}` as (typeof genesis.allocations)[0]['address'],
      amount: 1n,
    }));
    this.chain = new InMemoryChain({ ...genesis, allocations: [...genesis.allocations, ...extra] });
    const sql = new MemorySql().asStorage;
    this.storage = { sql, transactionSync: (run) => run() };
    this.store = new ChainStore(sql);
    const { context } = this.chain;
    const state = genesisState(this.chain.genesis);
    const { pages, root } = updateTree({ getPage: () => null }, state);
    const { chainId, timeMs } = this.chain.genesis;
    this.store.create(
      {
        chainId,
        genesis: encodeGenesis(this.chain.genesis),
        genesisHash: context.genesisHash,
        isDefault: true,
      },
      {
        height: 0,
        hash: context.genesisHash,
        time_ms: timeMs,
        state_root: hashFromBytes(root),
        tx_count: 0,
        proposer: '',
      },
      newCounters(),
      state,
      pages,
      timeMs,
    );
    this.snapshots = this.wake(interval);
  }

  /** As after an eviction. */
  wake(interval = INTERVAL): StateSnapshots {
    return new StateSnapshots({
      storage: this.storage,
      store: this.store,
      registry: builtInTransactions,
      trust: genesisTrust(this.chain.genesis, this.chain.context.genesisHash),
      interval,
      kept: KEPT,
      log: createLogger('test'),
    });
  }

  /** A block that opens accounts and changes others. */
  produce(snapshots = this.snapshots): void {
    const validators = readValidators(this.store);
    const { chain } = this;
    const from = aSigner('account 0');
    const to = anAddress(100 + (chain.parent.height % 100));
    const block = chain.produce([
      aTransfer(chain, from, to, 5n),
      aMessage(chain, aSigner('account 1'), to, 'hello'),
    ]);
    const { stateWrites, pageWrites } = block.executed;
    this.store.applyBlocks({ blocks: [block], stateWrites, pageWrites });
    snapshots.onCommitted([block], validators);
  }

  root(): string {
    return hashFromBytes(treeRoot(this.store));
  }
}

/** Gives a snapshot from one node to another. */
function hand(from: StateSnapshots, to: StateSnapshots, height: number): void {
  const manifest = from.rows.manifest(height);
  if (manifest === null) throw new Error('the snapshot is whole');
  for (const position of to.import.begin(manifest).missing) {
    to.import.add(position, from.rows.chunk(height, position) ?? new Uint8Array());
  }
}

let node: Node;
beforeEach(() => {
  node = new Node(0);
});

describe('snapshots of a small state', () => {
  it('are cut at the interval, and the newest are kept', () => {
    for (let height = 1; height <= 14; height += 1) {
      node.produce();
      while (node.snapshots.isCutting) node.snapshots.cut();
    }
    expect(node.snapshots.rows.whole().map(({ height }) => height)).toEqual([12, 8]);
  });

  it('are the start of a new chain with the same state, which can hand on what it got', () => {
    for (let height = 1; height <= 9; height += 1) {
      node.produce();
      while (node.snapshots.isCutting) node.snapshots.cut();
    }
    const other = new Node(0);
    hand(node.snapshots, other.snapshots, 8);
    const head = other.snapshots.import.finish();
    expect(head).toMatchObject({ height: 8, hash: node.store.block(8)?.hash });
    expect(other.store.head().head).toEqual(head);
    expect(other.root()).toBe(head.state_root);
    expect(other.store.block(8)).toEqual(node.store.block(8));
    expect(other.store.lowestHeight()).toBe(8);
    // The state goes on from there as it did at home.
    const next = node.chain.blocks[8];
    if (next === undefined) throw new Error('there is a ninth block');
    const { stateWrites } = next.executed;
    const { pages, root } = updateTree(other.store, stateWrites);
    expect(hashFromBytes(root)).toBe(next.executed.block.header.stateRoot);
    expect(pages.length).toBeGreaterThan(0);
  });

  it('are not cut with an interval of 0', () => {
    const never = new Node(0, 0);
    for (let height = 1; height <= INTERVAL; height += 1) never.produce();
    expect(never.snapshots.isCutting).toBe(false);
  });
});

describe('a snapshot of a larger state', () => {
  let large: Node;
  beforeEach(() => {
    large = new Node(ACCOUNTS);
  });

  it('is that of its height, whatever changes while it is cut, also over an eviction', () => {
    for (let height = 1; height <= INTERVAL; height += 1) large.produce();
    const atHeight = large.root();
    let snapshots = large.snapshots;
    let turns = 0;
    for (; snapshots.isCutting; turns += 1) {
      snapshots = large.wake();
      snapshots.cut();
      if (turns < 3) large.produce(snapshots);
    }
    const [whole] = snapshots.rows.whole();
    expect(whole?.height).toBe(INTERVAL);
    expect(whole?.chunks).toBeGreaterThan(1);
    const other = new Node(ACCOUNTS);
    hand(snapshots, other.snapshots, INTERVAL);
    other.snapshots.import.finish();
    expect(other.root()).toBe(atHeight);
    expect(large.root()).not.toBe(atHeight);
  });

  it('has chunks of a bounded size', () => {
    for (let height = 1; height <= INTERVAL; height += 1) large.produce();
    while (large.snapshots.isCutting) large.snapshots.cut();
    const { chunks = 0 } = large.snapshots.rows.whole()[0] ?? {};
    for (let position = 0; position < chunks; position += 1)
      expect(large.snapshots.rows.chunk(INTERVAL, position)?.length).toBeLessThan(1.5 * CHUNK_BYTES);
  });

  it('is imported chunk by chunk, over restarts, and takes a chunk once', () => {
    for (let height = 1; height <= INTERVAL; height += 1) large.produce();
    while (large.snapshots.isCutting) large.snapshots.cut();
    const manifest = large.snapshots.rows.manifest(INTERVAL) ?? new Uint8Array();
    const other = new Node(ACCOUNTS);
    const { missing } = other.snapshots.import.begin(manifest);
    expect(missing.length).toBeGreaterThan(1);
    for (const position of [...missing].reverse()) {
      const again = other.wake();
      const chunk = large.snapshots.rows.chunk(INTERVAL, position) ?? new Uint8Array();
      again.import.add(position, chunk);
      again.import.add(position, chunk);
      expect(again.import.progress?.missing).not.toContain(position);
    }
    other.wake().import.finish();
    expect(other.root()).toBe(large.store.block(INTERVAL) === null ? '' : other.store.head().head.state_root);
  });

  it('takes no chunk that is forged, and no state of it', () => {
    for (let height = 1; height <= INTERVAL; height += 1) large.produce();
    while (large.snapshots.isCutting) large.snapshots.cut();
    const other = new Node(ACCOUNTS);
    const before = sha256(new TextEncoder().encode(other.root()));
    const manifest = large.snapshots.rows.manifest(INTERVAL) ?? new Uint8Array();
    other.snapshots.import.begin(manifest);
    const chunk = large.snapshots.rows.chunk(INTERVAL, 0) ?? new Uint8Array();
    const forged = chunk.with(chunk.length - 1, (chunk.at(-1) ?? 0) ^ 1);
    const invalid = expect.objectContaining({ code: 'SNAPSHOT_CHUNK_INVALID' });
    expect(() => other.snapshots.import.add(0, forged)).toThrow(invalid);
    expect(() => other.snapshots.import.add(1, chunk)).toThrow(invalid);
    expect(() => other.snapshots.import.add(9_999, chunk)).toThrow(invalid);
    expect(other.snapshots.import.progress?.missing).toContain(0);
    expect(() => other.snapshots.import.finish()).toThrow('every chunk is there');
    expect(sha256(new TextEncoder().encode(other.root()))).toEqual(before);
  });
});
