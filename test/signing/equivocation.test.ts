/**
 * @module A validator that signs twice, on a devnet of four real nodes: someone with a copy of its key votes for two blocks,
 * while its own node takes part. It is found out by the others alone, slashed where there is stake, and out of the set
 * within ten blocks.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEVNET_BALANCE, devnetAccount, devnetAccounts } from '../../cli/devnet/accounts.ts';
import { DEVNET_CHAIN_ID } from '../../cli/devnet/node-settings.ts';
import { nodeNames, openState } from '../../cli/devnet/state.ts';
import { makeGenesis } from '../../cli/genesis.ts';
import { type KeyPair, newKey } from '../../cli/keys.ts';
import { type Client, type ConsensusEvent, createClient, type EvidenceEvent } from '../../sdk/index.ts';
import { genesisToJson } from '../../shared/protocol/genesis/document.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { parseConsensusKey } from '../../shared/protocol/primitives/consensus-key.ts';
import { Cluster } from '../support/cluster.ts';
import { doubleSignature } from '../support/double-signature.ts';
import { attempt } from '../support/objects.ts';
import { post } from '../support/stranger.ts';
import { bringVote, foreignPrevote } from './copied-key.ts';

const NODES = 4;
const BLOCKS_MAX = 10;
const STAKE = 1_000_000n;
const SLASH_BPS = 500n;
const ACCOUNTS = devnetAccounts();
const OPERATORS = Array.from({ length: NODES }, (_, index) => devnetAccount(index, 'operator'));
const SUPPLY = BigInt(ACCOUNTS.length + NODES) * DEVNET_BALANCE;

/** Starts four nodes on a chain where authorities have this part of the power, stakers the rest. */
async function startChain(
  folder: string,
  keys: readonly KeyPair[],
  authorityWeightBps: number,
): Promise<Cluster> {
  const [first, ...others] = keys.map((key, index) => ({
    validator: key.signer,
    validatorName: `node${index + 1}`,
    operator: OPERATORS[index]?.address ?? ACCOUNTS[0]?.address ?? ('' as never),
  }));
  if (first === undefined) throw new Error('four keys');
  const genesis = makeGenesis({
    chainId: DEVNET_CHAIN_ID,
    ...first,
    others,
    allocations: [...ACCOUNTS, ...OPERATORS].map(({ address }) => ({ address, amount: DEVNET_BALANCE })),
    params: {
      blockTimeMs: 100,
      authorityWeightBps,
      fullStake: STAKE * BigInt(NODES),
      slashDoubleSignBps: Number(SLASH_BPS),
    },
    timeMs: Date.now(),
    salt: new Uint8Array(randomBytes(16)),
  });
  const state = await openState(folder, false);
  await state.save({
    genesis: genesisToJson(genesis),
    validatorKeys: keys.map(({ privateKey }) => privateKey),
    followerKeys: [],
    adminToken: toHex(new Uint8Array(randomBytes(24))).slice(2),
  });
  await state.close();
  return await Cluster.start(folder, NODES);
}

describe.each([
  ['poa', 10_000],
  ['hybrid', 5_000],
  ['pos', 0],
] as const)('on a chain of the mode %s', (mode, authorityWeightBps) => {
  const hasStake = authorityWeightBps < 10_000;
  const burned = hasStake ? (STAKE * SLASH_BPS) / 10_000n : 0n;
  const keys = nodeNames(NODES).map(() => newKey());
  const [offender = newKey(), honest] = [keys[NODES - 1], nodeNames(NODES).slice(0, -1)];
  let folder: string;
  let cluster: Cluster;
  const client = (name: string): Client => createClient({ url: cluster.url(name) });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atoll-twice-'));
    cluster = await startChain(folder, keys, authorityWeightBps);
    if (hasStake) await stakeEverywhere();
  }, 120_000);
  afterAll(async () => {
    await cluster?.devnet.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  async function stakeEverywhere(): Promise<void> {
    for (const [index, key] of keys.entries()) {
      const { signer } = OPERATORS[index] ?? {};
      if (signer === undefined) throw new Error('each node has an operator');
      const payload = { consensusKey: parseConsensusKey(key.publicKey), amount: STAKE };
      const sent = await createClient({ url: cluster.url('node1'), signer }).send({ type: 'stake', payload });
      expect(await sent.wait()).toMatchObject({ receipt_status: 'OK' });
    }
    await attempt(async () => {
      await cluster.untilFinal([await cluster.send('node1')]);
      const { validators } = await client('node1').validators();
      expect(validators.map(({ power }) => power)).toEqual(keys.map(() => 250_000_000));
    });
  }

  /** All that can be owned, as one node knows it. */
  async function supply(name: string): Promise<bigint> {
    const reader = client(name);
    const accounts = await Promise.all(
      [...ACCOUNTS, ...OPERATORS].map(({ address }) => reader.accounts.get(address)),
    );
    const { validators, others } = await reader.validators();
    const { evidence } = await reader.evidence();
    const amounts = [
      ...accounts.map(({ balance }) => balance),
      ...[...validators, ...others].flatMap(({ stake = '0', unpaid_rewards = '0' }) => [
        BigInt(stake),
        BigInt(unpaid_rewards),
      ]),
      ...evidence.map((item) => BigInt(item.burned)),
    ];
    return amounts.reduce((sum, amount) => sum + amount, 0n);
  }

  /**
   * Two votes of the offender's key for different blocks, at the height that is open. One would not do: the offender's own
   * node, which may hear of it before it votes itself, is then held by its guard and there is no second signature.
   */
  async function signTwice(): Promise<number> {
    const { height } = await client('node1').consensus();
    const { validators } = await client('node1').validators();
    const validator = validators.findIndex(({ consensus_key }) => consensus_key === offender.publicKey);
    const target = { chainId: DEVNET_CHAIN_ID, genesisHash: cluster.devnet.ready.genesis_hash };
    for (const vote of [1, 2].map(() => foreignPrevote(target, offender, { height, round: 0, validator })))
      for (const [index, name] of honest.entries()) {
        const node = { url: cluster.url(name), consensusKey: keys[index]?.publicKey ?? '' };
        await bringVote(target, offender, node, vote);
      }
    return height;
  }

  it('is slashed and out for good within ten blocks, and everyone can see it', {
    timeout: 120_000,
  }, async () => {
    await cluster.untilFinal([await cluster.send('node2')]);
    const events: ConsensusEvent[] = [];
    const subscription = client('node1').subscribe('consensus_events');
    const reading = (async () => {
      for await (const { data } of subscription) {
        events.push(data);
        if (data.event === 'evidence') return;
      }
    })();
    const offence = await signTwice();
    await cluster.untilFinal([await cluster.send('node1')], honest);
    for (const name of honest) {
      await attempt(async () => {
        const [item] = (await client(name).evidence()).evidence;
        expect(item).toMatchObject({
          consensus_key: offender.publicKey,
          name: 'node4',
          step: 'prevote',
          infraction_height: offence,
          round: 0,
          outcome: 'punished',
          burned: String(burned),
        });
        expect((item?.height ?? 0) - offence).toBeLessThanOrEqual(BLOCKS_MAX);
      });
    }
    await reading;
    const seen = events.find((event): event is EvidenceEvent => event.event === 'evidence');
    expect(seen).toMatchObject({
      validator: offender.publicKey,
      step: 'prevote',
      infraction_height: offence,
    });
    console.log(`signing: ${mode}: the offence of height ${offence} is punished in block ${seen?.height}`);
  });

  it('has no power left, its stake is what the slash has left, and the chain goes on without it', async () => {
    await cluster.untilFinal([await cluster.send('node3')], honest);
    const { validators, others } = await client('node2').validators();
    expect(validators.map(({ name }) => name).sort()).toEqual(honest);
    const [record] = others.filter(({ consensus_key }) => consensus_key === offender.publicKey);
    expect(record).toMatchObject({ status: 'tombstoned', power: 0, is_authority: false });
    const { delegations } = await client('node3').staking(OPERATORS[NODES - 1]?.address ?? '');
    const left = hasStake ? [{ consensus_key: offender.publicKey, stake: String(STAKE - burned) }] : [];
    expect(delegations).toMatchObject(left);
  });

  it('has cost nobody else anything: all that is owned and all that is burned is what the genesis gave', async () => {
    for (const name of honest) expect(await supply(name)).toBe(SUPPLY);
  });

  it('is not punished twice, and its node has stopped to sign', async () => {
    const again = doubleSignature(cluster.devnet.ready.genesis_hash, offender.signer, { height: 1 });
    const answer = await post(`${cluster.url('node1')}/rpc/evidence`, { evidence: toHex(again) });
    expect(await answer.json()).toMatchObject({ status: 409, code: 'EVIDENCE_TOMBSTONED' });
    expect((await client('node1').evidence()).evidence).toHaveLength(1);
    await attempt(async () =>
      expect((await client('node4').consensus()).signing).toMatchObject({
        status: 'guarded',
        reason: 'own_signature',
      }),
    );
  });
});
