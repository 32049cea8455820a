/**
 * @module What all nodes of one simulation share: genesis, keys, and memos around the real verifier and the real
 * execution. A memo saves work only: one seed in fifty runs without and has the same trace.
 */
import { nativeSigner, nativeVerifier } from '../../shared/native/verifier.ts';
import type { Block } from '../../shared/protocol/block/block.ts';
import { BlockError } from '../../shared/protocol/block/block-error.ts';
import { DEFAULT_PARAMS } from '../../shared/protocol/block/params.ts';
import { sha256 } from '../../shared/protocol/crypto/hashing.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import type { Signer, Verifier } from '../../shared/protocol/crypto/verifier.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import { hasPendingWork } from '../../shared/protocol/execution/due-effects.ts';
import type { ExecutedBlock, ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import { verifyBlock } from '../../shared/protocol/execution/verify-block.ts';
import { makeAuthority } from '../../shared/protocol/genesis/check.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import type { PageReader } from '../../shared/protocol/merkle/page-store.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import type { Address, ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { parseChainId } from '../../shared/protocol/primitives/chain-id.ts';
import type { ChainParams } from '../../shared/protocol/primitives/chain-params.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import { readParams } from '../../shared/protocol/state/params.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import type { ValidatorSet } from '../../shared/protocol/validators/validator-set.ts';
import { VerifierMemo } from './memo.ts';
import type { Scenario } from './scenario.ts';
import type { MemorySql } from './sql-storage.ts';
import { StateCache } from './state-cache.ts';
import type { NodeStorage } from './storage.ts';

/** Accounts beside those of the operators. */
export const ACCOUNTS = 4;
const ALLOCATION = 1_000_000_000_000n;
/** States that are kept in memory for all nodes. */
const STATES_MAX = 64;
/** At every so many heights a block is verified as if nobody had built it, and the state after it is read from storage. */
const CHECKED_EVERY = 10;
/** Virtual time starts here. */
export const GENESIS_TIME_MS = 1_700_000_000_000;
export const CHAIN_ID = parseChainId('simulation');

const text = new TextEncoder();
const signers = new Map<string, Signer>();
const addresses = new Map<string, Address>();

/** The same key for the same label in every run. */
export function aSigner(label: string): Signer {
  let signer = signers.get(label);
  if (signer === undefined) {
    signer = nativeSigner(sha256(text.encode(label)));
    signers.set(label, signer);
  }
  return signer;
}

/** The account of a label. */
export function anAddress(label: string): Address {
  let address = addresses.get(label);
  if (address === undefined) {
    address = addressOf(aSigner(label).publicKey);
    addresses.set(label, address);
  }
  return address;
}

const authorities = new Map<number, Genesis['authorities'][number]>();

/** A validator as it stands in a genesis or registers later. */
export function anAuthority(index: number): Genesis['authorities'][number] {
  let made = authorities.get(index);
  if (made === undefined) {
    const operator = anAddress(`operator ${index}`);
    made = makeAuthority(CHAIN_ID, aSigner(`validator ${index}`), operator, `validator ${index}`);
    authorities.set(index, made);
  }
  return made;
}

/** What decides the next height, and whether the state asks for it by itself. */
export interface Prospect {
  readonly validators: ValidatorSet;
  readonly params: ChainParams;
  readonly hasPendingWork: boolean;
}

export class World {
  readonly genesis: Genesis;
  readonly chain: ChainContext;
  /** By key: who it is. */
  readonly indexOf = new Map<ConsensusKey, number>();
  /** Of the validators of the genesis, then of those who may join. */
  readonly keys: ConsensusKey[] = [];
  readonly verifier: Verifier;
  readonly #memo: VerifierMemo | null;
  readonly #executions = new Map<string, ExecutedBlock | BlockError>();
  /** By hash: the blocks that hold. */
  readonly #executed = new Map<HashHex, ExecutedBlock>();
  readonly #prospects = new Map<HashHex, Prospect>();
  /** By hash of the block after which the state stands; those of blocks that were passed long ago are dropped. */
  readonly #states = new Map<HashHex, StateCache>();
  /** Storage of a node at height 0: the same for all. */
  #genesisImage: Uint8Array | null = null;

  constructor({ seed, nodes, candidates, params, isMemoised }: Scenario) {
    this.#memo = isMemoised ? new VerifierMemo() : null;
    this.verifier = this.#memo ?? nativeVerifier;
    const accounts = Array.from({ length: ACCOUNTS }, (_, index) => `account ${index}`);
    const operators = Array.from({ length: nodes + candidates }, (_, index) => `operator ${index}`);
    this.genesis = {
      version: 1,
      chainId: CHAIN_ID,
      chainType: 'default',
      timeMs: GENESIS_TIME_MS,
      salt: sha256(text.encode(`seed ${seed}`)).slice(0, 16),
      params: { ...DEFAULT_PARAMS, ...params },
      authorities: Array.from({ length: nodes }, (_, index) => anAuthority(index)),
      allocations: [...accounts, ...operators].map((label) => ({
        address: anAddress(label),
        amount: ALLOCATION,
      })),
      parties: [],
      forkOf: null,
    };
    const { genesis } = this;
    this.chain = { genesis, genesisHash: hashGenesis(genesis), registry: builtInTransactions };
    for (let index = 0; index < nodes + candidates; index++) {
      const key = consensusKeyFromBytes(aSigner(`validator ${index}`).publicKey);
      this.keys.push(key);
      this.indexOf.set(key, index);
    }
  }

  /** The real key of a label. What the real signer makes is known to hold. */
  signer(label: string): Signer {
    const signer = aSigner(label);
    return this.#memo === null ? signer : this.#memo.signer(label, signer);
  }

  /** Writes the genesis to the storage of a new node. */
  install(sql: MemorySql, storage: NodeStorage): void {
    if (this.#genesisImage !== null) {
      sql.restore(this.#genesisImage);
      return;
    }
    storage.create(this);
    sql.commit();
    this.#genesisImage = sql.image();
  }

  /** Storage that knows nothing but the genesis. */
  get beginning(): { readonly image: Uint8Array; readonly height: number } {
    assert(this.#genesisImage !== null, 'every node has it installed');
    return { image: this.#genesisImage, height: 0 };
  }

  /** The state after a block, as a node that has it would read it. */
  stateAfter(hash: HashHex, store: StateReader & PageReader): StateReader & PageReader {
    if (this.#memo === null) return store;
    let cache = this.#states.get(hash);
    if (cache === undefined) {
      cache = this.#stateOf(this.#executed.get(hash));
      this.#states.set(hash, cache);
      const [oldest] = this.#states.keys();
      if (this.#states.size > STATES_MAX && oldest !== undefined) this.#states.delete(oldest);
    }
    return cache.over(store);
  }

  /** What the state after a block says about the next height: the same at every node that has the block. */
  prospect(store: StateReader & PageReader, parent: ParentBlock): Prospect {
    const known = this.#memo === null ? undefined : this.#prospects.get(parent.hash);
    if (known !== undefined) return known;
    const { params } = this.genesis;
    const state = this.stateAfter(parent.hash, store);
    const prospect = {
      validators: readValidators(state),
      params: readParams(state, params),
      hasPendingWork: hasPendingWork(state, parent, params),
    };
    this.#prospects.set(parent.hash, prospect);
    return prospect;
  }

  /** Executes someone's block on the state after its parent. Returns the fault instead of throwing it. */
  execute(
    store: StateReader & PageReader,
    parent: ParentBlock,
    block: Block,
    hash: HashHex,
    body: Uint8Array,
  ): ExecutedBlock | BlockError {
    const id = `${parent.hash}/${hash}`;
    const known = this.#memo === null ? undefined : this.#executions.get(id);
    if (known !== undefined) return known;
    const outcome = this.#execute(this.stateAfter(parent.hash, store), parent, block, body);
    this.#executions.set(id, outcome);
    if (!(outcome instanceof BlockError)) this.#executed.set(hash, outcome);
    return outcome;
  }

  /** Somebody has built a block: what it did is what those find who verify it. */
  built(parent: ParentBlock, executed: ExecutedBlock): void {
    this.#executed.set(executed.hash, executed);
    if (isChecked(executed)) return;
    this.#executions.set(`${parent.hash}/${executed.hash}`, executed);
  }

  /** What is known of the state after a block from what it has written; nothing where it is to be read again. */
  #stateOf(executed: ExecutedBlock | undefined): StateCache {
    if (executed === undefined || isChecked(executed)) return StateCache.empty();
    return this.#states.get(executed.block.header.parentHash)?.after(executed) ?? StateCache.empty();
  }

  #execute(
    store: StateReader & PageReader,
    parent: ParentBlock,
    block: Block,
    body: Uint8Array,
  ): ExecutedBlock | BlockError {
    try {
      const request = { state: store, pages: store, parent, block, body, verifier: this.verifier };
      return verifyBlock(this.chain, request);
    } catch (error) {
      if (error instanceof BlockError) return error;
      throw error;
    }
  }
}

function isChecked({ block }: ExecutedBlock): boolean {
  return block.header.height % CHECKED_EVERY === 0;
}
