/**
 * @module What moves the validator set: stake, votes, jail and its end, one change at a time. None is asked for that
 * could bring byzantine power to a third; everything else about it is left to the chain.
 */
import { DEFAULT_PARAMS, encodeParam } from '../../shared/protocol/block/params.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import {
  consensusKeyFromBytes,
  consensusKeyToBytes,
} from '../../shared/protocol/primitives/consensus-key.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import { readAccount } from '../../shared/protocol/state/account.ts';
import { openVotes } from '../../shared/protocol/state/authority-votes.ts';
import { type Claim, readAuthorities, readClaims, readPending } from '../../shared/protocol/state/claims.ts';
import { unitsOf } from '../../shared/protocol/state/shares.ts';
import { readStaker } from '../../shared/protocol/state/staker.ts';
import { readValidator } from '../../shared/protocol/state/validator-record.ts';
import { authorityVote } from '../../shared/protocol/transaction/types/governance.ts';
import {
  stake,
  unjail,
  unstake,
  validatorRegister,
  validatorUpdate,
  withdraw,
} from '../../shared/protocol/transaction/types/staking.ts';
import type { AuthorityBallot } from '../../shared/protocol/transaction/validator-actions.ts';
import type { Random } from './random.ts';
import type { Simulation } from './simulation.ts';
import type { Workload } from './workload.ts';
import { ACCOUNTS, anAddress, anAuthority } from './world.ts';

const NOTHING = new Uint8Array();
/** Most that one staking bonds, native units: some `full_stake` are below it and some above. */
const STAKE_MAX = 5_000;
/** A change that was not confirmed after this time is followed by another one. */
const PATIENCE_MS = 6_000;

/** Submits what makes a change; false when it is not possible now. */
type Change = () => boolean;

export class Membership {
  readonly #simulation: Simulation;
  readonly #random: Random;
  readonly #workload: Workload;
  readonly #changes: readonly Change[];
  #lastMs = 0;
  /** Accounts whose transactions move power, with the nonce that they have once those are in the chain. */
  readonly #movers = new Map<string, number>();

  constructor(simulation: Simulation, random: Random, workload: Workload) {
    this.#simulation = simulation;
    this.#random = random;
    this.#workload = workload;
    this.#changes = [
      () => this.#stake(),
      () => this.#stake(),
      () => this.#unstake(),
      () => this.#vote('remove'),
      () => this.#vote('add'),
      () => this.#vote('add'),
      () => this.#register(),
      () => this.#unjail(),
      () => this.#unjail(),
      () => this.#setParam(),
      () => this.#update(),
      () => this.#withdraw(),
    ];
  }

  begin(): void {
    this.#simulation.after(this.#random.between(300, 2_000), () => this.begin());
    if (this.#simulation.weather.isSettling || !this.#isSettled()) return;
    for (let attempt = 0; attempt < this.#changes.length; attempt++) {
      if (!this.#random.pick(this.#changes)()) continue;
      this.#lastMs = this.#simulation.nowMs;
      return;
    }
  }

  get #state(): StateReader {
    const { life, storage } = this.#workload.reference;
    return life?.chainState ?? storage.store;
  }

  /** The last change is in the chain, or will not come. */
  #isSettled(): boolean {
    if (this.#simulation.nowMs > this.#lastMs + PATIENCE_MS) return true;
    if (readPending(this.#state).length > 0) return false;
    return this.#operators.every((label) => this.#workload.unconfirmed(label) <= 0);
  }

  get #operators(): string[] {
    return this.#simulation.world.keys.map((_, index) => `operator ${index}`);
  }

  #stake(): boolean {
    const { keys } = this.#simulation.world;
    const index = this.#random.below(keys.length);
    const consensusKey = keys[index] as ConsensusKey;
    const record = readValidator(this.#state, consensusKey);
    if (record === null || record.tombstone !== null) return false;
    const amount = BigInt(this.#random.between(1, STAKE_MAX));
    const isSafe = this.#isSafeWith(consensusKey, (claim) => ({ ...claim, stake: record.stake + amount }));
    if (!isSafe) return false;
    const from = this.#random.chance(0.5) ? `operator ${index}` : `account ${this.#random.below(ACCOUNTS)}`;
    this.#movers.set(from, this.#workload.submit(from, stake, { consensusKey, amount }));
    return true;
  }

  #unstake(): boolean {
    const label = this.#random.pick([...this.#operators, ...this.#accounts]);
    const { delegations } = readStaker(this.#state, anAddress(label));
    if (delegations.length === 0) return false;
    const { consensusKey, shares } = this.#random.pick(delegations);
    const record = readValidator(this.#state, consensusKey);
    if (record === null) return false;
    const owned = unitsOf(record, shares);
    const amount = this.#random.chance(0.5) ? owned : owned / 2n;
    if (amount === 0n) return false;
    const isSafe = this.#isSafeWith(consensusKey, (claim) => ({ ...claim, stake: record.stake - amount }));
    if (!isSafe) return false;
    this.#movers.set(label, this.#workload.submit(label, unstake, { consensusKey, amount }));
    return true;
  }

  get #accounts(): string[] {
    return Array.from({ length: ACCOUNTS }, (_, index) => `account ${index}`);
  }

  #vote(kind: 'add' | 'remove'): boolean {
    const authorities = readAuthorities(this.#state);
    const isAuthority = kind === 'add';
    const subjects = this.#simulation.world.keys.filter((key) => {
      const record = readValidator(this.#state, key);
      return record !== null && record.tombstone === null && authorities.includes(key) !== isAuthority;
    });
    if (subjects.length === 0) return false;
    const subject = this.#random.pick(subjects);
    if (!this.#isSafeWith(subject, (claim) => ({ ...claim, isAuthority }))) return false;
    this.#ballots({ kind, subject: consensusKeyToBytes(subject), value: NOTHING, approve: true });
    return true;
  }

  /** Every operator of an authority votes; now and then one takes it back. */
  #ballots(ballot: AuthorityBallot): void {
    for (const key of readAuthorities(this.#state)) {
      const label = `operator ${this.#simulation.world.indexOf.get(key)}`;
      this.#movers.set(label, this.#workload.submit(label, authorityVote, ballot));
      if (this.#random.chance(0.03))
        this.#movers.set(label, this.#workload.submit(label, authorityVote, { ...ballot, approve: false }));
    }
  }

  #register(): boolean {
    const { keys } = this.#simulation.world;
    const index = keys.findIndex((key) => readValidator(this.#state, key) === null);
    const consensusKey = keys[index];
    if (consensusKey === undefined) return false;
    const { name, pop } = anAuthority(index);
    const registration = { consensusKey, name, endpoint: '', commissionBps: 500, pop };
    this.#workload.submit(`operator ${index}`, validatorRegister, registration);
    return true;
  }

  #unjail(): boolean {
    const { keys } = this.#simulation.world;
    const jailed = keys.flatMap((key, index) => {
      const record = readValidator(this.#state, key);
      const untilMs = record?.tombstone === null ? record.jailedUntilMs : null;
      return untilMs !== null && untilMs <= this.#simulation.nowMs ? [{ key, index }] : [];
    });
    if (jailed.length === 0) return false;
    const { key: consensusKey, index } = this.#random.pick(jailed);
    this.#workload.submit(`operator ${index}`, unjail, { consensusKey });
    return true;
  }

  #setParam(): boolean {
    const subject = new TextEncoder().encode('fee_burn_bps');
    const value = encodeParam('feeBurnBps', this.#random.below(10_001));
    this.#ballots({ kind: 'param', subject, value, approve: true });
    return true;
  }

  #update(): boolean {
    const { keys } = this.#simulation.world;
    const index = this.#random.below(keys.length);
    const consensusKey = keys[index] as ConsensusKey;
    if (readValidator(this.#state, consensusKey) === null) return false;
    const name = `validator ${index} of ${this.#random.below(100)}`;
    const commissionBps = this.#random.below(10_001);
    const changes = { consensusKey, name, endpoint: null, commissionBps };
    this.#workload.submit(`operator ${index}`, validatorUpdate, changes);
    return true;
  }

  #withdraw(): boolean {
    const label = this.#random.pick(this.#operators);
    const [delegation] = readStaker(this.#state, anAddress(label)).delegations;
    if (delegation === undefined) return false;
    this.#workload.submit(label, withdraw, { consensusKey: delegation.consensusKey });
    return true;
  }

  /** Whether a change is safe when it comes, whichever open votes pass before it. One waits for the one before. */
  #isSafeWith(key: ConsensusKey, change: (claim: Claim) => Claim): boolean {
    const state = this.#state;
    for (const [label, nonce] of this.#movers) {
      if (readAccount(state, anAddress(label)).nonce < nonce) return false;
      this.#movers.delete(label);
    }
    const outcomes = openVotes(state).reduce<(readonly Claim[])[]>(
      (possible, { kind, subject }) => {
        if (kind !== 'add' && kind !== 'remove') return possible;
        const voted = consensusKeyFromBytes(subject);
        const isAuthority = kind === 'add';
        return possible.flatMap((claims) => [
          claims,
          changed(claims, voted, (claim) => ({ ...claim, isAuthority })),
        ]);
      },
      [readClaims(state)],
    );
    return outcomes.every((claims) => this.#isSafe(changed(claims, key, change)));
  }

  /**
   * Byzantine validators hold less than a third of the authorities and less than a third of the stake, whoever else is
   * jailed, so that they do of any mixture of the two. Where jail may take a third away, that is two ninths of the whole.
   */
  #isSafe(claims: readonly Claim[]): boolean {
    const { nodes, world } = this.#simulation;
    const mayJail = world.genesis.params.signedWindowBlocks < DEFAULT_PARAMS.signedWindowBlocks;
    const [part, whole] = mayJail ? [9n, 2n] : [3n, 1n];
    const isByzantine = ({ consensusKey }: Claim) =>
      nodes[world.indexOf.get(consensusKey) ?? -1]?.isHonest === false;
    const approved = claims.filter(({ isAuthority }) => isAuthority);
    const guilty = claims.filter(isByzantine);
    const staked = (of: readonly Claim[]) => of.reduce((sum, claim) => sum + claim.stake, 0n);
    const approvedGuilty = BigInt(approved.filter(isByzantine).length);
    const isFew = approvedGuilty === 0n || part * approvedGuilty < whole * BigInt(approved.length);
    const isLittle = staked(guilty) === 0n || part * staked(guilty) < whole * staked(claims);
    return isFew && isLittle && (approved.length > 0 || staked(claims) > 0n);
  }
}

/** The claims as a change would leave them at once. */
function changed(claims: readonly Claim[], key: ConsensusKey, change: (claim: Claim) => Claim): Claim[] {
  const known = claims.find(({ consensusKey }) => consensusKey === key);
  const claim = known ?? { consensusKey: key, stake: 0n, isAuthority: false, isActive: true };
  return [...claims.filter((other) => other !== known), change(claim)];
}
