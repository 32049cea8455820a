/**
 * @module Storms of duplicates on a real node: 100,000 messages from a validator of its chain, which nobody may shut out;
 * from a node that only shows a key; and one notice over and over. The test plays everybody else: with three of four
 * validators it makes blocks final while a storm goes on.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../cli/devnet/ports.ts';
import { accountOf } from '../../cli/keys.ts';
import { LINK_CLOSE } from '../../durable-objects/chain/links/limits.ts';
import { type ValidatorKeys, validatorKeys } from '../../durable-objects/chain/validator-key.ts';
import { PEER_LIMITS } from '../../durable-objects/node/network/call-limits.ts';
import { OFFENCE_POINTS } from '../../durable-objects/node/network/peer-score.ts';
import { ENVELOPE_HEADER } from '../../shared/api/p2p/envelope.ts';
import type { PeerFrame } from '../../shared/api/p2p/frame.ts';
import { encodeFrame } from '../../shared/api/p2p/frame-codec.ts';
import { encodeNotice, noticeId } from '../../shared/api/p2p/notice.ts';
import type { PeerWire } from '../../shared/api/schemas/network.ts';
import { encodeBody } from '../../shared/protocol/block/encode.ts';
import { sha256 } from '../../shared/protocol/crypto/hashing.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import { encodeCertificate } from '../../shared/protocol/votes/encode.ts';
import { until } from '../support/devnet.ts';
import { Guest } from '../support/guest.ts';
import {
  aGenesis,
  aSigner,
  aTransfer,
  type CertifiedBlock,
  InMemoryChain,
} from '../support/in-memory-chain.ts';
import { peersOf } from '../support/network-chain.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { NodeStranger, send } from '../support/node-stranger.ts';
import { getJson } from '../support/stranger.ts';
import { WorkerdMemory } from '../support/workerd-memory.ts';

/** Messages of a storm that has to be read to its end, */
const STORM = 100_000;
/** and of one whose sender is shut out long before: what it sent meanwhile has left it, and is read by nobody. */
const SHUT_OUT = 10_000;
/** What a node may have earned by good contacts, in points, before it is seen to have lost some. */
const POLITE = 3;
/** The same notice, told so often by one peer. */
const NOTICES = 1_000;
/** By how much the node's resident memory may grow with any of them. */
const GROWTH_BYTES_MAX = 48 * 1024 * 1024;
/** Messages that are sent before the sender looks whether something has come. */
const AT_ONCE = 250;
/** Requests of one peer at once. */
const LANES = 20;
/** What others send meanwhile is there after so long, also on a busy machine. */
const THROUGH_MS = 10_000;
/** How long a storm may be read: a thousand messages a second, where a busy machine reads three. */
const STORM_MS_MAX = 100_000;
const MB = 1024 * 1024;

const chain = new InMemoryChain(aGenesis({ validators: 4, accounts: 8 }));
const { genesisHash } = chain.context;
let node: TestNode;
let memory: WorkerdMemory;

beforeAll(async () => {
  const port = await freePort();
  node = await startTestNode({
    chainId: chain.genesis.chainId,
    genesis: chain.genesis,
    validator: accountOf(seedOf('validator 0')),
    port,
    ledger: false,
    inspector: true,
    env: {
      ENVIRONMENT: 'development',
      ALLOW_PRIVATE_PEERS: 'true',
      NODE_URL: `http://127.0.0.1:${port}`,
      NETWORK_SYNC_INTERVAL: '500ms',
    },
  });
  memory = await WorkerdMemory.of(node);
});
afterAll(async () => {
  memory?.close();
  await node?.stop();
});

/** The seed of `aSigner(label)`. */
function seedOf(label: string): Uint8Array {
  return sha256(new TextEncoder().encode(label));
}

function keysOf(label: string): ValidatorKeys {
  const keys = validatorKeys(seedOf(label));
  assert(keys !== null, 'a seed has a key');
  return keys;
}

/** A node that is only a key. */
function guest(keys: ValidatorKeys): Guest {
  const { chainId } = chain.genesis;
  return new Guest({ url: node.url, chainId, genesisHash, key: keysOf('validator 0').consensusKey }, keys);
}

/** A node that only shows a key, and has joined with it. */
async function joined(): Promise<NodeStranger> {
  const stranger = new NodeStranger();
  await stranger.listen();
  const callee = { url: node.url, nodeKey: keysOf('validator 0').consensusKey };
  expect((await stranger.join(callee)).status).toBe(200);
  await until('a peer', async () => (await peerOf(stranger))?.state === 'active');
  return stranger;
}

async function peerOf({ nodeId }: NodeStranger): Promise<PeerWire | undefined> {
  return [...(await peersOf(node)).values()].find(({ node_id }) => node_id === nodeId);
}

const carrying = (...list: SignedTransaction[]): PeerFrame => ({
  kind: 'transactions',
  hops: 1,
  bornMs: Date.now(),
  transactions: list.map(({ bytes }) => bytes),
});
const decided = ({ executed, certificate }: CertifiedBlock): PeerFrame => ({
  kind: 'decided',
  height: executed.block.header.height,
  body: encodeBody(executed.block),
  certificate: encodeCertificate(certificate),
});

const recipient = addressOf(aSigner('account 0').publicKey);
const transferOf = (account: number) =>
  aTransfer(chain, aSigner(`account ${account}`), recipient, 1n, { fee: 1_000n });

const height = async () => (await getJson<{ height: number }>(`${node.url}/rpc/get_head`)).height;

async function isPending({ hash }: SignedTransaction): Promise<boolean> {
  const response = await fetch(`${node.url}/rpc/transaction/${hash}`);
  return ((await response.json()) as { status: unknown }).status === 'pending';
}

async function metric(name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** Contents handed to the chain, those that were here already, and messages beyond what their senders may send. */
const delivered = (kind: string) => metric('blockchain_gossip_delivered_total', `kind="${kind}"`);
const duplicates = (kind: string) => metric('blockchain_gossip_duplicates_total', `kind="${kind}"`);
const overBudget = () => metric('blockchain_gossip_dropped_total', 'reason="budget"');

/** Sends these in turn, again and again, until the storm is over or the link; tells of each message. */
async function blow(
  sender: Guest,
  frames: readonly PeerFrame[],
  messages: number,
  onSent: (sent: number) => void,
): Promise<void> {
  let isOpen = true;
  void sender.closed.then(() => {
    isOpen = false;
  });
  const copies = frames.map(encodeFrame);
  for (let sent = 1; sent <= messages && isOpen; sent += 1) {
    sender.sendEncoded(copies[sent % copies.length] as Uint8Array);
    onSent(sent);
    if (sent % AT_ONCE === 0) await turn();
  }
}

/** What the storm leaves in memory. */
async function expectBounded(before: number, what: string): Promise<void> {
  const after = await memory.resident();
  console.log(`${what}: resident ${Math.round(before / MB)} MB before, ${Math.round(after / MB)} MB after`);
  expect(after - before).toBeLessThan(GROWTH_BYTES_MAX);
}

describe('a storm of duplicates', () => {
  const [ofFirst, repeated, ofOther] = [transferOf(1), transferOf(2), transferOf(3)];
  const first = chain.produce([ofFirst]);

  it('of a validator, 100,000 of them, is read at bounded memory, heard once, and holds up nobody', async () => {
    const hostile = guest(keysOf('validator 1'));
    expect(await hostile.dial()).toBe(101);
    hostile.send(decided(first));
    await until('the first block', async () => (await height()) === 1);
    hostile.send(carrying(repeated));
    await until('the transaction', () => isPending(repeated));
    const before = await memory.resident();

    const began = Date.now();
    let isBlowing = false;
    const storm = blow(hostile, [carrying(repeated), decided(first)], STORM, (sent) => {
      isBlowing = sent > STORM / 20;
    });
    await until('a storm', () => isBlowing);
    const [other, honest] = [guest(keysOf('somebody')), guest(keysOf('validator 2'))];
    expect(await other.dial()).toBe(101);
    other.send(carrying(ofOther));
    await until('the transaction of another', () => isPending(ofOther), THROUGH_MS);
    expect(await honest.dial()).toBe(101);
    honest.send(decided(chain.produce([ofOther])));
    await until('the next block', async () => (await height()) === 2, THROUGH_MS);
    const throughMs = Date.now() - began;
    await storm;

    const read = async () =>
      (await duplicates('transaction')) + (await duplicates('block')) + (await overBudget());
    await until('the end of the storm', async () => (await read()) >= STORM, STORM_MS_MAX);
    const readMs = Date.now() - began;
    console.log(
      `storm of a validator: others were through after ${throughMs} ms, all read after ${readMs} ms`,
    );
    await expectBounded(before, 'storm of a validator');
    expect(await read()).toBe(STORM);
    expect([await delivered('transaction'), await delivered('block')]).toEqual([2, 2]);
    // Its votes count whatever else it says: the link is open, and the next block comes over it.
    hostile.send(decided(chain.produce([repeated])));
    await until('its block', async () => (await height()) === 3, THROUGH_MS);
    for (const one of [hostile, other, honest]) one.close();
  }, 180_000);

  it('of a node that does not validate costs it its link and its score', async () => {
    const stranger = await joined();
    const hostile = guest({ consensusKey: stranger.nodeKey, signer: stranger.signer });
    const before = await memory.resident();
    const [taken, dropped] = [await duplicates('transaction'), await overBudget()];
    expect(await hostile.dial()).toBe(101);
    let sent = 0;
    await blow(hostile, [carrying(repeated), decided(first)], SHUT_OUT, (count) => {
      sent = count;
    });
    expect(await hostile.closed).toBe(LINK_CLOSE.flood);
    expect(await hostile.dial()).toBe(401);
    await until(
      'its score',
      async () => ((await peerOf(stranger))?.score ?? 0) < POLITE - OFFENCE_POINTS.flood,
    );
    expect(await metric('blockchain_network_offences_total', 'offence="flood"')).toBe(1);
    await until('the figures', async () => (await overBudget()) > dropped);
    console.log(
      `storm of a stranger: closed after ${sent} messages were sent, of which ` +
        `${(await duplicates('transaction')) - taken} were compared and ${(await overBudget()) - dropped} dropped`,
    );
    await expectBounded(before, 'storm of a stranger');
    expect([await delivered('transaction'), await delivered('block')]).toEqual([2, 3]);
    await stranger.close();
  }, 90_000);

  it('of one notice is told once, and refused beyond what a peer may say', async () => {
    const stranger = await joined();
    const content = encodeNotice({ kind: 'beacon', nonce: seedOf('a notice').slice(0, 16) });
    const signed = stranger.request('broadcast', stranger.nodeKey, {}, { bodyHash: noticeId(content) });
    const message = {
      content: toHex(content),
      envelope: signed.headers[ENVELOPE_HEADER],
      ttl: 2,
      seen_by: [],
    };
    const request = stranger.request('broadcast', keysOf('validator 0').consensusKey, message);
    const before = await memory.resident();
    const began = Date.now();
    const statuses: number[] = [];
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (let sent = 0; sent < NOTICES / LANES; sent += 1)
          statuses.push((await send(node.url, request)).status);
      }),
    );
    const { burst, rate } = PEER_LIMITS.notice;
    const told = statuses.filter((status) => status === 200).length;
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(told).toBeLessThanOrEqual(burst + 1 + (rate * (Date.now() - began)) / 1_000);
    const counted = (labels: string) => metric('blockchain_network_notices_total', labels);
    expect(await counted('kind="beacon",result="new"')).toBe(1);
    expect(await counted('kind="beacon",result="duplicate"')).toBe(told - 1);
    expect(await counted('result="limited"')).toBe(NOTICES - told);
    await expectBounded(before, `${NOTICES} notices, ${told} of them compared`);
    await stranger.close();
  }, 90_000);
});
