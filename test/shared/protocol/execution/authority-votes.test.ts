import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS, encodeParam } from '../../../../shared/protocol/block/params.ts';
import type { Signer } from '../../../../shared/protocol/crypto/verifier.ts';
import { consensusKeyToBytes } from '../../../../shared/protocol/primitives/consensus-key.ts';
import { openVotes } from '../../../../shared/protocol/state/authority-votes.ts';
import { readAuthorities } from '../../../../shared/protocol/state/claims.ts';
import { readParams } from '../../../../shared/protocol/state/params.ts';
import { OPEN_VOTES_MAX } from '../../../../shared/protocol/state/staking-limits.ts';
import { readValidators } from '../../../../shared/protocol/state/validators.ts';
import type { VoteKind } from '../../../../shared/protocol/transaction/vote-kinds.ts';
import { aGenesis, aSigner, type GenesisOptions } from '../../../support/in-memory-chain.ts';
import { StakingChain, validatorKey } from '../../../support/staking-chain.ts';

const operator = (index: number) => aSigner(`operator ${index}`);
const alice = aSigner('account 0');
const nothing = new Uint8Array();
const utf8 = (text: string) => new TextEncoder().encode(text);
const keyBytes = (index: number) => consensusKeyToBytes(validatorKey(index));

function aChain(options: GenesisOptions = {}): StakingChain {
  const chain = new StakingChain(aGenesis({ validators: 4, ...options }));
  chain.produce([chain.register(alice, 9)]);
  return chain;
}

function ballot(
  chain: StakingChain,
  from: Signer,
  kind: VoteKind,
  subject: Uint8Array,
  value: Uint8Array = nothing,
  approve = true,
) {
  return chain.sign(from, 'authority_vote', { kind, subject, value, approve });
}

const powersOf = (chain: StakingChain) => readValidators(chain.state).map(({ power }) => power);

describe('an authority_vote', () => {
  it('adds an authority with strictly more than half: three of four, not two', () => {
    const chain = aChain();
    for (const voter of [0, 1])
      expect(chain.status(ballot(chain, operator(voter), 'add', keyBytes(9)))).toBe('OK');
    expect(chain.view(9).status).toBe('registered');
    expect(openVotes(chain.state)).toEqual([
      expect.objectContaining({
        kind: 'add',
        subject: keyBytes(9),
        approvals: [validatorKey(0), validatorKey(1)],
        required: 3,
      }),
    ]);
    const { receipts } = chain.produce([ballot(chain, operator(2), 'add', keyBytes(9))]);
    expect(receipts[0]?.events.map(({ name }) => name)).toEqual(['ballot', 'vote_passed']);
    expect(powersOf(chain)).toEqual([200_000_000, 200_000_000, 200_000_000, 200_000_000, 200_000_000]);
    expect(chain.view(9)).toMatchObject({ status: 'active', isAuthority: true });
    expect(openVotes(chain.state)).toEqual([]);
  });

  it('removes an authority at once, and its voice vanishes from other votes for ever', () => {
    const chain = aChain();
    chain.produce([
      ballot(chain, operator(3), 'add', keyBytes(9)),
      ballot(chain, operator(0), 'add', keyBytes(9)),
    ]);
    const removal = [0, 1, 2].map((voter) => ballot(chain, operator(voter), 'remove', keyBytes(3)));
    chain.produce(removal);
    expect(readAuthorities(chain.state)).not.toContain(validatorKey(3));
    expect(powersOf(chain)).toHaveLength(3);
    expect(openVotes(chain.state).map(({ approvals, required }) => [approvals, required])).toEqual([
      [[validatorKey(0)], 2],
    ]);
    expect(chain.status(ballot(chain, operator(3), 'add', keyBytes(9)))).toBe('NOT_AN_AUTHORITY');
  });

  it('NOT_AN_AUTHORITY: of who operates none', () => {
    const chain = aChain();
    expect(chain.status(ballot(chain, alice, 'add', keyBytes(9)))).toBe('NOT_AN_AUTHORITY');
  });

  it.each(['admit', 'expel', 'upgrade', 'client'] as const)('INACTIVE: of the kind %s', (kind) => {
    const chain = aChain();
    expect(chain.status(ballot(chain, operator(0), kind, keyBytes(9)))).toBe('INACTIVE');
  });

  it.each([
    ['adds a key that nobody registered', 'add', keyBytes(8), nothing],
    ['adds an authority', 'add', keyBytes(0), nothing],
    ['adds with a value', 'add', keyBytes(9), Uint8Array.of(1)],
    ['adds a key of 31 bytes', 'add', keyBytes(9).slice(1), nothing],
    ['removes what is no authority', 'remove', keyBytes(9), nothing],
    ['names no parameter', 'param', utf8('no_such'), Uint8Array.of(1)],
    ['sets a parameter out of bounds', 'param', utf8('block_time_ms'), Uint8Array.of(0)],
    ['sets no value', 'param', utf8('min_fee'), nothing],
    ['sets a value that is not canonical', 'param', utf8('min_fee'), Uint8Array.of(0x18, 1)],
    ['leaves no seat for an authority', 'param', utf8('max_validators'), Uint8Array.of(3)],
    ['changes the window of signatures', 'param', utf8('signed_window_blocks'), Uint8Array.of(9)],
    ['sets an evidence age as long as unbonding', 'param', utf8('unbonding_ms'), Uint8Array.of(1)],
  ] as const)('VOTE_INVALID: one that %s', (_what, kind, subject, value) => {
    const chain = aChain();
    expect(chain.status(ballot(chain, operator(0), kind, subject, value))).toBe('VOTE_INVALID');
    expect(openVotes(chain.state)).toEqual([]);
  });

  it('VOTE_OPEN: the first ballot fixes the value', () => {
    const chain = aChain();
    const vote = (voter: number, fee: bigint) =>
      ballot(chain, operator(voter), 'param', utf8('min_fee'), encodeParam('minFee', fee));
    expect(chain.status(vote(0, 7n))).toBe('OK');
    expect(chain.status(vote(1, 8n))).toBe('VOTE_OPEN');
    expect(chain.status(vote(1, 7n))).toBe('OK');
  });

  it('may be taken back; without voices it is closed', () => {
    const chain = aChain();
    const withdrawn = (voter: number) => ballot(chain, operator(voter), 'add', keyBytes(9), nothing, false);
    expect(chain.status(withdrawn(0))).toBe('VOTE_UNKNOWN');
    chain.produce([0, 1].map((voter) => ballot(chain, operator(voter), 'add', keyBytes(9))));
    expect(chain.status(withdrawn(0))).toBe('OK');
    expect(openVotes(chain.state)[0]?.approvals).toEqual([validatorKey(1)]);
    expect(chain.status(withdrawn(2))).toBe('VOTE_UNKNOWN');
    expect(chain.status(withdrawn(1))).toBe('OK');
    expect(openVotes(chain.state)).toEqual([]);
  });

  it('closes when its time is over, and not a millisecond earlier', () => {
    const chain = aChain({ params: { voteExpiryMs: 5_000 } });
    chain.produce([ballot(chain, operator(0), 'add', keyBytes(9))]);
    chain.produce([], { afterMs: 4_999 });
    expect(openVotes(chain.state)).toHaveLength(1);
    chain.produce();
    expect(openVotes(chain.state)).toHaveLength(0);
    expect(chain.view(9).isAuthority).toBe(false);
  });

  it('counts once for each authority that the sender operates', () => {
    const genesis = aGenesis({ validators: 3 });
    const chain = new StakingChain(genesis);
    chain.produce([chain.register(operator(0), 9)]);
    chain.produce([0, 1].map((voter) => ballot(chain, operator(voter), 'add', keyBytes(9))));
    // Operator 0 has two of four voices now: not more than half alone, but with one other.
    const { receipts } = chain.produce([ballot(chain, operator(0), 'remove', keyBytes(2))]);
    expect(receipts[0]?.events[0]?.values.slice(2)).toEqual([2n, 4n]);
    chain.produce([ballot(chain, operator(1), 'remove', keyBytes(2))]);
    expect(readAuthorities(chain.state)).toHaveLength(3);
  });

  it('NO_POWER_LEFT: never removes the last power of a chain', () => {
    const chain = aChain({ validators: 1 });
    expect(chain.status(ballot(chain, operator(0), 'remove', keyBytes(0)))).toBe('NO_POWER_LEFT');
    expect(powersOf(chain)).toEqual([1_000_000_000]);
  });

  it(`LIMIT_REACHED: ${OPEN_VOTES_MAX} are open at a time, and not one more`, () => {
    const chain = aChain();
    const names = [
      'min_fee',
      'fee_per_byte',
      'new_account_fee',
      'jail_ms',
      'fee_burn_bps',
      'full_stake',
    ] as const;
    const registered = Array.from({ length: OPEN_VOTES_MAX - names.length }, (_, index) => index + 10);
    for (let from = 0; from < registered.length; from += 40) {
      chain.produce(registered.slice(from, from + 40).map((index) => chain.register(alice, index)));
    }
    const votes = [
      ...registered.map((index) => ballot(chain, operator(0), 'add', keyBytes(index))),
      ...names.map((name) => ballot(chain, operator(0), 'param', utf8(name), Uint8Array.of(1))),
    ];
    const { receipts } = chain.produce(votes);
    expect(receipts.every(({ status }) => status === 0)).toBe(true);
    expect(openVotes(chain.state)).toHaveLength(OPEN_VOTES_MAX);
    expect(chain.status(ballot(chain, operator(0), 'add', keyBytes(9)))).toBe('LIMIT_REACHED');
    expect(chain.status(ballot(chain, operator(1), 'add', keyBytes(10)))).toBe('OK');
  });
});

describe('a parameter that was voted', () => {
  it('is in force from the next block on, in its header and for its transactions', () => {
    const chain = aChain();
    const votes = [0, 1, 2].map((voter) =>
      ballot(chain, operator(voter), 'param', utf8('min_fee'), encodeParam('minFee', 5n)),
    );
    // Later in the same block the old fee still does.
    const { block } = chain.produce([...votes, chain.register(alice, 8)]);
    expect(block.transactions).toHaveLength(4);
    expect(readParams(chain.state, DEFAULT_PARAMS).minFee).toBe(5n);
    const next = chain.build([chain.register(alice, 7)]);
    expect(next.rejected.map(({ code }) => code)).toEqual(['TX_FEE_TOO_LOW']);
    expect(next.block.header.paramsHash).not.toBe(block.header.paramsHash);
  });

  it('moves power at once where power depends on it', () => {
    const chain = aChain({ params: { authorityWeightBps: 10_000, fullStake: 10n } });
    chain.produce([chain.sign(alice, 'stake', { consensusKey: validatorKey(9), amount: 10n })]);
    expect(powersOf(chain)).toHaveLength(4);
    const votes = [0, 1, 2].map((voter) =>
      ballot(
        chain,
        operator(voter),
        'param',
        utf8('authority_weight_bps'),
        encodeParam('authorityWeightBps', 8_000),
      ),
    );
    chain.produce(votes);
    expect(chain.view(9).power).toBe(200_000_000);
  });
});

describe('a chain between parties', () => {
  it('VALIDATORS_FIXED: keeps the validators of its genesis, and votes on parameters take both', () => {
    const base = aGenesis({ validators: 2 });
    const parties = base.authorities.map((authority) => authority.operator);
    const chain = new StakingChain({ ...base, chainType: 'bilateral', parties });
    expect(chain.status(chain.register(operator(0), 9))).toBe('VALIDATORS_FIXED');
    const stake = { consensusKey: validatorKey(0), amount: 1n };
    expect(chain.status(chain.sign(operator(0), 'stake', stake))).toBe('VALIDATORS_FIXED');
    const vote = (voter: number) =>
      ballot(chain, operator(voter), 'param', utf8('jail_ms'), encodeParam('jailMs', 7));
    chain.produce([vote(0)]);
    expect(readParams(chain.state, chain.genesis.params).jailMs).toBe(DEFAULT_PARAMS.jailMs);
    chain.produce([vote(1)]);
    expect(readParams(chain.state, chain.genesis.params).jailMs).toBe(7);
    chain.produce([ballot(chain, operator(0), 'remove', keyBytes(1))]);
    expect(chain.status(ballot(chain, operator(1), 'remove', keyBytes(1)))).toBe('VALIDATORS_FIXED');
    expect(powersOf(chain)).toHaveLength(2);
  });
});
