import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import { addressOf } from '../../../../shared/protocol/crypto/keys.ts';
import { verifyBlock } from '../../../../shared/protocol/execution/verify-block.ts';
import { EVIDENCE_ITEMS_MAX } from '../../../../shared/protocol/primitives/limits.ts';
import { openVotes } from '../../../../shared/protocol/state/authority-votes.ts';
import { evidenceList } from '../../../../shared/protocol/state/evidence-records.ts';
import { validatorsAt } from '../../../../shared/protocol/state/set-history.ts';
import { stakingOf } from '../../../../shared/protocol/state/validator-views.ts';
import { readValidators } from '../../../../shared/protocol/state/validators.ts';
import { decodeEvidence, encodeEvidence } from '../../../../shared/protocol/votes/evidence.ts';
import { ALLOCATION, aGenesis, aSigner, type GenesisOptions } from '../../../support/in-memory-chain.ts';
import { StakingChain, validatorKey } from '../../../support/staking-chain.ts';

const [alice, bob] = [aSigner('account 0'), aSigner('account 1')];
const AGE_MS = 64_000;
const UNBONDING_MS = 100_000;

function aChain(options: GenesisOptions = {}): StakingChain {
  const params = {
    authorityWeightBps: 5_000,
    fullStake: 1_000n,
    evidenceAgeMs: AGE_MS,
    unbondingMs: UNBONDING_MS,
    slashDoubleSignBps: 1_000,
    ...options.params,
  };
  return new StakingChain(aGenesis({ validators: 4, ...options, params }));
}

/** A chain on which validator 9 holds half of the power with 1,000 units of Bob's. */
function staked(): StakingChain {
  const chain = aChain();
  chain.produce([chain.register(alice, 9)]);
  chain.produce([chain.sign(bob, 'stake', { consensusKey: validatorKey(9), amount: 1_000n })]);
  chain.produce([chain.register(alice, 8)]);
  return chain;
}

const refusals = (chain: StakingChain, ...evidence: Uint8Array[]) =>
  chain.build([], { evidence }).rejectedEvidence.map(({ code }) => code);

describe('evidence', () => {
  it.each(['proposal', 'prevote', 'precommit'] as const)(
    'of two signatures in the step %s ends a validator for good and burns a part of its stake',
    (step) => {
      const chain = staked();
      const { height } = chain.parent;
      const executed = chain.produce([], { evidence: [chain.evidence(9, { height, step })] });
      expect(executed.isContentAllowed).toBe(true);
      expect(executed.incidents).toEqual([
        { kind: 'evidence', validator: validatorKey(9), outcome: 'punished', burned: 100n },
      ]);
      expect(executed.nextValidators).toHaveLength(4);
      expect(chain.view(9)).toMatchObject({ status: 'tombstoned', power: 0, stake: 900n });
      expect(chain.burned).toBe(100n);
      expect(evidenceList(chain.state, 9)).toMatchObject([
        { step, height, outcome: 'punished', burned: 100n },
      ]);
    },
  );

  it('is never counted twice: the same item, or another one against the same key', () => {
    const chain = staked();
    const { height } = chain.parent;
    const item = chain.evidence(9, { height });
    const other = chain.evidence(9, { height, round: 1 });
    expect(refusals(chain, item, item, other)).toEqual(['EVIDENCE_TOMBSTONED', 'EVIDENCE_TOMBSTONED']);
    chain.produce([], { evidence: [item] });
    expect(refusals(chain, item, other)).toEqual(['EVIDENCE_TOMBSTONED', 'EVIDENCE_TOMBSTONED']);
    expect(chain.view(9).stake).toBe(900n);
  });

  it('VALIDATOR_TOMBSTONED: nobody stakes there again or brings it back, but stakers leave with what is left', () => {
    const chain = staked();
    chain.produce([], { evidence: [chain.evidence(9, { height: chain.parent.height })] });
    const consensusKey = validatorKey(9);
    expect(chain.status(chain.sign(bob, 'stake', { consensusKey, amount: 1n }))).toBe('VALIDATOR_TOMBSTONED');
    expect(chain.status(chain.sign(alice, 'unjail', { consensusKey }))).toBe('VALIDATOR_TOMBSTONED');
    expect(chain.status(chain.register(alice, 9))).toBe('VALIDATOR_EXISTS');
    expect(chain.status(chain.sign(bob, 'unstake', { consensusKey, amount: 901n }))).toBe(
      'INSUFFICIENT_STAKE',
    );
    expect(chain.status(chain.sign(bob, 'unstake', { consensusKey, amount: 900n }))).toBe('OK');
    chain.produce([], { afterMs: UNBONDING_MS });
    expect(chain.balance(bob)).toBe(ALLOCATION - 100n);
  });

  it('reaches stake that began unbonding after the offence, and no stake that began before', () => {
    const chain = aChain();
    const consensusKey = validatorKey(9);
    chain.produce([chain.register(alice, 9)]);
    chain.produce([chain.sign(bob, 'stake', { consensusKey, amount: 1_000n })]);
    chain.produce([chain.sign(bob, 'unstake', { consensusKey, amount: 100n })]);
    const height = chain.parent.height + 1;
    chain.produce([chain.sign(bob, 'unstake', { consensusKey, amount: 200n })]);
    chain.produce([], { evidence: [chain.evidence(9, { height })] });
    const address = addressOf(bob.publicKey);
    expect(stakingOf(chain.state, address).unbonding.map(({ amount }) => amount)).toEqual([100n, 180n]);
    expect(chain.burned).toBe(70n);
    chain.produce([], { afterMs: UNBONDING_MS });
    expect([chain.balance(bob), chain.burned]).toEqual([ALLOCATION - 720n, 90n]);
  });

  it('takes the approval of an authority and its voice in open votes', () => {
    const chain = staked();
    const vote = { kind: 'add', subject: new Uint8Array(32), value: new Uint8Array(), approve: true };
    const subject = aSigner('validator 8').publicKey;
    chain.produce([chain.sign(aSigner('operator 1'), 'authority_vote', { ...vote, subject })]);
    chain.produce([], { evidence: [chain.evidence(1, { height: 1 })] });
    expect(chain.view(1)).toMatchObject({ status: 'tombstoned', isAuthority: false, power: 0 });
    expect(openVotes(chain.state)).toEqual([]);
    expect(readValidators(chain.state)).toHaveLength(4);
  });

  it('is only recorded where nobody would be left', () => {
    const chain = aChain({ validators: 1 });
    chain.produce([chain.register(alice, 9)]);
    const { incidents } = chain.produce([], { evidence: [chain.evidence(0, { height: 1 })] });
    expect(incidents).toMatchObject([{ outcome: 'recorded', burned: 0n }]);
    expect(readValidators(chain.state)).toHaveLength(1);
    // One item stands for all: further ones would be blocks for nothing.
    expect(refusals(chain, chain.evidence(0, { height: 2 }))).toEqual(['EVIDENCE_KNOWN']);
    // With somebody else in the set a further offence counts.
    chain.produce([chain.sign(bob, 'stake', { consensusKey: validatorKey(9), amount: 1_000n })]);
    const next = chain.evidence(0, { height: 3 });
    expect(chain.produce([], { evidence: [next] }).incidents).toMatchObject([{ outcome: 'punished' }]);
  });

  it('is only recorded on a chain between parties', () => {
    const base = aGenesis({ validators: 2 });
    const parties = base.authorities.map(({ operator }) => operator);
    const chain = new StakingChain({ ...base, chainType: 'bilateral', parties });
    const { incidents } = chain.produce([], { evidence: [chain.evidence(0, { height: 1 })] });
    expect(incidents).toMatchObject([{ outcome: 'recorded' }]);
    expect(readValidators(chain.state)).toHaveLength(2);
  });
});

describe('evidence is refused', () => {
  it('EVIDENCE_MALFORMED: bytes that are no item, or not its one encoding', () => {
    const chain = staked();
    const good = chain.evidence(9, { height: 3 });
    expect(refusals(chain, Uint8Array.of(0x80), new Uint8Array([...good, 0]))).toEqual([
      'EVIDENCE_MALFORMED',
      'EVIDENCE_MALFORMED',
    ]);
  });

  it('EVIDENCE_FALSE: contents in the wrong order, equal, or signed by nobody', () => {
    const chain = staked();
    const good = decodeEvidence(chain.evidence(9, { height: 3 }));
    const { first, second } = good;
    const forged = { ...second, signature: new Uint8Array(64) };
    const items = [
      { ...good, first: second, second: first },
      { ...good, second: first },
      { ...good, second: forged },
      { ...good, round: 1 },
      { ...good, step: 'prevote' as const },
    ];
    expect(refusals(chain, ...items.map(encodeEvidence))).toEqual(items.map(() => 'EVIDENCE_FALSE'));
  });

  it('EVIDENCE_FROM_FUTURE: of a height that was not reached; of the height of its own block it may be', () => {
    const chain = staked();
    const next = chain.parent.height + 1;
    expect(
      refusals(chain, chain.evidence(9, { height: next + 1 }), chain.evidence(9, { height: 0 })),
    ).toEqual(['EVIDENCE_FROM_FUTURE', 'EVIDENCE_FROM_FUTURE']);
    expect(refusals(chain, chain.evidence(9, { height: next }))).toEqual([]);
  });

  it('EVIDENCE_NOT_A_VALIDATOR: of a height whose set did not hold the key', () => {
    const chain = staked();
    // Block 2 staked with validator 9, so the set of height 3 was the first with it.
    expect(refusals(chain, chain.evidence(9, { height: 2 }), chain.evidence(8, { height: 3 }))).toEqual([
      'EVIDENCE_NOT_A_VALIDATOR',
      'EVIDENCE_NOT_A_VALIDATOR',
    ]);
    expect(refusals(chain, chain.evidence(9, { height: 3 }))).toEqual([]);
  });

  it('EVIDENCE_TOO_OLD: of a block from before evidence_age_ms, known to a 64th of it', () => {
    const chain = staked();
    const height = chain.parent.height;
    const old = chain.evidence(9, { height });
    chain.produce([chain.register(alice, 7)], { afterMs: AGE_MS - 1_000 });
    expect(refusals(chain, old)).toEqual([]);
    chain.produce([chain.register(alice, 6)], { afterMs: 1_001 });
    expect(refusals(chain, old)).toEqual(['EVIDENCE_TOO_OLD']);
    expect(refusals(chain, chain.evidence(9, { height: height + 1 }))).toEqual([]);
  });

  it(`beyond ${EVIDENCE_ITEMS_MAX} items a block, which wait`, () => {
    const count = EVIDENCE_ITEMS_MAX + 2;
    const chain = new StakingChain(aGenesis({ validators: count }), count);
    const items = Array.from({ length: EVIDENCE_ITEMS_MAX + 1 }, (_, index) =>
      chain.evidence(index, { height: 1 }),
    );
    const { block, rejectedEvidence, nextValidators } = chain.produce([], { evidence: items });
    expect([block.evidence.length, rejectedEvidence.length]).toEqual([EVIDENCE_ITEMS_MAX, 0]);
    expect(nextValidators).toHaveLength(2);
  });

  it('BLOCK_EVIDENCE_INVALID: a verifier refuses the whole block, naming the item', () => {
    const chain = staked();
    const good = chain.build([], { evidence: [chain.evidence(9, { height: 3 })] }).block;
    chain.produce([], { evidence: [chain.evidence(9, { height: 3 })] });
    const again = chain.build([], { evidence: [chain.evidence(1, { height: 3 })] }).block;
    const block = {
      ...again,
      header: { ...again.header, evidenceHash: good.header.evidenceHash },
      evidence: good.evidence,
    };
    const { context, state, parent } = chain;
    const verify = () =>
      verifyBlock(context, { state, pages: state, parent, block, verifier: nativeVerifier });
    expect(verify).toThrow(
      expect.objectContaining({
        code: 'BLOCK_EVIDENCE_INVALID',
        details: { index: 0, evidence_code: 'EVIDENCE_TOMBSTONED' },
      }),
    );
  });
});

describe('what evidence needs is forgotten when nothing as old can come', () => {
  it('the record of an offence and the sets of the past, a bounded number a block', () => {
    const chain = staked();
    chain.produce([], { evidence: [chain.evidence(9, { height: 3 })] });
    expect(validatorsAt(chain.state, 1)).toHaveLength(4);
    expect(validatorsAt(chain.state, 3)).toHaveLength(5);
    chain.produce([chain.register(alice, 7)], { afterMs: AGE_MS + 3_001 });
    expect(evidenceList(chain.state, 9)).toEqual([]);
    expect([validatorsAt(chain.state, 1), validatorsAt(chain.state, 3)]).toEqual([null, null]);
    expect(validatorsAt(chain.state, chain.parent.height)).toHaveLength(4);
    expect(chain.build([]).isContentAllowed).toBe(false);
  });

  it('never the set whose commit is still to come', () => {
    const chain = staked();
    chain.produce([], { evidence: [chain.evidence(9, { height: 3 })] });
    for (let round = 0; round < 3; round++) chain.produce([], { afterMs: 10 * AGE_MS });
    expect(validatorsAt(chain.state, chain.parent.height)).toHaveLength(4);
  });
});
