/**
 * @module A chain in memory whose validators come and go: each block is built, verified by a second execution, certified by
 * those who are not absent, and committed; after each of them the supply is counted.
 */
import { nativeVerifier } from '../../shared/native/verifier.ts';
import { decode } from '../../shared/protocol/codec/codec.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import { buildBlock } from '../../shared/protocol/execution/build-block.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import type { ExecutedBlock, ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import { verifyBlock } from '../../shared/protocol/execution/verify-block.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import type { Address, ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { ACCOUNT_NAMESPACE, accountCodec, readAccount } from '../../shared/protocol/state/account.ts';
import { readParams } from '../../shared/protocol/state/params.ts';
import { readSupply, SUPPLY_BURNED, SUPPLY_GENESIS } from '../../shared/protocol/state/supply.ts';
import { UNBONDING_NAMESPACE, unbondingEntry } from '../../shared/protocol/state/unbonding.ts';
import { VALIDATOR_NAMESPACE, validatorOf } from '../../shared/protocol/state/validator-record.ts';
import { validatorView } from '../../shared/protocol/state/validator-views.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import { receiptStatusName } from '../../shared/protocol/transaction/receipt-status.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import { signTransaction } from '../../shared/protocol/transaction/sign.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import { popSignBytes } from '../../shared/protocol/validators/possession.ts';
import { electProposer } from '../../shared/protocol/validators/stake-lottery.ts';
import { assembleCertificate } from '../../shared/protocol/votes/certificate.ts';
import { encodeEvidence, makeEvidence, type SignedStep } from '../../shared/protocol/votes/evidence.ts';
import { precommitSignBytes, prevoteSignBytes, proposalSignBytes } from '../../shared/protocol/votes/vote.ts';
import { aSigner, genesisParent, genesisStore, type InMemoryState } from './in-memory-chain.ts';

/** What a test wants in a block. */
export interface BlockOptions {
  readonly evidence?: readonly Uint8Array[];
  /** Validators whose precommits for this block are missing. */
  readonly absent?: readonly ConsensusKey[];
  readonly round?: number;
  /** Time since the parent; the block time unless said. */
  readonly afterMs?: number;
}

/** The consensus key of `aSigner('validator <index>')`. */
export function validatorKey(index: number): ConsensusKey {
  return consensusKeyFromBytes(aSigner(`validator ${index}`).publicKey);
}

export class StakingChain {
  readonly genesis: Genesis;
  readonly context: ChainContext;
  readonly state: InMemoryState;
  parent: ParentBlock;
  readonly #signers = new Map<ConsensusKey, Signer>();
  readonly #nonces = new Map<Address, number>();

  constructor(genesis: Genesis, validators = 12) {
    this.genesis = genesis;
    this.context = { genesis, genesisHash: hashGenesis(genesis), registry: builtInTransactions };
    this.state = genesisStore(genesis);
    this.parent = genesisParent(genesis);
    for (let index = 0; index < validators; index++) {
      this.#signers.set(validatorKey(index), aSigner(`validator ${index}`));
    }
  }

  /** Signs with the next nonce of the sender; fee 0 unless said. */
  sign(from: Signer, type: string, payload: unknown, fee = 0n): SignedTransaction {
    const address = addressOf(from.publicKey);
    const nonce = this.#nonces.get(address) ?? readAccount(this.state, address).nonce;
    this.#nonces.set(address, nonce + 1);
    const code = builtInTransactions.byName(type)?.type;
    assert(code !== undefined, `there is a type ${type}`);
    const validUntil = this.parent.height + 1_000;
    const unsigned = { type: code, nonce, fee, validUntil, payload };
    return signTransaction(unsigned, this.context.genesisHash, from, builtInTransactions);
  }

  /** A registration of `validator <index>` by a sender who becomes its operator. */
  register(from: Signer, index: number, commissionBps = 0): SignedTransaction {
    const consensusKey = validatorKey(index);
    const message = popSignBytes(this.genesis.chainId, consensusKey, addressOf(from.publicKey));
    const pop = aSigner(`validator ${index}`).sign(message);
    const profile = { consensusKey, name: `validator ${index}`, endpoint: '', commissionBps };
    return this.sign(from, 'validator_register', { ...profile, pop });
  }

  /** Two contents signed by `validator <index>` for one position: block 1 against block 2 of two hashes. */
  evidence(index: number, at: { height: number; round?: number; step?: SignedStep }): Uint8Array {
    const { height, round = 0, step = 'precommit' } = at;
    const signer = aSigner(`validator ${index}`);
    const { genesisHash } = this.context;
    const content = (blockHash: typeof genesisHash) => {
      const vote = { height, round, blockHash, polRound: null };
      const message = {
        precommit: precommitSignBytes,
        prevote: prevoteSignBytes,
        proposal: proposalSignBytes,
      };
      return { blockHash, polRound: null, signature: signer.sign(message[step](genesisHash, vote)) };
    };
    const other = `0x${'ab'.repeat(32)}` as typeof genesisHash;
    const position = { step, height, round, validator: validatorKey(index) };
    return encodeEvidence(makeEvidence(position, content(genesisHash), content(other)));
  }

  /** Builds the next block without committing it. */
  build(transactions: readonly SignedTransaction[], options: BlockOptions = {}): ExecutedBlock {
    const { round = 0, evidence = [] } = options;
    const { blockTimeMs, proposerSelection } = readParams(this.state, this.genesis.params);
    const election = { selection: proposerSelection, parentHash: this.parent.hash, round };
    return buildBlock(this.context, {
      state: this.state,
      pages: this.state,
      parent: this.parent,
      round,
      timeMs: this.parent.timeMs + (options.afterMs ?? blockTimeMs),
      proposer: electProposer(readValidators(this.state), election).consensusKey,
      candidates: transactions,
      evidence,
      verifier: nativeVerifier,
    });
  }

  /** Builds, verifies, certifies and commits the next block. */
  produce(transactions: readonly SignedTransaction[] = [], options: BlockOptions = {}): ExecutedBlock {
    const executed = this.build(transactions, options);
    if (executed.isContentAllowed) this.#verify(executed);
    const commit = this.#certify(executed, options);
    this.state.commit(executed);
    this.#nonces.clear();
    const { height, timeMs } = executed.block.header;
    this.parent = { height, hash: executed.hash, timeMs, commit };
    const supply = this.supply();
    const expected = readSupply(this.state, SUPPLY_GENESIS);
    assert(supply === expected, `the supply is ${supply} instead of ${expected} after block ${height}`);
    return executed;
  }

  /** The status of one transaction in a block of its own. */
  status(transaction: SignedTransaction): string {
    const [receipt] = this.produce([transaction]).receipts;
    assert(receipt !== undefined, 'the transaction is in the block');
    return receiptStatusName(receipt.status);
  }

  /** A second node executes the block on its own. */
  #verify(executed: ExecutedBlock): void {
    const { state, parent, context } = this;
    const { block } = executed;
    const again = verifyBlock(context, { state, pages: state, parent, block, verifier: nativeVerifier });
    assert(again.hash === executed.hash, 'builder and verifier agree');
  }

  #certify(executed: ExecutedBlock, { round = 0, absent = [] }: BlockOptions) {
    const validators = readValidators(this.state);
    const vote = { height: executed.block.header.height, round, blockHash: executed.hash };
    const message = precommitSignBytes(this.context.genesisHash, vote);
    const signatures = new Map<ConsensusKey, Uint8Array>();
    for (const { consensusKey } of validators) {
      const signer = this.#signers.get(consensusKey);
      assert(signer !== undefined, 'every validator of a test chain can sign');
      if (!absent.includes(consensusKey)) signatures.set(consensusKey, signer.sign(message));
    }
    return assembleCertificate(validators, vote, signatures);
  }

  /** Accounts, stake, rewards, unbonding and what was burned, native units. */
  supply(): bigint {
    let sum = readSupply(this.state, SUPPLY_BURNED);
    for (const { namespace, key, value } of this.state.leaves()) {
      if (value === null) continue;
      if (namespace === ACCOUNT_NAMESPACE) sum += decode(accountCodec, value, 64).balance;
      if (namespace === VALIDATOR_NAMESPACE && key.length === 32) {
        const { stake, unpaidRewards } = validatorOf(this.state, consensusKeyFromBytes(key));
        sum += stake + unpaidRewards;
      }
      if (namespace === UNBONDING_NAMESPACE && key.length === 8) {
        const number = new DataView(key.buffer, key.byteOffset, 8).getBigUint64(0);
        sum += unbondingEntry(this.state, Number(number)).units;
      }
    }
    return sum;
  }

  balance(of: Signer): bigint {
    return readAccount(this.state, addressOf(of.publicKey)).balance;
  }

  /** Power and status of `validator <index>`. */
  view(index: number) {
    return validatorView(this.state, validatorKey(index));
  }

  get burned(): bigint {
    return readSupply(this.state, SUPPLY_BURNED);
  }
}
