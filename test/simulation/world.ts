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
import type { ExecutedBlock, ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import { verifyBlock } from '../../shared/protocol/execution/verify-block.ts';
import { makeAuthority } from '../../shared/protocol/genesis/check.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import type { PageReader } from '../../shared/protocol/merkle/page-store.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { parseChainId } from '../../shared/protocol/primitives/chain-id.ts';
import type { ChainParams } from '../../shared/protocol/primitives/chain-params.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { VOTING_POWER_TOTAL } from '../../shared/protocol/primitives/limits.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import { validatorsFromAuthorities } from '../../shared/protocol/validators/voting-power.ts';

export const ACCOUNTS = 4;
const ALLOCATION = 1_000_000_000_000n;
/** Virtual time starts here. */
export const GENESIS_TIME_MS = 1_700_000_000_000;

const text = new TextEncoder();
const signers = new Map<string, Signer>();

/** The same key for the same label in every run. */
export function aSigner(label: string): Signer {
  let signer = signers.get(label);
  if (signer === undefined) {
    signer = nativeSigner(sha256(text.encode(label)));
    signers.set(label, signer);
  }
  return signer;
}

const authorities = new Map<number, Genesis['authorities'][number]>();
const CHAIN_ID = parseChainId('simulation');

function authority(index: number): Genesis['authorities'][number] {
  let made = authorities.get(index);
  if (made === undefined) {
    const operator = addressOf(aSigner(`operator ${index}`).publicKey);
    made = makeAuthority(CHAIN_ID, aSigner(`validator ${index}`), operator, `validator ${index}`);
    authorities.set(index, made);
  }
  return made;
}

export class World {
  readonly genesis: Genesis;
  readonly chain: ChainContext;
  /** By key: who it is. */
  readonly indexOf = new Map<ConsensusKey, number>();
  readonly keys: ConsensusKey[] = [];
  /** Voting power by node; it adds up to `VOTING_POWER_TOTAL`. */
  readonly powers: readonly number[];
  readonly verifier: Verifier;
  readonly #signatures = new Map<string, boolean>();
  readonly #executions = new Map<string, ExecutedBlock | BlockError>();
  readonly #isMemoised: boolean;

  constructor(seed: number, validators: number, params: Partial<ChainParams>, isMemoised: boolean) {
    this.#isMemoised = isMemoised;
    this.genesis = {
      version: 1,
      chainId: CHAIN_ID,
      chainType: 'default',
      timeMs: GENESIS_TIME_MS,
      salt: sha256(text.encode(`seed ${seed}`)).slice(0, 16),
      params: { ...DEFAULT_PARAMS, ...params },
      authorities: Array.from({ length: validators }, (_, index) => authority(index)),
      allocations: Array.from({ length: ACCOUNTS }, (_, index) => ({
        address: addressOf(aSigner(`account ${index}`).publicKey),
        amount: ALLOCATION,
      })),
      parties: [],
      forkOf: null,
    };
    const { genesis } = this;
    this.chain = { genesis, genesisHash: hashGenesis(genesis), registry: builtInTransactions };
    for (let index = 0; index < validators; index++) {
      const key = consensusKeyFromBytes(aSigner(`validator ${index}`).publicKey);
      this.keys.push(key);
      this.indexOf.set(key, index);
    }
    const set = validatorsFromAuthorities(genesis.authorities, genesis.params);
    this.powers = this.keys.map((key) => set.find(({ consensusKey }) => consensusKey === key)?.power ?? 0);
    this.verifier = isMemoised ? { verify: (...parts) => this.#verify(...parts) } : nativeVerifier;
  }

  /** Signs with a real key. What the real signer made is known to hold. */
  sign(signer: Signer, message: Uint8Array): Uint8Array {
    const signature = signer.sign(message);
    if (this.#isMemoised) this.#signatures.set(idOf(signer.publicKey, message, signature), true);
    return signature;
  }

  signer(index: number): Signer {
    return this.#recording(aSigner(`validator ${index}`));
  }

  account(index: number): Signer {
    return this.#recording(aSigner(`account ${index}`));
  }

  #recording(signer: Signer): Signer {
    return { publicKey: signer.publicKey, sign: (message) => this.sign(signer, message) };
  }

  /** Whether these nodes hold strictly more than two thirds of the power. */
  isQuorum(nodes: Iterable<number>): boolean {
    let power = 0;
    for (const node of new Set(nodes)) power += this.powers[node] ?? 0;
    return 3 * power > 2 * VOTING_POWER_TOTAL;
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
    const known = this.#isMemoised ? this.#executions.get(id) : undefined;
    if (known !== undefined) return known;
    const outcome = this.#execute(store, parent, block, body);
    this.#executions.set(id, outcome);
    return outcome;
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

  #verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const id = idOf(publicKey, message, signature);
    let holds = this.#signatures.get(id);
    if (holds === undefined) {
      holds = nativeVerifier.verify(publicKey, message, signature);
      this.#signatures.set(id, holds);
    }
    return holds;
  }
}

function idOf(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): string {
  return Buffer.concat([signature, publicKey, message]).toString('latin1');
}
