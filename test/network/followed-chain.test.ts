/** @module Nodes that follow a chain: one without a key, a line of followers, and one that comes into the set and leaves it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChain } from '../../cli/admin.ts';
import { createClient, createSigner } from '../../sdk/index.ts';
import { parseChainId } from '../../shared/protocol/primitives/chain-id.ts';
import { consensusKeyToBytes, parseConsensusKey } from '../../shared/protocol/primitives/consensus-key.ts';
import { popSignBytes } from '../../shared/protocol/validators/possession.ts';
import { bilateralGenesis } from '../support/bilateral.ts';
import { until } from '../support/devnet.ts';
import { FollowedChain, keyOf } from '../support/followed-chain.ts';
import { alarmsOf } from '../support/node-digest.ts';
import { getJson } from '../support/stranger.ts';
import type { Wakeups } from '../support/wakeups-entry.ts';

type Counts = Record<'chain' | 'hub', Wakeups>;

/** The validator and the two behind it. */
const LINE = [0, 1, 2];
/** Longer than any interval between two events of a chain that works. */
const LOOK_MS = 2_500;

describe('a line of followers', () => {
  let chain: FollowedChain;
  beforeAll(async () => {
    // 0 validates, 1 follows 0, 2 knows 1 alone, 3 has no key.
    chain = await FollowedChain.start(
      [
        { key: 'node', knows: [0, 2] },
        { key: 'node', knows: [1] },
        { key: 'none', knows: [0] },
      ],
      { validatorKnows: [1], entry: 'test/support/wakeups-entry.ts' },
    );
  });
  afterAll(() => chain?.stop());

  it('has each transaction final, whichever node took it, and answers when it has the block', async () => {
    for (const index of [0, 1, 2, 2, 1, 0]) {
      const transfer = chain.transfer();
      expect(await chain.send(index, transfer, 'final')).toBe('final');
      expect(await chain.status(index, transfer.hash)).toBe('final');
      await chain.until('final', transfer.hash, [0, 1, 2]);
    }
    const height = await chain.height(0);
    for (let at = 1; at <= height; at++) {
      const hashes = await Promise.all([0, 1, 2].map((index) => chain.hashAt(index, at)));
      expect(new Set(hashes).size).toBe(1);
    }
  });

  it('goes on after each of them restarted with a transaction that it took alone', async () => {
    const transfer = chain.transfer();
    await chain.at(1).node.halt();
    expect(await chain.send(2, transfer)).toBe('pending');
    await chain.at(2).node.restart();
    await chain.at(1).node.restart();
    await chain.until('final', transfer.hash, [0, 1, 2]);
  });

  it('holds a transaction that waits for another on every node, once each', async () => {
    const before = await Promise.all([0, 1].map((index) => delivered(chain, index)));
    const early = chain.transfer(1);
    expect(await chain.send(2, early)).toBe('pending');
    await chain.until('pending', early.hash, [0, 1, 2]);
    await until('the figures', async () => (await delivered(chain, 0)) === (before[0] ?? 0) + 1);
    await until('the figures', async () => (await delivered(chain, 1)) === (before[1] ?? 0) + 1);
  });

  it('CHAIN_NOT_RUNNABLE: is none where a chain has two parties', async () => {
    const { url, adminToken } = chain.at(1).node;
    const created = createChain({ url, adminToken, genesis: bilateralGenesis('pair') });
    await expect(created).rejects.toMatchObject({ code: 'CHAIN_NOT_RUNNABLE' });
  });

  it('does not reach a node without a key, which calls nobody', async () => {
    expect(await chain.send(3, chain.transfer())).toBe('pending');
    expect(await chain.height(3)).toBe(0);
  });

  it('sleeps without alarm or link when there is nothing to do, and wakes with the next block', async () => {
    // What waits for a nonce, or for an upstream, keeps its node awake: it goes first.
    await chain.send(2, chain.gap(), 'final');
    await until(
      'the line at rest',
      async () => (await entriesWithin(LOOK_MS)).every((count) => count === 0) && alarms().length === 0,
      40_000,
    );
    expect((await entriesWithin(LOOK_MS)).every((count) => count === 0)).toBe(true);
    const started = Date.now();
    const transfer = chain.transfer();
    expect(await chain.send(0, transfer, 'final')).toBe('final');
    await chain.until('final', transfer.hash, [1, 2], 5_000);
    console.log(
      `followers: an idle line has a block ${Date.now() - started} ms after its transaction was sent`,
    );
  });

  /** Alarms of the chain's object on each node of the line. */
  function alarms() {
    return LINE.flatMap((index) => alarmsOf(chain.at(index).node.persistDir, 'ChainObject'));
  }

  /** Calls, requests, alarms and socket events of the chain's object on each node of the line within a time. */
  async function entriesWithin(ms: number): Promise<number[]> {
    const read = () =>
      Promise.all(
        LINE.map(
          async (index) => (await getJson<Counts>(`${chain.at(index).node.url}/wakeups`)).chain.entries,
        ),
      );
    const before = await read();
    await new Promise((resolve) => setTimeout(resolve, ms));
    const after = await read();
    return after.map((count, index) => count - (before[index] ?? 0));
  }
});

const delivered = (chain: FollowedChain, index: number) =>
  chain.metric(index, 'blockchain_gossip_delivered_total', 'kind="transaction"');

describe('a validator that comes and goes', () => {
  let chain: FollowedChain;
  beforeAll(async () => {
    chain = await FollowedChain.start([{ key: 'validator', knows: [0] }], { validatorKnows: [1] });
  });
  afterAll(() => chain?.stop());

  const validators = async (index: number) =>
    (await getJson<{ validators: unknown[] }>(`${chain.at(index).node.url}/rpc/validators`)).validators
      .length;

  it('follows, signs from the block on that takes it in, and follows again once it is out', async () => {
    const { keys } = chain.at(1);
    if (keys === null) throw new Error('it has a key');
    const own = parseConsensusKey(keyOf(keys));
    const operator = clientOf(chain, chain.validator.operator.privateKey);
    const [, account] = chain.validator.accounts;
    const newcomer = clientOf(chain, account?.privateKey ?? '');
    const pop = keys.signer.sign(
      popSignBytes(parseChainId(chain.validator.chainId), own, account?.address as never),
    );
    const profile = { consensusKey: own, name: 'second', endpoint: '', commissionBps: 0, pop };
    await (await newcomer.send({ type: 'validator_register', payload: profile })).wait('final');
    expect(await validators(0)).toBe(1);

    const ballot = (kind: 'add' | 'remove') => ({
      type: 'authority_vote',
      payload: { kind, subject: consensusKeyToBytes(own), value: new Uint8Array(), approve: true },
    });
    await (await operator.send(ballot('add'))).wait('final');
    await until('two validators', async () => (await validators(1)) === 2);
    // Both have half of the power: no block is made without the newcomer.
    for (const index of [0, 1]) {
      const [to] = chain.validator.accounts;
      const sent = await clientAt(chain, index).send({ to: to?.address as never, amount: 1n });
      expect(await sent.wait('final')).toMatchObject({ status: 'final' });
    }

    await (await operator.send(ballot('remove'))).wait('final');
    // The vote of one is half of the authorities, not more.
    expect(await validators(0)).toBe(2);
    const second = clientOf(chain, account?.privateKey ?? '');
    await (await second.send(ballot('remove'))).wait('final');
    await until('one validator', async () => (await validators(1)) === 1);
    const sent = await clientAt(chain, 1).send({
      to: chain.validator.accounts[0]?.address as never,
      amount: 1n,
    });
    expect(await sent.wait('final')).toMatchObject({ status: 'final' });
    expect(await chain.height(1)).toBe(await chain.height(0));
  });
});

function clientOf(chain: FollowedChain, privateKey: string) {
  const { url, chainId } = chain.validator;
  return createClient({ url, chainId, signer: createSigner(privateKey) });
}

/** A client of another account on each node. */
function clientAt(chain: FollowedChain, index: number) {
  const account = chain.validator.accounts[2 + index];
  const { chainId } = chain.validator;
  const signer = createSigner(account?.privateKey ?? '');
  return createClient({ url: chain.at(index).node.url, chainId, signer });
}
