/** @module Nodes that do not validate: let in where the chain is open, a few at a time, each and all within budgets. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  LINK_CLOSE,
  STRANGER_LINKS_MAX,
  STRANGERS_BUDGETS,
  TOLERANCE,
  UNPROVEN_MS,
} from '../../../durable-objects/chain/links/limits.ts';
import { validatorKeys } from '../../../durable-objects/chain/validator-key.ts';
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { Guest } from '../../support/guest.ts';
import { CHAIN_ID, GENESIS_HASH } from './contract.ts';
import { hexOf, keysOf, type LinkNode, SEEDS, startLinkNode, tip, transactions } from './link-node.ts';

const NODE_SEED = new Uint8Array(32).fill(77);
const validator = keysOf(SEEDS[0]);
let node: LinkNode;

beforeAll(async () => {
  node = await startLinkNode(SEEDS[1], { NODE_KEY: toHex(NODE_SEED) });
});
afterAll(async () => {
  await node?.node.stop();
});
beforeEach(async () => {
  await node.forget();
  await node.setup({ peers: {}, validators: [node.key, validator.consensusKey], isPublic: true });
});

const seedOf = (index: number) => new Uint8Array(32).fill(100 + (index % 100)).fill(index, 0, 1);
const host = (key = node.key) => ({
  url: node.node.url,
  chainId: CHAIN_ID,
  genesisHash: GENESIS_HASH,
  key,
});
const guest = (index: number, key?: string) => new Guest(host(key), keysOf(seedOf(index)));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a guest', () => {
  it('links by the key of the validator and by that of the node, and is heard', async () => {
    const nodeKey = validatorKeys(NODE_SEED)?.consensusKey ?? '';
    for (const [index, key] of [node.key, nodeKey].entries()) {
      const one = guest(index, key);
      expect(await one.dial()).toBe(101);
      one.send(tip(index));
      await node.until('its frame', ({ received }) =>
        received.some(({ frame }) => frame === hexOf(tip(index))),
      );
      expect(await one.post(tip(50 + index))).toBe(204);
      one.close();
    }
  });

  it('is refused where the chain is not open', async () => {
    await node.setup({ peers: {}, validators: [node.key, validator.consensusKey], isPublic: false });
    expect([await guest(1).dial(), await guest(1).post(tip(1))]).toEqual([401, 401]);
    expect(await new Guest(host(), validator).dial()).toBe(101);
  });

  it('that breaks the rules is closed and not let in again; a validator is', async () => {
    for (const [one, again] of [
      [guest(1), 401],
      [new Guest(host(), validator), 101],
    ] as const) {
      expect(await one.dial()).toBe(101);
      one.sendEncoded(Uint8Array.of(0xff));
      expect(await one.closed).toBe(LINK_CLOSE.badFrame);
      expect(await one.dial()).toBe(again);
    }
  });
});

describe('a flood', () => {
  /** So much that the largest budget is used up, and what is forgiven as well, also when it takes ten seconds to read. */
  const flood = transactions(100_000);
  const frames = 2 * TOLERANCE.burst;

  it('costs whoever does not validate its link, and a minute', async () => {
    const [stranger, upstream] = [guest(1), guest(2)];
    await node.setup({
      peers: {},
      validators: [node.key, validator.consensusKey],
      upstreams: [keysOf(seedOf(2)).consensusKey],
      isPublic: true,
    });
    for (const one of [stranger, upstream]) {
      expect(await one.dial()).toBe(101);
      for (let count = 0; count < frames; count++) one.send(flood);
      expect(await one.closed).toBe(LINK_CLOSE.flood);
    }
    expect(await stranger.dial()).toBe(401);
  });

  it('of a validator is dropped beyond its budget, and leaves it its link', async () => {
    const one = new Guest(host(), validator);
    expect(await one.dial()).toBe(101);
    for (let count = 0; count < frames; count++) one.send(flood);
    one.send(tip(7));
    const { stats } = await node.until('what came after the flood', ({ received }) =>
      received.some(({ frame }) => frame === hexOf(tip(7))),
    );
    expect(stats?.dropped_in.transactions).toBeGreaterThan(TOLERANCE.burst);
    one.close();
  });
});

describe('guests together', () => {
  it('have so many places, and validators have others', async () => {
    const guests = Array.from({ length: STRANGER_LINKS_MAX }, (_, index) => guest(index));
    for (const one of guests) expect(await one.dial()).toBe(101);
    await node.until('all links', ({ connected }) => connected.length === STRANGER_LINKS_MAX);
    expect(await guest(STRANGER_LINKS_MAX).dial()).toBe(429);
    expect(await new Guest(host(), validator).dial()).toBe(101);
    // Whoever has a place may come again, as after a loss of its socket.
    expect(await guests[3]?.dial()).toBe(101);
    guests[5]?.close();
    // What is connected says nothing meanwhile: the third guest leaves and comes, too.
    await expect.poll(() => guest(STRANGER_LINKS_MAX).dial(), { timeout: 10_000 }).toBe(101);
    for (const one of guests) one.close();
  });

  it('keep no place that they do not prove', async () => {
    for (let index = 0; index < STRANGER_LINKS_MAX; index++) expect(await guest(index).dial(false)).toBe(101);
    expect(await guest(40).dial()).toBe(429);
    await pause(UNPROVEN_MS + 100);
    expect(await guest(41).dial()).toBe(101);
  });

  it('share a budget that takes nothing from validators', async () => {
    const flood = transactions(240_000);
    const frames = Math.ceil((3 * STRANGERS_BUDGETS.transactions.burst) / 240_000);
    const guests = Array.from({ length: 4 }, (_, index) => guest(index));
    const started = Date.now();
    for (const one of guests) {
      expect(await one.dial()).toBe(101);
      for (let count = 0; count < frames / 4; count++) one.send(flood);
    }
    const flooded = await node.until(
      'what is too much',
      ({ stats }) => (stats?.dropped_in.transactions ?? 0) > 0,
    );
    const taken = flooded.received.reduce((sum, { bytes }) => sum + bytes, 0);
    const { burst, rate } = STRANGERS_BUDGETS.transactions;
    expect(taken).toBeLessThan(burst + (rate * (Date.now() - started)) / 1_000);
    const one = new Guest(host(), validator);
    expect(await one.dial()).toBe(101);
    one.send(flood);
    await node.until('the frame of the validator', ({ received }) =>
      received.some(({ peer }) => peer === validator.consensusKey),
    );
    for (const other of guests) other.close();
  });
});
