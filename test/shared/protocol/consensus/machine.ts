/** @module A machine under test: validator 0 of four, whose peers vote as told, with a sign log in memory. */
import { nativeSigner, nativeVerifier } from '../../../../shared/native/verifier.ts';
import { DEFAULT_PARAMS } from '../../../../shared/protocol/block/params.ts';
import type { ConsensusEffect } from '../../../../shared/protocol/consensus/effect.ts';
import type { ConsensusInput } from '../../../../shared/protocol/consensus/input.ts';
import type { SignedVote, VoteType } from '../../../../shared/protocol/consensus/message.ts';
import type { PersistentState } from '../../../../shared/protocol/consensus/persistent-state.ts';
import { proposerKey } from '../../../../shared/protocol/consensus/proposal.ts';
import {
  type SignLogRows,
  type SignPosition,
  signOnce,
} from '../../../../shared/protocol/consensus/signer.ts';
import type { ConsensusState } from '../../../../shared/protocol/consensus/state.ts';
import { start, step } from '../../../../shared/protocol/consensus/step.ts';
import type { ConsensusContext } from '../../../../shared/protocol/consensus/turn.ts';
import { sha256Hex } from '../../../../shared/protocol/crypto/hashing.ts';
import { addressOf } from '../../../../shared/protocol/crypto/keys.ts';
import type { HashHex } from '../../../../shared/protocol/primitives/brand.ts';
import { consensusKeyFromBytes } from '../../../../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../../../../shared/protocol/primitives/hash.ts';
import {
  precommitSignBytes,
  prevoteSignBytes,
  proposalSignBytes,
} from '../../../../shared/protocol/votes/vote.ts';

export const NOW_MS = 1_700_000_010_000;
const GENESIS_HASH = parseHash(`0x${'5a'.repeat(32)}`);
const text = new TextEncoder();
const unsorted = [1, 2, 3, 4].map((seed) => nativeSigner(new Uint8Array(32).fill(seed)));
const signers = unsorted.toSorted((left, right) => {
  return consensusKeyFromBytes(left.publicKey) < consensusKeyFromBytes(right.publicKey) ? -1 : 1;
});
export const VALIDATORS = signers.map(({ publicKey }, index) => ({
  consensusKey: consensusKeyFromBytes(publicKey),
  operator: addressOf(publicKey),
  name: `validator ${index}`,
  power: 250_000_000,
  priority: 0,
}));

/** A block hash by name. */
export function block(name: string): HashHex {
  return sha256Hex(text.encode(name));
}

/** A vote of a validator, truly signed. */
export function vote(
  type: VoteType,
  validator: number,
  round: number,
  blockHash: HashHex | null,
  polRound: number | null = null,
  height = 1,
): SignedVote {
  const content = { height, round, blockHash, polRound };
  const message =
    type === 'prevote' ? prevoteSignBytes(GENESIS_HASH, content) : precommitSignBytes(GENESIS_HASH, content);
  const signature = signers[validator]?.sign(message) ?? new Uint8Array(64);
  return { type, ...content, validator, signature };
}

/** Rows in memory, as the sign log keeps them. */
export class MemoryRows implements SignLogRows {
  readonly rows = new Map<string, { message: Uint8Array; signature: Uint8Array }>();
  #mark: SignPosition | null = null;

  read({ height, round, step }: SignPosition) {
    return this.rows.get(`${height}/${round}/${step}`) ?? null;
  }

  mark() {
    return this.#mark;
  }

  write(position: SignPosition, message: Uint8Array, signature: Uint8Array): void {
    this.rows.set(`${position.height}/${position.round}/${position.step}`, { message, signature });
    this.#mark = position;
  }
}

export class Machine {
  readonly rows = new MemoryRows();
  readonly context: ConsensusContext;
  state: ConsensusState;
  effects: readonly ConsensusEffect[] = [];
  readonly fired: string[] = [];
  record: PersistentState | null = null;
  /** What the guard of the signer says; none is up unless a test raises one. */
  firstRound: (height: number) => number | null = () => 0;

  constructor() {
    const [signer] = signers;
    const [self] = VALIDATORS;
    if (signer === undefined || self === undefined) throw new Error('four validators');
    const { rows } = this;
    this.context = {
      genesisHash: GENESIS_HASH,
      verifier: nativeVerifier,
      signer: {
        consensusKey: self.consensusKey,
        sign: (position, message) => signOnce(rows, signer, position, message),
        firstRound: (height) => this.firstRound(height),
      },
    };
    this.state = this.#boot(null);
  }

  /** Loses everything but the record and the sign log. */
  restart(): void {
    this.state = this.#boot(this.record);
  }

  take(input: ConsensusInput, nowMs = NOW_MS): this {
    this.#keep(step(this.context, this.state, input, nowMs));
    return this;
  }

  votes(...votes: SignedVote[]): this {
    return this.take({ type: 'message', peer: null, message: { kind: 'votes', votes } });
  }

  /** The proposal of a round by its proposer, and the verdict on its block. */
  propose(
    hash: HashHex,
    round: number,
    options: { polRound?: number; valid?: boolean; timeMs?: number; headerRound?: number } = {},
  ): this {
    const { polRound = null, valid = true, timeMs = NOW_MS, headerRound = polRound ?? round } = options;
    const content = { height: 1, round, blockHash: hash, polRound };
    const proposer = VALIDATORS.findIndex(
      ({ consensusKey }) => consensusKey === proposerKey(this.state, round),
    );
    const signature = signers[proposer]?.sign(proposalSignBytes(GENESIS_HASH, content)) ?? new Uint8Array(64);
    const proposal = { ...content, signature };
    this.take({ type: 'message', peer: null, message: { kind: 'proposal', proposal } });
    return this.take({ type: 'block_ready', block: { hash, valid, round: headerRound, timeMs } });
  }

  timeout(kind: 'propose' | 'prevote' | 'precommit', round = this.state.round): this {
    return this.take({ type: 'timeout', timer: { kind, height: 1, round } });
  }

  /** Enters a round through votes of two others for nothing in it. */
  skipTo(round: number): this {
    return this.votes(vote('prevote', 2, round, null), vote('prevote', 3, round, null));
  }

  /** Own votes as text: `prevote 0 <hash or nil>`. */
  get ownVotes(): string[] {
    return this.state.ownVotes.map(({ type, round, blockHash }) => `${type} ${round} ${blockHash ?? 'nil'}`);
  }

  #boot(record: PersistentState | null): ConsensusState {
    const params = { ...DEFAULT_PARAMS, blockTimeMs: 1_000 };
    const parent = { hash: GENESIS_HASH, timeMs: NOW_MS - 5_000 };
    const height = { height: 1, validators: VALIDATORS, params, parent, lastCommit: null };
    return this.#keep(start(this.context, { height, record, blocks: [] }, NOW_MS));
  }

  #keep(result: ReturnType<typeof step>): ConsensusState {
    this.state = result.state;
    this.effects = result.effects;
    this.fired.push(...result.fired);
    const [first] = result.effects;
    if (first?.type === 'persist') this.record = first.record;
    return result.state;
  }
}
