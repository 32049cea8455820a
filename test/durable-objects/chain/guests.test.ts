/** @module A chain under strangers: transactions that are right or wrong, and a part in consensus that is not theirs. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LINK_CLOSE } from '../../../durable-objects/chain/links/limits.ts';
import { INVALID_IN_FRAME_MAX } from '../../../durable-objects/chain/transaction-pool.ts';
import { validatorKeys } from '../../../durable-objects/chain/validator-key.ts';
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import { until } from '../../support/devnet.ts';
import { FollowedChain } from '../../support/followed-chain.ts';
import { Guest } from '../../support/guest.ts';

let chain: FollowedChain;
beforeAll(async () => {
  chain = await FollowedChain.start([]);
});
afterAll(() => chain?.stop());

function guest(fill: number): Guest {
  const keys = validatorKeys(new Uint8Array(32).fill(fill));
  assert(keys !== null, 'a seed has a key');
  return new Guest(chain.host(0), keys);
}

const transactions = (...list: Uint8Array[]): PeerFrame => ({
  kind: 'transactions',
  hops: 1,
  bornMs: Date.now(),
  transactions: list,
});

it('takes a transaction of a guest, and tells it of the block', async () => {
  const one = guest(1);
  expect(await one.dial()).toBe(101);
  const { hash, bytes } = chain.bytesOf(0, 0);
  one.send(transactions(bytes));
  await chain.until('final', hash, [0]);
  await until('the head', () =>
    one.received.some((frame) => frame.kind === 'tip' && frame.height === 1 && frame.certificate !== null),
  );
  one.send({ kind: 'request_decided', from: 1, to: 1 });
  await until('the block', () =>
    one.received.some((frame) => frame.kind === 'decided' && frame.height === 1),
  );
  one.close();
});

it('closes on a guest that brings a transaction which nobody signed, and takes the others of its frame', async () => {
  const one = guest(2);
  expect(await one.dial()).toBe(101);
  const forged = chain.bytesOf(1, 0).bytes.slice();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  const { hash, bytes } = chain.bytesOf(2, 0);
  one.send(transactions(forged, Uint8Array.of(1, 2, 3), bytes));
  await chain.until('final', hash, [0]);
  await until(
    'the count',
    async () => (await chain.metric(0, 'blockchain_gossip_dropped_total', 'reason="invalid"')) === 2,
  );
  expect(await one.closed).toBe(LINK_CLOSE.badFrame);
  expect(await one.dial()).toBe(401);
});

it('verifies no signature of what may not enter anyhow, and holds nothing against who brings it', async () => {
  const one = guest(6);
  expect(await one.dial()).toBe(101);
  const counted = (reason: string) =>
    chain.metric(0, 'blockchain_gossip_dropped_total', `reason="${reason}"`);
  const before = await Promise.all([counted('refused'), counted('invalid')]);
  // Its nonce is used: whether anybody signed it does not matter.
  const overtaken = chain.bytesOf(0, 0).bytes.slice();
  overtaken[overtaken.length - 1] = (overtaken.at(-1) ?? 0) ^ 1;
  one.send(transactions(overtaken));
  const { hash, bytes } = chain.bytesOf(6, 0);
  one.send(transactions(bytes));
  await chain.until('final', hash, [0]);
  await until('the count', async () => (await counted('refused')) === (before[0] ?? 0) + 1);
  expect(await counted('invalid')).toBe(before[1]);
  one.close();
});

it(`looks at ${INVALID_IN_FRAME_MAX} of a frame that nobody signed, and at no more`, async () => {
  const before = await chain.metric(0, 'blockchain_gossip_dropped_total', 'reason="invalid"');
  const one = guest(4);
  expect(await one.dial()).toBe(101);
  const { hash, bytes } = chain.bytesOf(4, 0);
  const forged = Array.from({ length: INVALID_IN_FRAME_MAX + 20 }, (_, index) => {
    const copy = bytes.slice();
    copy[copy.length - 1 - index] = (copy[copy.length - 1 - index] ?? 0) ^ 1;
    return copy;
  });
  one.send(transactions(...forged, bytes));
  expect(await one.closed).toBe(LINK_CLOSE.badFrame);
  await until('the count', async () => {
    const now = await chain.metric(0, 'blockchain_gossip_dropped_total', 'reason="invalid"');
    return now - before === INVALID_IN_FRAME_MAX;
  });
  const honest = guest(5);
  expect(await honest.dial()).toBe(101);
  honest.send(transactions(bytes));
  await chain.until('final', hash, [0]);
  honest.close();
});

it('closes on a guest that takes part in the open height, and not on one that lags or leads', async () => {
  const height = await chain.height(0);
  const say = (about: number): PeerFrame => ({
    kind: 'consensus',
    message: {
      kind: 'peer_state',
      peerState: {
        height: about,
        round: 0,
        step: 'prevote',
        hasProposal: false,
        prevotes: new Uint8Array(1),
        precommits: new Uint8Array(1),
        validRound: null,
        wantedPolka: null,
        wantsReply: true,
      },
    },
  });
  const one = guest(3);
  expect(await one.dial()).toBe(101);
  for (const about of [height, height + 2]) one.send(say(about));
  const { hash, bytes } = chain.bytesOf(3, 0);
  one.send(transactions(bytes));
  await chain.until('final', hash, [0]);
  expect(one.received.some(({ kind }) => kind === 'consensus')).toBe(false);
  one.send(say(height + 2));
  expect(await one.closed).toBe(LINK_CLOSE.badFrame);
  expect(await one.dial()).toBe(401);
});
