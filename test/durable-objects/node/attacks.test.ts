/** @module What strangers try with a real node: replays, borrowed identities, floods, false addresses. None of it works. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENVELOPE_HEADER, ENVELOPE_WINDOW_MS } from '../../../shared/api/p2p/envelope.ts';
import { encodeNotice, noticeId } from '../../../shared/api/p2p/notice.ts';
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { parseHash } from '../../../shared/protocol/primitives/hash.ts';
import { until } from '../../support/devnet.ts';
import { type Member, Members } from '../../support/members.ts';
import { NodeStranger, send } from '../../support/node-stranger.ts';

let members: Members;
let target: Member;
beforeAll(async () => {
  members = await Members.start(2);
  await members.untilMet();
  target = members.at(0);
});
afterAll(() => members?.stop());

/** Joins from an address that no other test uses. */
let networks = 0;
const fromElsewhere = () => {
  networks += 1;
  return { 'cf-connecting-ip': `20.${networks}.0.1` };
};
const refusal = { status: 401, code: 'UNAUTHORIZED' };

/** A stranger that was taken in and whose address is proved. */
async function peer(): Promise<NodeStranger> {
  const stranger = new NodeStranger();
  await stranger.listen();
  await stranger.call(target, 'join', stranger.exchange(), fromElsewhere());
  await until('the stranger is a peer', async () => (await target.peer(stranger.nodeId))?.state === 'active');
  return stranger;
}

describe('an envelope', () => {
  it('counts once, also after the node has lost its memory', async () => {
    const stranger = new NodeStranger();
    const request = stranger.request('join', target.nodeKey, stranger.exchange());
    const first = await send(target.url, request, fromElsewhere());
    expect(first).toMatchObject({ status: 200, body: { peers: [expect.any(String)] } });
    expect(await send(target.url, request, fromElsewhere())).toMatchObject(refusal);
    await target.stop();
    await target.start();
    expect(await send(target.url, request, fromElsewhere())).toMatchObject(refusal);
    expect(await target.metric('blockchain_network_replays_total')).toBeGreaterThan(0);
  });

  it.each<[string, (stranger: NodeStranger) => ReturnType<NodeStranger['request']>]>([
    ['for another node', (s) => s.request('join', members.at(1).nodeKey, s.exchange())],
    ['for another route', (s) => s.request('join', target.nodeKey, s.exchange(), { channel: 'sync' })],
    ['of a chain', (s) => s.request('join', target.nodeKey, s.exchange(), { chain: 'main' })],
    [
      'of yesterday',
      (s) =>
        s.request('join', target.nodeKey, s.exchange(), { timeMs: Date.now() - ENVELOPE_WINDOW_MS - 1_000 }),
    ],
    [
      'of tomorrow',
      (s) =>
        s.request('join', target.nodeKey, s.exchange(), { timeMs: Date.now() + ENVELOPE_WINDOW_MS + 1_000 }),
    ],
    [
      'over another body',
      (s) => ({
        ...s.request('join', target.nodeKey, s.exchange()),
        body: JSON.stringify(s.exchange({ name: 'other' })),
      }),
    ],
    [
      'signed by another key',
      (s) => s.request('join', target.nodeKey, s.exchange(), {}, new NodeStranger().signer),
    ],
    [
      'that is none',
      (s) => ({
        ...s.request('join', target.nodeKey, s.exchange()),
        headers: { 'content-type': 'application/json', [ENVELOPE_HEADER]: '0x80' },
      }),
    ],
    [
      'that is missing',
      (s) => ({
        ...s.request('join', target.nodeKey, s.exchange()),
        headers: { 'content-type': 'application/json' },
      }),
    ],
  ])('%s is refused like any other', async (_, make) => {
    const stranger = new NodeStranger();
    const reply = await send(target.url, make(stranger), fromElsewhere());
    expect(reply).toMatchObject({ ...refusal, body: { detail: 'the envelope is not accepted' } });
    expect(await target.peer(stranger.nodeId)).toBeUndefined();
  });

  it('signs the answer for the one who asked', async () => {
    const stranger = new NodeStranger();
    const reply = await stranger.call(target, 'join', stranger.exchange(), fromElsewhere());
    expect(reply.status).toBe(200);
    expect(reply.envelope).toMatch(/^0x/);
  });
});

describe('an identity', () => {
  it('is not taken by showing the record of another', async () => {
    const [owner, thief] = [new NodeStranger(), new NodeStranger('http://127.0.0.1:11')];
    await owner.call(target, 'join', owner.exchange(), fromElsewhere());
    const stolen = await thief.call(target, 'join', owner.exchange(), fromElsewhere());
    expect(stolen).toMatchObject({ status: 422, code: 'PEER_RECORD_INVALID' });
    expect(await target.peer(thief.nodeId)).toBeUndefined();
  });

  it('is not taken by a record that names its key and is signed by another', async () => {
    const [owner, thief] = [new NodeStranger(), new NodeStranger()];
    const forged = await thief.call(
      target,
      'join',
      thief.exchange({ nodeKey: owner.nodeKey }),
      fromElsewhere(),
    );
    expect(forged).toMatchObject({ status: 422, code: 'PEER_RECORD_INVALID' });
    expect(await target.peer(owner.nodeId)).toBeUndefined();
  });

  it('of a validator is not claimed without its signature', async () => {
    const [validator, thief] = [new NodeStranger(), new NodeStranger()];
    const claimed = { consensusKey: validator.nodeKey };
    const reply = await thief.call(target, 'join', thief.exchange(claimed), fromElsewhere());
    expect(reply).toMatchObject({ status: 422, code: 'PEER_RECORD_INVALID' });
  });

  it('never goes back to an older record, and joining again makes no second node', async () => {
    const stranger = new NodeStranger();
    const old = stranger.record();
    await new Promise((resolve) => setTimeout(resolve, 2));
    await stranger.call(target, 'join', stranger.exchange({ name: 'renewed' }), fromElsewhere());
    const before = (await target.peers()).count;
    const stale = await stranger.call(target, 'join', { record: old, chains: [] }, fromElsewhere());
    expect(stale).toMatchObject({ status: 409, code: 'PEER_RECORD_STALE' });
    expect((await target.peer(stranger.nodeId))?.name).toBe('renewed');
    await stranger.call(target, 'join', stranger.exchange({ name: 'again' }), fromElsewhere());
    expect((await target.peers()).count).toBe(before);
  });

  it('at the address of another node is never believed', async () => {
    const liar = new NodeStranger(members.at(1).url);
    expect((await liar.call(target, 'join', liar.exchange(), fromElsewhere())).status).toBe(200);
    await until('it is forgotten', async () => (await target.peer(liar.nodeId)) === undefined);
    expect((await target.peer(members.at(1).nodeId))?.state).toBe('active');
  });
});

describe('a node that does not fit', () => {
  it.each([
    ['another version of the protocol', { version: 2 }],
    ['missing capabilities', { capabilities: ['membership'] }],
  ])('%s is told so and not kept', async (_, change) => {
    const stranger = new NodeStranger();
    const reply = await stranger.call(target, 'join', stranger.exchange(change), fromElsewhere());
    expect(reply).toMatchObject({ status: 409, code: 'PEER_INCOMPATIBLE' });
    expect(await target.peer(stranger.nodeId)).toBeUndefined();
  });

  it.each([
    ['a record that has expired', { expiresMs: Date.now() - 1 }, 'PEER_RECORD_STALE'],
    ['a record of next month', { seq: Date.now() + 30 * 86_400_000 }, 'PEER_RECORD_INVALID'],
    ['a record for ever', { expiresMs: Date.now() + 365 * 86_400_000 }, 'PEER_RECORD_INVALID'],
    ['an address that is none', { url: 'ftp://example.com' }, 'PEER_RECORD_INVALID'],
    ['an address with a user', { url: 'https://a:b@example.com' }, 'PEER_RECORD_INVALID'],
    ['no address', { url: '' }, 'PEER_RECORD_INVALID'],
  ])('%s is refused', async (_, change, code) => {
    const stranger = new NodeStranger();
    const reply = await stranger.call(target, 'join', stranger.exchange(change), fromElsewhere());
    expect(reply.code).toBe(code);
    expect(await target.peer(stranger.nodeId)).toBeUndefined();
  });
});

describe('a flood', () => {
  it('of joins from one range of addresses is stopped, and does not shut out others', async () => {
    const before = (await target.peers()).count;
    const statuses: number[] = [];
    for (let count = 0; count < 40; count += 1) {
      const stranger = new NodeStranger(`https://n${count}.flood${count}.example.com`);
      const address = { 'cf-connecting-ip': `30.0.0.${count + 1}` };
      statuses.push((await stranger.call(target, 'join', stranger.exchange({ version: 2 }), address)).status);
    }
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(20);
    expect((await target.peers()).count).toBe(before);
    const other = new NodeStranger();
    expect((await other.call(target, 'join', other.exchange(), fromElsewhere())).status).toBe(200);
  });

  it('of nodes in one domain holds eight places at most', async () => {
    const replies: string[] = [];
    for (let count = 0; count < 12; count += 1) {
      const stranger = new NodeStranger(`https://n${count}.evil.example`);
      const reply = await stranger.call(target, 'join', stranger.exchange(), fromElsewhere());
      replies.push(reply.code === '' ? 'taken' : reply.code);
    }
    expect(replies.filter((code) => code === 'taken')).toHaveLength(8);
    expect(replies.filter((code) => code === 'PEERS_FULL')).toHaveLength(4);
  });
});

describe('a stranger', () => {
  it('must join before anything else', async () => {
    const stranger = new NodeStranger();
    for (const [call, body] of [
      ['sync', stranger.exchange()],
      ['leave', { record: stranger.record({ url: '' }) }],
      ['broadcast', { content: '0x8202', envelope: '0x80', ttl: 1, seen_by: [] }],
    ] as const) {
      expect(await stranger.call(target, call, body)).toMatchObject({ status: 403, code: 'PEER_UNKNOWN' });
    }
  });

  it('cannot make a peer leave', async () => {
    const stranger = await peer();
    const victim = await peer();
    const goodbye = { record: victim.record({ url: '' }) };
    const reply = await stranger.call(target, 'leave', goodbye);
    expect(reply).toMatchObject({ status: 422, code: 'PEER_RECORD_INVALID' });
    expect((await target.peer(victim.nodeId))?.state).toBe('active');
    await Promise.all([stranger.close(), victim.close()]);
  });

  it('is banned for a notice that its origin did not sign, and not heard any more', async () => {
    const stranger = await peer();
    const content = encodeNotice({ kind: 'dead_peer', nodeId: parseHash(members.at(1).nodeId), seq: 1 });
    const origin = new NodeStranger();
    const forged = origin.request('broadcast', stranger.nodeKey, {}, { bodyHash: noticeId(content) });
    const message = {
      content: toHex(content),
      envelope: forged.headers[ENVELOPE_HEADER],
      ttl: 3,
      seen_by: [],
    };
    const reply = await stranger.call(target, 'broadcast', message);
    expect(reply).toMatchObject({ status: 422, code: 'NOTICE_INVALID' });
    expect((await target.peer(stranger.nodeId))?.state).toBe('banned');
    expect(await stranger.call(target, 'sync', stranger.exchange())).toMatchObject({
      status: 403,
      code: 'PEER_BANNED',
    });
    expect((await target.peer(members.at(1).nodeId))?.state).toBe('active');
    await stranger.close();
  });

  it('tells nothing twice: a storm of one notice is taken once', async () => {
    const stranger = await peer();
    const content = encodeNotice({ kind: 'beacon', nonce: Uint8Array.from(randomBytes(16)) });
    const id = noticeId(content);
    const signed = stranger.request('broadcast', stranger.nodeKey, {}, { bodyHash: id });
    const message = {
      content: toHex(content),
      envelope: signed.headers[ENVELOPE_HEADER],
      ttl: 2,
      seen_by: [],
    };
    const first = await stranger.call(target, 'broadcast', message);
    expect(first).toMatchObject({ status: 200, body: { id, relayed: true } });
    const again = await Promise.all(
      Array.from({ length: 20 }, () => stranger.call(target, 'broadcast', message)),
    );
    for (const reply of again) expect(reply).toMatchObject({ status: 200, body: { id, relayed: false } });
    const arrival = await fetch(`${target.url}/api/v1/broadcast/${id}`);
    expect(await arrival.json()).toMatchObject({
      kind: 'beacon',
      origin: stranger.nodeId,
      hops: 7,
      duplicates: 20,
    });
    expect(await target.metric('blockchain_network_notices_total', 'kind="beacon",result="new"')).toBe(1);
    expect(await target.metric('blockchain_network_notices_total', 'result="duplicate"')).toBe(20);
    await stranger.close();
  });
});

describe('the public routes', () => {
  it('show this node and its peers, and 404 for others', async () => {
    const own = await fetch(`${target.url}/api/v1/nodes/${target.nodeId}`);
    expect(await own.json()).toMatchObject({ node_id: target.nodeId, url: target.url, state: 'active' });
    const other = await fetch(`${target.url}/api/v1/nodes/0x${'ab'.repeat(32)}`);
    expect(other.status).toBe(404);
    const alias = await fetch(`${target.url}/rpc/peers`);
    expect(((await alias.json()) as { node_id: string }).node_id).toBe(target.nodeId);
  });

  it('refuse an administrator who joins through an address that is no node', async () => {
    expect((await target.admin('/admin/network/join', { url: 'http://127.0.0.1:9' })).status).toBe(502);
    expect((await target.admin('/admin/network/join', { url: target.url })).status).toBe(502);
    expect((await target.admin('/admin/network/join', { url: 'nonsense' })).status).toBe(400);
  });
});
