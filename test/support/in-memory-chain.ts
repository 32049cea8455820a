/**
 * @module A chain in memory for tests: real genesis, real signatures, real execution; only the storage is a
 * map.
 */
import { nativeSigner, nativeVerifier } from '../../shared/native/verifier.ts';
import { DEFAULT_PARAMS } from '../../shared/protocol/block/params.ts';
import { sha256 } from '../../shared/protocol/crypto/hashing.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import { buildBlock } from '../../shared/protocol/execution/build-block.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import type { ExecutedBlock, ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import { makeAuthority } from '../../shared/protocol/genesis/check.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { genesisState } from '../../shared/protocol/genesis/state.ts';
import type { PageReader, PageWrite } from '../../shared/protocol/merkle/page-store.ts';
import { updateTree } from '../../shared/protocol/merkle/state-tree.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import type { Address, ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { parseChainId } from '../../shared/protocol/primitives/chain-id.ts';
import type { ChainParams } from '../../shared/protocol/primitives/chain-params.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import type { StateReader, StateWrite } from '../../shared/protocol/primitives/state-reader.ts';
import { readAccount } from '../../shared/protocol/state/account.ts';
import { readSupply, SUPPLY_BURNED } from '../../shared/protocol/state/supply.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import { signTransaction, type UnsignedTransaction } from '../../shared/protocol/transaction/sign.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import { message } from '../../shared/protocol/transaction/types/message.ts';
import { transfer } from '../../shared/protocol/transaction/types/transfer.ts';
import { proposerAt } from '../../shared/protocol/validators/proposer-selection.ts';
import { assembleCertificate, verifyCertificate } from '../../shared/protocol/votes/certificate.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { precommitSignBytes } from '../../shared/protocol/votes/vote.ts';

/** What each account of `aGenesis` starts with. */
export const ALLOCATION = 1_000_000_000n;
const GENESIS_TIME_MS = 1_700_000_000_000;

/** State and pages in maps. */
export class InMemoryState implements StateReader, PageReader {
  readonly #leaves = new Map<string, { write: StateWrite; value: Uint8Array }>();
  readonly #pages = new Map<string, Uint8Array>();

  get(namespace: string, key: Uint8Array): Uint8Array | null {
    return this.#leaves.get(`${namespace}/${toHex(key)}`)?.value ?? null;
  }

  getPage(id: string): Uint8Array | null {
    return this.#pages.get(id) ?? null;
  }

  /** Applies what executing a block gave. */
  commit(changes: { stateWrites: readonly StateWrite[]; pageWrites: readonly PageWrite[] }): void {
    for (const write of changes.stateWrites) {
      const id = `${write.namespace}/${toHex(write.key)}`;
      if (write.value === null) this.#leaves.delete(id);
      else this.#leaves.set(id, { write, value: write.value });
    }
    for (const { id, bytes } of changes.pageWrites) {
      if (bytes === null) this.#pages.delete(id);
      else this.#pages.set(id, bytes);
    }
  }

  /** Every leaf, in no order. */
  leaves(): StateWrite[] {
    return [...this.#leaves.values()].map(({ write }) => write);
  }
}

/** The same key for the same label in every run. */
export function aSigner(label: string): Signer {
  return nativeSigner(sha256(new TextEncoder().encode(label)));
}

export interface GenesisOptions {
  readonly validators?: number;
  /** Accounts with ALLOCATION each, signed for by `aSigner('account <index>')`. */
  readonly accounts?: number;
  readonly params?: Partial<ChainParams>;
}

/** A valid genesis. Operators of validators own nothing. */
export function aGenesis(options: GenesisOptions = {}): Genesis {
  const { validators = 1, accounts = 4, params = {} } = options;
  const chainId = parseChainId('testnet');
  return {
    version: 1,
    chainId,
    chainType: 'default',
    timeMs: GENESIS_TIME_MS,
    salt: new Uint8Array(16),
    params: { ...DEFAULT_PARAMS, ...params },
    authorities: Array.from({ length: validators }, (_, index) => {
      const operator = addressOf(aSigner(`operator ${index}`).publicKey);
      return makeAuthority(chainId, aSigner(`validator ${index}`), operator, `validator ${index}`);
    }),
    allocations: Array.from({ length: accounts }, (_, index) => ({
      address: addressOf(aSigner(`account ${index}`).publicKey),
      amount: ALLOCATION,
    })),
    parties: [],
    forkOf: null,
  };
}

/** The state before the first block. */
export function genesisStore(genesis: Genesis): InMemoryState {
  const store = new InMemoryState();
  const stateWrites = genesisState(genesis);
  store.commit({ stateWrites, pageWrites: updateTree(store, stateWrites).pages });
  return store;
}

/** What stands below height 1. */
export function genesisParent(genesis: Genesis): ParentBlock {
  return { height: 0, hash: hashGenesis(genesis), timeMs: genesis.timeMs, commit: null };
}

export interface CertifiedBlock {
  readonly executed: ExecutedBlock;
  readonly certificate: CommitCertificate;
}

/** A chain whose validators all sign whatever is built. */
export class InMemoryChain {
  readonly genesis: Genesis;
  readonly context: ChainContext;
  readonly state: InMemoryState;
  readonly blocks: CertifiedBlock[] = [];
  parent: ParentBlock;
  readonly #validators: ReadonlyMap<ConsensusKey, Signer>;

  constructor(genesis: Genesis = aGenesis(), registry = builtInTransactions) {
    this.genesis = genesis;
    this.context = { genesis, genesisHash: hashGenesis(genesis), registry };
    this.state = genesisStore(genesis);
    this.parent = genesisParent(genesis);
    this.#validators = new Map(
      genesis.authorities.map((_, index) => {
        const signer = aSigner(`validator ${index}`);
        return [consensusKeyFromBytes(signer.publicKey), signer];
      }),
    );
  }

  /** Builds the next block without committing it. */
  build(candidates: Iterable<SignedTransaction>, round = 0): ExecutedBlock {
    return buildBlock(this.context, {
      state: this.state,
      pages: this.state,
      parent: this.parent,
      round,
      timeMs: this.parent.timeMs + this.genesis.params.blockTimeMs,
      proposer: proposerAt(readValidators(this.state), round).consensusKey,
      candidates,
    });
  }

  /** Builds, certifies with every validator, and commits. */
  produce(candidates: Iterable<SignedTransaction>, round = 0): CertifiedBlock {
    const executed = this.build(candidates, round);
    const certificate = this.certify(executed, round);
    this.state.commit(executed);
    const { height, timeMs } = executed.block.header;
    this.parent = { height, hash: executed.hash, timeMs, commit: certificate };
    const block = { executed, certificate };
    this.blocks.push(block);
    return block;
  }

  /** A certificate of all validators of the next height. */
  certify(executed: ExecutedBlock, round = 0): CommitCertificate {
    const { genesisHash } = this.context;
    const { height } = executed.block.header;
    const validators = readValidators(this.state);
    const vote = { height, round, blockHash: executed.hash };
    const message = precommitSignBytes(genesisHash, vote);
    const signatures = new Map(
      validators.map(({ consensusKey }) => {
        const signer = this.#validators.get(consensusKey);
        assert(signer !== undefined, 'every validator of a test chain can sign');
        return [consensusKey, signer.sign(message)] as const;
      }),
    );
    const certificate = assembleCertificate(validators, vote, signatures);
    verifyCertificate({
      genesisHash,
      validators,
      certificate,
      height,
      blockHash: executed.hash,
      verifier: nativeVerifier,
    });
    return certificate;
  }

  /** Balance and nonce after the last block. */
  account(address: Address): { nonce: number; balance: bigint; exists: boolean } {
    return readAccount(this.state, address);
  }

  /** Native units burned so far. */
  get burned(): bigint {
    return readSupply(this.state, SUPPLY_BURNED);
  }
}

/** Fields of a transaction that most tests leave alone. */
export type TransactionOptions = Partial<Omit<UnsignedTransaction, 'type' | 'payload'>>;

/** A signed transfer; fee 0 and valid for 1,000 blocks unless said otherwise. */
export function aTransfer(
  chain: InMemoryChain,
  from: Signer,
  to: Address,
  amount: bigint,
  options: TransactionOptions = {},
): SignedTransaction {
  return aTransaction(
    chain,
    from,
    { type: transfer.type, payload: { recipient: to, asset: '', amount } },
    options,
  );
}

/** A signed text message. */
export function aMessage(
  chain: InMemoryChain,
  from: Signer,
  to: Address,
  text: string,
  options: TransactionOptions = {},
): SignedTransaction {
  const payload = { recipient: to, contentType: 'text/plain', body: new TextEncoder().encode(text) };
  return aTransaction(chain, from, { type: message.type, payload }, options);
}

/** A signed transaction of any type. */
export function aTransaction(
  chain: InMemoryChain,
  from: Signer,
  content: Pick<UnsignedTransaction, 'type' | 'payload'>,
  options: TransactionOptions = {},
): SignedTransaction {
  const validUntil = chain.parent.height + 1_000;
  const nonce = chain.account(addressOf(from.publicKey)).nonce;
  const unsigned = { nonce, fee: 0n, validUntil, ...content, ...options };
  return signTransaction(unsigned, chain.context.genesisHash, from, chain.context.registry);
}
