import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeParam } from '../../../../shared/protocol/block/params.ts';
import { addressOf } from '../../../../shared/protocol/crypto/keys.ts';
import { hasPendingWork } from '../../../../shared/protocol/execution/due-effects.ts';
import { consensusKeyToBytes } from '../../../../shared/protocol/primitives/consensus-key.ts';
import { readClaims, readPending } from '../../../../shared/protocol/state/claims.ts';
import { readParams } from '../../../../shared/protocol/state/params.ts';
import { validatorsAt } from '../../../../shared/protocol/state/set-history.ts';
import { readStaker } from '../../../../shared/protocol/state/staker.ts';
import { listValidators, stakingOf } from '../../../../shared/protocol/state/validator-views.ts';
import { readValidators } from '../../../../shared/protocol/state/validators.ts';
import type { SignedTransaction } from '../../../../shared/protocol/transaction/transaction.ts';
import { totalPower } from '../../../../shared/protocol/validators/validator-set.ts';
import { hasQuorum } from '../../../../shared/protocol/votes/quorum.ts';
import { aGenesis, aSigner } from '../../../support/in-memory-chain.ts';
import { StakingChain, validatorKey } from '../../../support/staking-chain.ts';

const ACCOUNTS = 4;
const AUTHORITIES = 4;
const VALIDATORS = 8;
const account = (index: number) => aSigner(`account ${index % ACCOUNTS}`);
const nothing = new Uint8Array();

const action = fc.record({
  kind: fc.constantFrom(
    'stake',
    'stake',
    'unstake',
    'unstake',
    'withdraw',
    'vote',
    'decree',
    'unjail',
    'fee',
  ),
  from: fc.nat(ACCOUNTS - 1),
  index: fc.nat(VALIDATORS - 1),
  amount: fc.oneof(fc.bigInt(1n, 20n), fc.bigInt(1n, 1_000_000_000n)),
  /** Parts of a hundred of what is there to be taken. */
  part: fc.constantFrom(1n, 33n, 50n, 100n, 100n, 101n),
  subject: fc.constantFrom('add', 'remove', 'param'),
  approve: fc.boolean(),
});
const block = fc.record({
  actions: fc.array(action, { maxLength: 5 }),
  /** Who is absent for once instead of the one who always is. */
  absent: fc.oneof(
    { weight: 5, arbitrary: fc.constant(-1) },
    { weight: 1, arbitrary: fc.nat(VALIDATORS - 1) },
  ),
  guilty: fc.oneof(
    { weight: 8, arbitrary: fc.constant(-1) },
    { weight: 1, arbitrary: fc.nat(VALIDATORS - 1) },
  ),
  round: fc.constantFrom(0, 0, 0, 1),
  afterMs: fc.constantFrom(1_000, 1_000, 1_000, 4_000, 30_000),
});
const modes = fc.record({
  authorityWeightBps: fc.constantFrom(0, 5_000, 10_000),
  fullStake: fc.constantFrom(1n, 1_000n, 1_000_000_000n),
  feeBurnBps: fc.constantFrom(0, 3_333),
  slashDoubleSignBps: fc.constantFrom(0, 777, 10_000),
  slashDowntimeBps: fc.constantFrom(0, 1_111, 10_000),
  maxValidators: fc.constantFrom(AUTHORITIES, 5, 64),
});

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
type Block = typeof block extends fc.Arbitrary<infer T> ? T : never;

/** Everyone but the first operators of authorities is an account that registered a validator. */
const operatorOf = (index: number) =>
  index < AUTHORITIES ? aSigner(`operator ${index}`) : account(index - AUTHORITIES);

function transactionsOf(chain: StakingChain, one: Action): SignedTransaction[] {
  const { kind, from, index, amount, part } = one;
  const sender = account(from);
  const consensusKey = validatorKey(index);
  switch (kind) {
    case 'stake':
      return [chain.sign(sender, kind, { consensusKey, amount }, amount % 7n)];
    case 'unstake': {
      const { delegations } = stakingOf(chain.state, addressOf(sender.publicKey));
      const own = delegations[index % Math.max(1, delegations.length)];
      if (own === undefined) return [];
      const units = (own.stake * part + 99n) / 100n;
      return [chain.sign(sender, kind, { consensusKey: own.consensusKey, amount: units < 1n ? 1n : units })];
    }
    case 'withdraw':
      return [chain.sign(sender, kind, { consensusKey })];
    case 'unjail':
      return [chain.sign(operatorOf(index), kind, { consensusKey })];
    case 'vote':
      return [ballotOf(chain, one, from % AUTHORITIES)];
    case 'decree':
      return [0, 1, 2, 3].map((voter) => ballotOf(chain, { ...one, approve: true }, voter));
    case 'fee': {
      const payload = { recipient: addressOf(sender.publicKey), contentType: 'a/b', body: nothing };
      return [chain.sign(sender, 'message', payload, amount % 1_000n)];
    }
  }
}

function ballotOf(
  chain: StakingChain,
  { subject, index, approve }: Action,
  voter: number,
): SignedTransaction {
  const isParam = subject === 'param';
  return chain.sign(aSigner(`operator ${voter}`), 'authority_vote', {
    kind: subject,
    subject: isParam
      ? new TextEncoder().encode('authority_weight_bps')
      : consensusKeyToBytes(validatorKey(index)),
    value: isParam ? encodeParam('authorityWeightBps', index * 1_000) : nothing,
    approve,
  });
}

/** Whoever the fuzzer wants absent, as long as the block can still be committed. */
function absentees(chain: StakingChain, wanted: number) {
  const set = readValidators(chain.state);
  const key = validatorKey(wanted);
  const left = totalPower(set.filter(({ consensusKey }) => consensusKey !== key));
  return hasQuorum(left, totalPower(set)) ? [key] : [];
}

function produce(chain: StakingChain, lazy: number, one: Block): void {
  const { actions, guilty, round, afterMs } = one;
  const absent = one.absent < 0 ? lazy : one.absent;
  const evidence =
    guilty >= 0 && chain.parent.height > 1 ? [chain.evidence(guilty, { height: chain.parent.height })] : [];
  const options = { absent: absentees(chain, absent), evidence, round, afterMs };
  const set = readValidators(chain.state);
  chain.produce(
    actions.flatMap((action) => transactionsOf(chain, action)),
    options,
  );
  checkState(chain);
  // A set of the past is what it was.
  const past = validatorsAt(chain.state, chain.parent.height);
  expect(past).toEqual(set.map(({ consensusKey, power }) => ({ consensusKey, power })));
}

/** What holds after every block. That builder and verifier agree and the supply stands is checked by `produce`. */
function checkState(chain: StakingChain): void {
  const { state } = chain;
  const set = readValidators(state);
  expect(totalPower(set)).toBe(1_000_000_000);
  expect(set.length).toBeLessThanOrEqual(readParams(state, chain.genesis.params).maxValidators);
  const { validators } = listValidators(state);
  for (const { status, power, consensusKey, stake } of validators) {
    expect(power > 0).toBe(status === 'active');
    const claim = readClaims(state).find((one) => one.consensusKey === consensusKey);
    expect(claim?.stake ?? 0n).toBeLessThanOrEqual(stake);
  }
  for (const { consensusKey, stake } of validators) {
    const shares = Array.from({ length: ACCOUNTS }, (_, index) =>
      readStaker(state, addressOf(account(index).publicKey)),
    );
    const own = shares
      .flatMap(({ delegations }) => delegations)
      .filter((one) => one.consensusKey === consensusKey);
    if (own.length === 0) expect(stake).toBe(0n);
  }
  const isWaiting = readPending(state).length > 0;
  if (isWaiting) expect(hasPendingWork(state, chain.parent, chain.genesis.params)).toBe(true);
}

describe('whatever stakers, operators, authorities and offenders do', () => {
  it('the supply stands, power is whole, builder and verifier agree', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        modes,
        fc.nat(VALIDATORS - 1),
        fc.array(block, { minLength: 1, maxLength: 16 }),
        (mode, lazy, blocks) => {
          const params = {
            ...mode,
            emptyBlocks: 'always',
            signedWindowBlocks: 4,
            jailMs: 2_000,
            unbondingMs: 9_000,
            evidenceAgeMs: 8_000,
            voteExpiryMs: 20_000,
          } as const;
          const chain = new StakingChain(
            aGenesis({ validators: AUTHORITIES, accounts: ACCOUNTS, params }),
            VALIDATORS,
          );
          chain.produce(
            [4, 5, 6, 7].map((index) => chain.register(operatorOf(index), index, 1_250 * (index - 4))),
          );
          chain.produce(
            [4, 5].map((index) =>
              chain.sign(account(index), 'stake', { consensusKey: validatorKey(index), amount: 1_000n }),
            ),
          );
          for (const one of blocks) produce(chain, lazy, one);
        },
      ),
      { numRuns: 25 },
    );
  });
});
