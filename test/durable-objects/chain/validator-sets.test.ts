/** @module What a chain says of validators, stake and evidence, over a state in which all of them have changed. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ChainViews } from '../../../durable-objects/chain/chain-views.ts';
import type { ConsensusDriver } from '../../../durable-objects/chain/consensus-driver.ts';
import { validatorSetsOf } from '../../../durable-objects/chain/ledger-sets.ts';
import { missingIn, signersOf } from '../../../durable-objects/chain/missing-signatures.ts';
import type { SigningView } from '../../../shared/api/consensus-views.ts';
import type { ChainHead } from '../../../shared/api/objects.ts';
import { addressOf } from '../../../shared/protocol/crypto/keys.ts';
import type { ExecutedBlock } from '../../../shared/protocol/execution/executed-block.ts';
import type { CommitCertificate } from '../../../shared/protocol/votes/commit-certificate.ts';
import { aGenesis, aSigner } from '../../support/in-memory-chain.ts';
import { StakingChain, validatorKey } from '../../support/staking-chain.ts';

const [alice, bob] = [aSigner('account 0'), aSigner('account 1')];
const params = { authorityWeightBps: 5_000, fullStake: 1_000n, slashDoubleSignBps: 5_000 };
const blocks: ExecutedBlock[] = [];
let chain: StakingChain;
let views: ChainViews;

beforeAll(() => {
  chain = new StakingChain(aGenesis({ params, validators: 4 }), 16);
  views = new ChainViews({
    state: chain.state,
    head: () => ({ height: chain.parent.height }) as ChainHead,
    driver: {} as ConsensusDriver,
    connected: () => [],
    pendingEvidence: () => 0,
    signing: () => ({}) as SigningView,
  });
  const stake = { consensusKey: validatorKey(9), amount: 1_000n };
  blocks.push(chain.produce([chain.register(alice, 9), chain.register(alice, 10)]));
  blocks.push(chain.produce([chain.sign(bob, 'stake', stake)]));
  blocks.push(
    chain.produce([chain.sign(bob, 'stake', { ...stake, amount: 10n })], { absent: [validatorKey(0)] }),
  );
  blocks.push(chain.produce([], { evidence: [chain.evidence(9, { height: 3 })] }));
});

const keysOf = (validators: readonly { consensus_key: string }[] | undefined) =>
  validators?.map(({ consensus_key }) => consensus_key);
const sorted = (...indices: number[]) => indices.map(validatorKey).sort();

describe('the validators', () => {
  it('of each height are those that signed it', () => {
    const at = (height: number) => views.validators({ height }).view.set;
    expect(keysOf(at(1)?.validators)).toEqual(sorted(0, 1, 2, 3));
    expect(keysOf(at(3)?.validators)).toEqual(sorted(0, 1, 2, 3, 9));
    expect(at(6)).toBeNull();
    for (const { block } of blocks) {
      const { height, validatorsHash } = block.header;
      expect(at(height)).toMatchObject({ height, validators_hash: validatorsHash });
    }
  });

  it('of the next height come with their records, and the others with why they are none', () => {
    const { set, others, next } = views.validators({ limit: 100 }).view;
    expect(set?.height).toBe(5);
    expect(keysOf(set?.validators)).toEqual(sorted(0, 1, 2, 3));
    expect(set?.validators[0]).toMatchObject({
      status: 'active',
      record: { is_authority: true, stake: 0n, jailed_until_ms: null },
    });
    expect(next).toBeNull();
    expect(others.map(({ consensus_key, status, power }) => [consensus_key, status, power])).toEqual([
      [validatorKey(9), 'tombstoned', 0],
      [validatorKey(10), 'registered', 0],
    ]);
    const first = views.validators({ limit: 5 }).view;
    expect(keysOf(first.others)).toEqual([validatorKey(9)]);
    expect(keysOf(views.validators({ from: first.next ?? 0, limit: 5 }).view.others)).toEqual([
      validatorKey(10),
    ]);
  });
});

describe('stake and evidence', () => {
  it('are shown with the names of the validators', () => {
    const { view } = views.staking(addressOf(bob.publicKey));
    expect(view.delegations).toEqual([
      { consensus_key: validatorKey(9), name: 'validator 9', stake: 505n, shares: 1_010n, rewards: 0n },
    ]);
    expect(views.evidence(10).evidence).toEqual([
      expect.objectContaining({
        validator: { consensus_key: validatorKey(9), name: 'validator 9' },
        step: 'precommit',
        infraction_height: 3,
        round: 0,
        height: 4,
        outcome: 'punished',
        burned: 505n,
      }),
    ]);
  });
});

describe('the ledger', () => {
  it('gets the set of genesis and each change, under the first height that it signs', () => {
    const headers = blocks.map(({ block }) => block);
    const sets = validatorSetsOf(chain.state, () => chain.genesis, headers);
    expect(sets.map(({ height }) => height)).toEqual([1, 3, 5]);
    expect(sets.map(({ validators }) => validators.length)).toEqual([4, 5, 4]);
    expect(sets.at(-1)?.validatorsHash).toBe(headers.at(-1)?.header.nextValidatorsHash);
    expect(validatorSetsOf(chain.state, () => chain.genesis, headers.slice(2, 3))).toEqual([]);
  });
});

describe('missing signatures', () => {
  it('are those that the commit in the next block lacks', () => {
    const missing = (commit: CommitCertificate | null) => missingIn(signersOf(chain.state, commit), commit);
    expect(missing(null)).toEqual([]);
    expect(missing(blocks[3]?.block.lastCommit ?? null)).toEqual([validatorKey(0)]);
    expect(missing(blocks[2]?.block.lastCommit ?? null)).toEqual([]);
  });
});
