/** @module A follower among peers that lie: it takes nothing false, says who lied, and finishes from the one that does not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CertifiedBytes } from '../../shared/protocol/execution/linked-blocks.ts';
import { until } from '../support/devnet.ts';
import { LIES, type Lie, LyingPeer } from '../support/lying-peer.ts';
import {
  follow,
  hashesOf,
  headOf,
  joinThrough,
  makeBlocks,
  type NetworkNode,
  peersOf,
  startFollower,
  startValidator,
  syncStatus,
  truthOf,
} from '../support/network-chain.ts';

const HEIGHT = 150;
const FALSE_TIP = 1_000_000_000;
const ASKED_MS = 60_000;
const CAUGHT_UP_MS = 60_000;

let validator: NetworkNode;
let truth: CertifiedBytes[];
let hashes: string[];
beforeAll(async () => {
  validator = await startValidator();
  await makeBlocks(validator.node, HEIGHT);
  truth = await truthOf(validator);
  hashes = await hashesOf(validator.node, HEIGHT);
});
afterAll(() => validator?.node.stop());

interface Liar {
  readonly lie: Lie;
  readonly claim?: number;
}

/** Follows among liars alone until each was asked, then meets the honest node. */
async function followAmong(liars: Readonly<Record<string, Liar>>) {
  const follower = await startFollower();
  const peers = Object.entries(liars).map(([name, { lie, claim }]) => ({
    peer: new LyingPeer(name, truth, lie),
    claim: claim ?? HEIGHT,
  }));
  try {
    await follow(follower.node, validator.node);
    for (const { peer, claim } of peers) await peer.join(follower, validator.node, claim);
    await until('every liar asked', async () => peers.every(({ peer }) => peer.asked > 0), ASKED_MS);
    const among = await headOf(follower.node);
    expect(await hashesOf(follower.node, among)).toEqual(hashes.slice(0, among));
    await joinThrough(follower.node, validator.node);
    await until('the head', async () => (await headOf(follower.node)) === HEIGHT, CAUGHT_UP_MS);
    expect(await hashesOf(follower.node, HEIGHT)).toEqual(hashes);
    await until('rest', async () => (await syncStatus(follower.node)).state === 'synced', CAUGHT_UP_MS);
    return { among, status: await syncStatus(follower.node), peers: await peersOf(follower.node) };
  } finally {
    await Promise.all(peers.map(({ peer }) => peer.close()));
    await follower.node.stop();
  }
}

describe('a follower among peers that lie', () => {
  it('takes nothing of what is forged, and bans who forged it', async () => {
    const { body, state, certificate, hole, garbage, flood } = LIES;
    const forgers = { body, state, certificate, hole };
    const noise = { garbage, flood };
    const all = Object.fromEntries(
      Object.entries({ ...forgers, ...noise }).map(([name, lie]) => [name, { lie }]),
    );
    const { among, status, peers } = await followAmong(all);
    expect(among).toBe(0);
    for (const name of Object.keys(forgers)) expect(peers.get(name)?.state, name).toBe('banned');
    for (const name of Object.keys(noise)) expect(peers.get(name)?.score, name).toBeLessThan(0);
    expect(status).toMatchObject({ catching_up: false, imported_total: HEIGHT, divergence: null });
    expect(status.failures_total).toBeGreaterThanOrEqual(6);
  });

  it('is not stalled by silence, crumbs or tips that nobody has', async () => {
    const { truncated, empty, stall, trickle, state } = LIES;
    const { status, peers } = await followAmong({
      truncated: { lie: truncated },
      empty: { lie: empty },
      stall: { lie: stall },
      trickle: { lie: trickle },
      false_tip: { lie: empty, claim: FALSE_TIP },
      forged_tip: { lie: state, claim: FALSE_TIP },
    });
    for (const name of ['truncated', 'empty', 'stall', 'trickle', 'false_tip']) {
      expect(peers.get(name)?.score, name).toBeLessThan(0);
    }
    expect(status).toMatchObject({ catching_up: false, target_height: HEIGHT, divergence: null });
  });
});
