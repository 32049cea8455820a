import { describe, expect, it } from 'vitest';
import { addressOf } from '../../../../shared/protocol/crypto/keys.ts';
import {
  ACTIVATIONS_PER_BLOCK_MAX,
  DELEGATIONS_MAX,
  DUE_EFFECTS_PER_BLOCK_MAX,
  REGISTRATIONS_PER_BLOCK_MAX,
  UNBONDING_ENTRIES_MAX,
} from '../../../../shared/protocol/state/staking-limits.ts';
import { maturedUnits } from '../../../../shared/protocol/state/unbonding.ts';
import {
  listValidators,
  stakingOf,
  votingPowerSummary,
} from '../../../../shared/protocol/state/validator-views.ts';
import { readValidators } from '../../../../shared/protocol/state/validators.ts';
import { ALLOCATION, aGenesis, aSigner, type GenesisOptions } from '../../../support/in-memory-chain.ts';
import { StakingChain, validatorKey } from '../../../support/staking-chain.ts';

const [alice, bob] = [aSigner('account 0'), aSigner('account 1')];
const HYBRID = { authorityWeightBps: 5_000, fullStake: 1_000n, unbondingMs: 10_000, evidenceAgeMs: 9_000 };
const DUE_AFTER_MS = HYBRID.unbondingMs;

function aChain(options: GenesisOptions = {}): StakingChain {
  return new StakingChain(aGenesis({ ...options, params: { ...HYBRID, ...options.params } }), 128);
}

/** A chain on which validator 9, operated by Alice, is registered. */
function withNine(options: GenesisOptions = {}, commissionBps = 0): StakingChain {
  const chain = aChain(options);
  chain.produce([chain.register(alice, 9, commissionBps)]);
  return chain;
}

const stakeOf = (index: number, amount: bigint) => ({ consensusKey: validatorKey(index), amount });

describe('validator_register', () => {
  it('makes the sender the operator of a validator that nobody has to listen to yet', () => {
    const chain = withNine({}, 250);
    expect(chain.view(9)).toMatchObject({
      operator: addressOf(alice.publicKey),
      status: 'registered',
      power: 0,
      commissionBps: 250,
      isAuthority: false,
    });
  });

  it('VALIDATOR_EXISTS: a key is registered once, those of genesis included', () => {
    const chain = withNine();
    expect(chain.status(chain.register(bob, 9))).toBe('VALIDATOR_EXISTS');
    expect(chain.status(chain.register(bob, 0))).toBe('VALIDATOR_EXISTS');
  });

  it('POSSESSION_NOT_PROVED: the proof is of this key, this operator and this chain', () => {
    const chain = aChain();
    const stolen = chain.register(alice, 9).transaction.payload;
    expect(chain.status(chain.sign(bob, 'validator_register', stolen))).toBe('POSSESSION_NOT_PROVED');
  });

  it(`LIMIT_REACHED: a block executes ${REGISTRATIONS_PER_BLOCK_MAX} registrations, the next one more`, () => {
    const chain = aChain();
    const many = Array.from({ length: REGISTRATIONS_PER_BLOCK_MAX + 1 }, (_, index) =>
      chain.register(alice, index + 1),
    );
    const { receipts } = chain.produce(many);
    expect(receipts.map(({ status }) => status).filter((status) => status !== 0)).toEqual([16]);
    expect(chain.status(chain.register(alice, REGISTRATIONS_PER_BLOCK_MAX + 1))).toBe('OK');
  });
});

describe('validator_update', () => {
  it('changes what is not null, also in the set of the next block, and is for the operator alone', () => {
    const chain = withNine();
    const change = { consensusKey: validatorKey(9), name: 'new', endpoint: null, commissionBps: 7 };
    expect(chain.status(chain.sign(bob, 'validator_update', change))).toBe('NOT_THE_OPERATOR');
    chain.produce([chain.sign(alice, 'stake', stakeOf(9, 1_000n))]);
    expect(chain.status(chain.sign(alice, 'validator_update', change))).toBe('OK');
    expect(chain.view(9)).toMatchObject({ name: 'new', endpoint: '', commissionBps: 7, status: 'active' });
    expect(readValidators(chain.state).map(({ name }) => name)).toContain('new');
  });

  it('VALIDATOR_UNKNOWN: of a key that nobody registered', () => {
    const change = { consensusKey: validatorKey(8), name: 'new', endpoint: null, commissionBps: null };
    const chain = aChain();
    expect(chain.status(chain.sign(alice, 'validator_update', change))).toBe('VALIDATOR_UNKNOWN');
  });
});

describe('stake', () => {
  it('gives power at the next height: here the half that stake holds when it is full', () => {
    const chain = withNine();
    const { block, nextValidators } = chain.produce([chain.sign(bob, 'stake', stakeOf(9, 1_000n))]);
    expect(block.header.validatorsHash).not.toBe(block.header.nextValidatorsHash);
    expect(nextValidators.map(({ power }) => power)).toEqual([500_000_000, 500_000_000]);
    expect(chain.balance(bob)).toBe(ALLOCATION - 1_000n);
    expect(chain.view(9)).toMatchObject({ status: 'active', stake: 1_000n, power: 500_000_000 });
    expect(stakingOf(chain.state, addressOf(bob.publicKey))).toMatchObject({
      delegations: [{ consensusKey: validatorKey(9), stake: 1_000n, shares: 1_000n, rewards: 0n }],
    });
    expect(votingPowerSummary(chain.state)).toEqual({
      validators: 2,
      total: 1_000_000_000,
      authorityPower: 500_000_000,
      activeStake: 1_000n,
      smallestThird: 1,
      pending: 0,
    });
  });

  it('INSUFFICIENT_BALANCE: all of the balance and no unit more', () => {
    const chain = withNine();
    expect(chain.status(chain.sign(bob, 'stake', stakeOf(9, ALLOCATION + 1n)))).toBe('INSUFFICIENT_BALANCE');
    expect(chain.status(chain.sign(bob, 'stake', stakeOf(9, ALLOCATION)))).toBe('OK');
    expect(chain.balance(bob)).toBe(0n);
  });

  it('STAKE_WORTHLESS: where a slash took everything, a share has no price', () => {
    const params = { signedWindowBlocks: 2, slashDowntimeBps: 10_000, emptyBlocks: 'always' } as const;
    const chain = withNine({ validators: 4, params });
    chain.produce([chain.sign(bob, 'stake', stakeOf(9, 100n))]);
    for (let block = 0; block < 4; block++) chain.produce([], { absent: [validatorKey(9)] });
    expect(chain.view(9)).toMatchObject({ status: 'jailed', stake: 0n });
    expect(chain.status(chain.sign(bob, 'stake', stakeOf(9, 1n)))).toBe('STAKE_WORTHLESS');
  });

  it(`LIMIT_REACHED: an account stakes with ${DELEGATIONS_MAX} validators and not with one more`, () => {
    const chain = aChain();
    const indices = Array.from({ length: DELEGATIONS_MAX + 1 }, (_, index) => index + 1);
    chain.produce(indices.map((index) => chain.register(alice, index)));
    const { receipts } = chain.produce(
      indices.map((index) => chain.sign(bob, 'stake', stakeOf(index, 1_000n))),
    );
    expect(receipts.map(({ status }) => status)).toEqual([...new Array(DELEGATIONS_MAX).fill(0), 16]);
  });
});

describe('activations', () => {
  /** Three validators with a ninth of the power each; three more that stake as much want in. */
  function crowd(): StakingChain {
    const chain = aChain({ validators: 3, params: { authorityWeightBps: 0 } });
    chain.produce([3, 4, 5, 6, 7, 8].map((index) => chain.register(alice, index)));
    return chain;
  }

  it('take effect in order, as many a block as together get at most a third, at least one', () => {
    const chain = crowd();
    const all = [3, 4, 5, 6, 7, 8].map((index) => chain.sign(alice, 'stake', stakeOf(index, 1_000n)));
    chain.produce(all);
    const active = () =>
      listValidators(chain.state)
        .validators.filter(({ status }) => status === 'active')
        .map(({ name }) => name);
    // The first takes everything from the authorities: far more than a third, so it comes alone.
    expect(active()).toEqual(['validator 3']);
    expect(chain.view(4).status).toBe('pending');
    chain.produce();
    expect(active()).toEqual(['validator 3', 'validator 4']);
    chain.produce();
    expect(active()).toEqual(['validator 3', 'validator 4', 'validator 5']);
    chain.produce();
    expect(active()).toEqual(['validator 3', 'validator 4', 'validator 5', 'validator 6']);
    expect(votingPowerSummary(chain.state)).toMatchObject({ pending: 2, smallestThird: 2 });
    // Two of six get exactly a third.
    chain.produce();
    expect(active()).toHaveLength(6);
    // What rounding left over went to the first keys, so the two largest hold a unit more than a third.
    expect(votingPowerSummary(chain.state)).toMatchObject({ pending: 0, smallestThird: 2 });
  });

  it('that wait are work: a chain without empty blocks may make one until all are done', () => {
    const chain = crowd();
    expect(chain.build([]).isContentAllowed).toBe(false);
    chain.produce([3, 4].map((index) => chain.sign(alice, 'stake', stakeOf(index, 1_000n))));
    expect(chain.build([]).isContentAllowed).toBe(true);
    chain.produce();
    expect(chain.build([]).isContentAllowed).toBe(false);
  });

  it(`are at most ${ACTIVATIONS_PER_BLOCK_MAX} in a block, also when they bring no power`, () => {
    const chain = aChain({ params: { authorityWeightBps: 10_000 } });
    const indices = Array.from({ length: ACTIVATIONS_PER_BLOCK_MAX }, (_, index) => index + 1);
    chain.produce(indices.map((index) => chain.register(alice, index)));
    chain.produce([chain.register(alice, 100)]);
    const senders = [...indices, 100].map((index, position) =>
      chain.sign(aSigner(`account ${position % 4}`), 'stake', stakeOf(index, 1n)),
    );
    chain.produce(senders);
    expect(votingPowerSummary(chain.state)).toMatchObject({ pending: 1, validators: 1 });
    chain.produce();
    expect(votingPowerSummary(chain.state)).toMatchObject({ pending: 0, activeStake: 65n });
  });

  it('start newcomers behind and keep who stays in its turn', () => {
    const chain = withNine({ validators: 3 });
    chain.produce([chain.sign(alice, 'stake', stakeOf(9, 1_000n))]);
    const priorities = readValidators(chain.state).map(({ name, priority }) => [name, priority]);
    const own = priorities.find(([name]) => name === 'validator 9')?.[1] ?? 0;
    for (const [name, priority] of priorities)
      if (name !== 'validator 9') expect(priority).toBeGreaterThan(Number(own));
  });
});

describe('unstake', () => {
  it('ends power at once and pays back when block time says so', () => {
    const chain = withNine();
    chain.produce([chain.sign(bob, 'stake', stakeOf(9, 1_000n))]);
    const { receipts, block, nextValidators } = chain.produce([
      chain.sign(bob, 'unstake', stakeOf(9, 1_000n)),
    ]);
    expect(nextValidators.map(({ power }) => power)).toEqual([1_000_000_000]);
    const dueMs = block.header.timeMs + DUE_AFTER_MS;
    expect(receipts[0]?.events[0]?.values[2]).toBe(BigInt(dueMs));
    const address = addressOf(bob.publicKey);
    expect(stakingOf(chain.state, address).unbonding).toEqual([
      { consensusKey: validatorKey(9), amount: 1_000n, startedHeight: block.header.height, dueMs },
    ]);
    chain.produce([], { afterMs: DUE_AFTER_MS - 1 });
    expect(chain.balance(bob)).toBe(ALLOCATION - 1_000n);
    expect([
      maturedUnits(chain.state, address, dueMs - 1),
      maturedUnits(chain.state, address, dueMs),
    ]).toEqual([0n, 1_000n]);
    chain.produce();
    expect(chain.balance(bob)).toBe(ALLOCATION);
    expect(stakingOf(chain.state, address)).toEqual({ delegations: [], unbonding: [], rewards: 0n });
  });

  it('lets what is due pay for a transaction of the same block, and makes no block by itself', () => {
    const chain = withNine();
    chain.produce([chain.sign(bob, 'stake', stakeOf(9, ALLOCATION))]);
    chain.produce([chain.sign(bob, 'unstake', stakeOf(9, ALLOCATION))]);
    expect(chain.build([], { afterMs: DUE_AFTER_MS }).isContentAllowed).toBe(false);
    const back = chain.sign(bob, 'stake', stakeOf(9, 1n), 5n);
    expect(chain.produce([back], { afterMs: DUE_AFTER_MS }).receipts[0]?.status).toBe(0);
  });

  it('INSUFFICIENT_STAKE: one unit more than the stake is worth', () => {
    const chain = withNine();
    chain.produce([chain.sign(bob, 'stake', stakeOf(9, 10n))]);
    expect(chain.status(chain.sign(bob, 'unstake', stakeOf(9, 11n)))).toBe('INSUFFICIENT_STAKE');
    expect(chain.status(chain.sign(alice, 'unstake', stakeOf(9, 1n)))).toBe('INSUFFICIENT_STAKE');
    expect(chain.status(chain.sign(bob, 'unstake', stakeOf(9, 10n)))).toBe('OK');
  });

  it('NO_POWER_LEFT: the last power of a chain without authorities stays', () => {
    const chain = withNine();
    chain.produce([chain.sign(bob, 'stake', stakeOf(9, 10n))]);
    chain.produce([], { evidence: [chain.evidence(0, { height: 1 })] });
    expect(chain.view(9).power).toBe(1_000_000_000);
    expect(chain.status(chain.sign(bob, 'unstake', stakeOf(9, 10n)))).toBe('NO_POWER_LEFT');
    expect(chain.status(chain.sign(bob, 'unstake', stakeOf(9, 9n)))).toBe('OK');
    expect(chain.view(9).power).toBe(1_000_000_000);
  });

  it(`LIMIT_REACHED: ${UNBONDING_ENTRIES_MAX} entries of an account wait, and not one more`, () => {
    const chain = withNine();
    chain.produce([chain.sign(bob, 'stake', stakeOf(9, 1_000n))]);
    const many = Array.from({ length: UNBONDING_ENTRIES_MAX + 1 }, () =>
      chain.sign(bob, 'unstake', stakeOf(9, 1n)),
    );
    const { receipts } = chain.produce(many);
    expect(receipts.map(({ status }) => status)).toEqual([...new Array(UNBONDING_ENTRIES_MAX).fill(0), 16]);
  });

  it(`pays at most ${DUE_EFFECTS_PER_BLOCK_MAX} a block; the rest is work for the next`, () => {
    const chain = withNine();
    const stakers = [0, 1, 2, 3].map((index) => aSigner(`account ${index}`));
    chain.produce(stakers.map((staker) => chain.sign(staker, 'stake', stakeOf(9, 1_000n))));
    const each = DUE_EFFECTS_PER_BLOCK_MAX / 4;
    const unstake = (count: number) =>
      stakers.flatMap((staker) =>
        Array.from({ length: count }, () => chain.sign(staker, 'unstake', stakeOf(9, 1n))),
      );
    chain.produce(unstake(each + 1));
    chain.produce([], { afterMs: DUE_AFTER_MS });
    expect(stakers.reduce((sum, staker) => sum + chain.balance(staker), 0n)).toBe(
      4n * (ALLOCATION - 1_000n) + BigInt(DUE_EFFECTS_PER_BLOCK_MAX),
    );
    expect(chain.build([]).isContentAllowed).toBe(true);
    chain.produce();
    expect(chain.build([]).isContentAllowed).toBe(false);
  });
});

describe('rewards', () => {
  const fee = 1_001n;

  /** A chain with one validator that Alice staked with three parts and Bob with one. */
  function rewarded(commissionBps: number): StakingChain {
    const chain = aChain({ params: { authorityWeightBps: 0 } });
    const operator = aSigner('operator 0');
    const change = { consensusKey: validatorKey(0), name: null, endpoint: null, commissionBps };
    chain.produce([chain.sign(operator, 'validator_update', change)]);
    chain.produce([
      chain.sign(alice, 'stake', stakeOf(0, 30_000n)),
      chain.sign(bob, 'stake', stakeOf(0, 10_000n)),
    ]);
    chain.produce([chain.sign(aSigner('account 3'), 'stake', stakeOf(0, ALLOCATION), fee)]);
    return chain;
  }

  it('of fees: commission rounded down and the remainder to the operator, the rest by shares', () => {
    const chain = rewarded(1_000);
    // 100 are commission, 901 divide into 675 and 225 with one unit kept until a share has earned it.
    expect(chain.balance(aSigner('operator 0'))).toBe(100n);
    expect(chain.view(0).unpaidRewards).toBe(901n);
    expect(stakingOf(chain.state, addressOf(alice.publicKey)).rewards).toBe(675n);
    expect(chain.status(chain.sign(alice, 'withdraw', { consensusKey: validatorKey(0) }))).toBe('OK');
    expect(chain.status(chain.sign(bob, 'withdraw', { consensusKey: validatorKey(0) }))).toBe('OK');
    expect(chain.balance(alice)).toBe(ALLOCATION - 30_000n + 675n);
    expect(chain.balance(bob)).toBe(ALLOCATION - 10_000n + 225n);
  });

  it('NOTHING_TO_WITHDRAW: twice, or by who has no stake', () => {
    const chain = rewarded(0);
    const withdraw = () => chain.sign(alice, 'withdraw', { consensusKey: validatorKey(0) });
    expect(chain.status(withdraw())).toBe('OK');
    expect(chain.status(withdraw())).toBe('NOTHING_TO_WITHDRAW');
    const stranger = chain.sign(aSigner('account 2'), 'withdraw', { consensusKey: validatorKey(0) });
    expect(chain.status(stranger)).toBe('NOTHING_TO_WITHDRAW');
  });

  it('are paid when stake changes, and the last staker leaves nothing behind', () => {
    const chain = rewarded(10_000);
    expect(chain.balance(aSigner('operator 0'))).toBe(fee);
    const all = rewarded(0);
    all.produce([
      all.sign(alice, 'unstake', stakeOf(0, 30_000n)),
      all.sign(bob, 'unstake', stakeOf(0, 10_000n)),
    ]);
    expect([all.view(0).stake, all.view(0).unpaidRewards]).toEqual([0n, 0n]);
    expect(all.balance(alice)).toBe(ALLOCATION - 30_000n + 750n);
    expect(all.balance(aSigner('operator 0'))).toBe(1n);
  });
});
