/** @module What a node refuses on its peer routes, and how little it tells whoever is refused. */
import { fetch as upgrade } from 'miniflare';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Handshake } from '../../../durable-objects/chain/links/handshake.ts';
import { DIAL_BUDGET, LINK_CLOSE } from '../../../durable-objects/chain/links/limits.ts';
import {
  challengeHash,
  decodeEnvelope,
  EMPTY_BODY_HASH,
  ENVELOPE_HEADER,
  ENVELOPE_WINDOW_MS,
  type Envelope,
  envelopeFromHeader,
  envelopeToHeader,
  P2P_PATHS,
  sealEnvelope,
} from '../../../shared/api/p2p/envelope.ts';
import { encodeFrame, FRAME_BYTES_MAX } from '../../../shared/api/p2p/frame-codec.ts';
import {
  BATCH_BYTES_MAX,
  encodeBatch,
  encodeSessionMessage,
  SESSION_MESSAGE_BYTES_MAX,
} from '../../../shared/api/p2p/session-codec.ts';
import { sha256Hex } from '../../../shared/protocol/crypto/hashing.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { parseHash } from '../../../shared/protocol/primitives/hash.ts';
import { startTestNode } from '../../support/node.ts';
import { CHAIN_ID, GENESIS_HASH } from './contract.ts';
import { hexOf, keysOf, type LinkNode, SEEDS, startLinkNode, tip } from './link-node.ts';

const peer = keysOf(SEEDS[0]);
const stranger = keysOf(SEEDS[2]);
const genesisHash = parseHash(GENESIS_HASH);
let node: LinkNode;
let to: ConsensusKey;

beforeAll(async () => {
  node = await startLinkNode(SEEDS[1]);
  to = node.key as ConsensusKey;
  await node.setup({ peers: {}, validators: [node.key, peer.consensusKey] });
});
afterAll(async () => {
  await node?.node.stop();
});
/** A new life has full budgets and no memory of envelopes. */
beforeEach(async () => {
  await node.forget();
});

const handshake = () => new Handshake({ chainId: CHAIN_ID, genesisHash, now: () => Date.now() });
const batch = encodeBatch([encodeFrame(tip(1))]);

/** An envelope as an honest peer makes it, but for what the test changes. */
function sealed(
  channel: Envelope['channel'],
  changes: Partial<Envelope> = {},
  signer = peer,
  genesis: string = GENESIS_HASH,
): Uint8Array<ArrayBuffer> {
  const envelope: Envelope = {
    from: peer.consensusKey,
    to,
    chain: CHAIN_ID,
    channel,
    nonce: crypto.getRandomValues(new Uint8Array(16)),
    timeMs: Date.now(),
    bodyHash: channel === 'frames' ? sha256Hex(batch) : EMPTY_BODY_HASH,
    ...changes,
  };
  return sealEnvelope(envelope, parseHash(genesis), signer.signer);
}

const query = (chain: string = CHAIN_ID) => `?chain_id=${chain}`;

async function post(header: string | null, body: Uint8Array = batch, search = query()): Promise<Response> {
  const headers = header === null ? {} : { [ENVELOPE_HEADER]: header };
  return fetch(`${node.node.url}${P2P_PATHS.frames}${search}`, {
    method: 'POST',
    headers,
    body: body.slice(),
  });
}

async function dial(header: string | null, search = query()) {
  const headers = { upgrade: 'websocket', ...(header === null ? {} : { [ENVELOPE_HEADER]: header }) };
  return upgrade(`${node.node.url}${P2P_PATHS.consensus}${search}`, { headers });
}

/** Opens a socket, lets `talk` send on it, and waits for the code with which it is closed, or null after a while. */
async function converse(
  talk: (send: (data: Uint8Array<ArrayBuffer> | string) => void, confirm: Uint8Array<ArrayBuffer>) => void,
) {
  const shake = handshake();
  const { sealed: header, nonce } = shake.dial(peer, to);
  const response = await dial(envelopeToHeader(header));
  const socket = response.webSocket;
  if (socket === null) throw new Error(`no socket: ${response.status}`);
  const confirm = shake.confirm(peer, to, nonce, envelopeFromHeader(response.headers.get(ENVELOPE_HEADER)));
  const closed = new Promise<number | null>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code));
    setTimeout(() => resolve(null), 1_000);
  });
  socket.accept();
  talk((data) => socket.send(data), confirm);
  const code = await closed;
  if (code === null) socket.close();
  return { code, confirm };
}

const message = (seq: number, height = seq, ack = 0) =>
  encodeSessionMessage({ seq, ack, frame: encodeFrame(tip(height)) });

/** Bad envelopes for a channel, with what is wrong with each. */
function badEnvelopes(channel: 'dial' | 'frames'): readonly (readonly [string, string | null, string?])[] {
  const flipped = sealed(channel);
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  const late = Date.now() - ENVELOPE_WINDOW_MS - 1_000;
  const early = Date.now() + ENVELOPE_WINDOW_MS + 5_000;
  const header = (bytes: Uint8Array) => envelopeToHeader(bytes);
  return [
    ['none', null],
    ['no hex', 'zz'],
    ['too long', `0x${'00'.repeat(1_000)}`],
    ['cut short', header(sealed(channel)).slice(0, -2)],
    ['for the other channel', header(sealed(channel === 'dial' ? 'frames' : 'dial'))],
    ['for the answer to a challenge', header(sealed('confirm'))],
    ['too old', header(sealed(channel, { timeMs: late }))],
    ['too new', header(sealed(channel, { timeMs: early }))],
    ['for another node', header(sealed(channel, { to: stranger.consensusKey }))],
    ['for a chain that the node has not', header(sealed(channel, { chain: 'other' })), query('other')],
    ['for another chain than the query names', header(sealed(channel)), query('other')],
    ['with two chains in the query', header(sealed(channel)), `${query()}&chain_id=other`],
    ['with no chain in the query', header(sealed(channel)), ''],
    ['changed after it was signed', header(flipped)],
    ['signed by another key', header(sealed(channel, {}, stranger))],
    ['signed for another genesis', header(sealed(channel, {}, peer, `0x${'77'.repeat(32)}`))],
    ['of a key that does not validate', header(sealed(channel, { from: stranger.consensusKey }, stranger))],
    ['of the node itself', header(sealed(channel, { from: to }, keysOf(SEEDS[1])))],
  ];
}

describe('an envelope that is wrong', () => {
  it('is refused on both routes, whatever is wrong with it, with the same answer', async () => {
    const answers = new Set<string>();
    for (const channel of ['dial', 'frames'] as const) {
      for (const [what, header, search] of badEnvelopes(channel)) {
        const response = channel === 'dial' ? await dial(header, search) : await post(header, batch, search);
        expect(response.status, `${channel}: ${what}`).toBe(401);
        answers.add(await response.text());
      }
    }
    expect([...answers].map((text) => JSON.parse(text) as object)).toEqual([
      expect.objectContaining({ code: 'UNAUTHORIZED', detail: 'the envelope is not accepted' }),
    ]);
    expect(await node.state()).toMatchObject({ received: [], connected: [], incoming: 0 });
  });

  it('is taken up to the edge of its time window', async () => {
    const old = Date.now() - ENVELOPE_WINDOW_MS + 2_000;
    const future = Date.now() + ENVELOPE_WINDOW_MS;
    expect((await post(envelopeToHeader(sealed('frames', { timeMs: old })))).status).toBe(204);
    expect((await post(envelopeToHeader(sealed('frames', { timeMs: future })))).status).toBe(204);
  });
});

describe('an envelope that is played back', () => {
  it('is refused', async () => {
    const frames = envelopeToHeader(sealed('frames'));
    expect((await post(frames)).status).toBe(204);
    expect((await post(frames)).status).toBe(401);
    const dialled = envelopeToHeader(sealed('dial'));
    expect((await dial(dialled)).status).toBe(101);
    expect((await dial(dialled)).status).toBe(401);
    expect((await node.state()).received).toHaveLength(1);
  });

  it('opens nothing even when the node has forgotten it: the challenge is new', async () => {
    const first = await converse((send, confirm) => send(confirm));
    expect(first.code).toBeNull();
    const again = await converse((send) => {
      send(first.confirm);
      send(message(1));
    });
    expect(again.code).toBe(LINK_CLOSE.badFrame);
    expect(await node.state()).toMatchObject({ received: [], stats: { bad_frames: 1 } });
  });
});

describe('a socket', () => {
  it('is closed when frames come before the challenge is answered', async () => {
    const { code } = await converse((send) => send(message(1)));
    expect(code).toBe(LINK_CLOSE.badFrame);
    expect((await node.state()).received).toEqual([]);
  });

  it('is not opened by an answer that another key signed', async () => {
    const { code } = await converse((send, confirm) => {
      const { envelope } = decodeEnvelope(confirm);
      send(sealEnvelope(envelope, genesisHash, stranger.signer));
    });
    expect(code).toBe(LINK_CLOSE.badFrame);
  });

  it('takes numbered messages, and is closed at a gap, a repeat, an unknown acknowledgement, text or bad bytes', async () => {
    const good = await converse((send, confirm) => {
      send(confirm);
      send(message(1));
      send(message(2));
    });
    expect(good.code).toBeNull();
    const bad: readonly (Uint8Array<ArrayBuffer> | string)[] = [
      message(3),
      message(1),
      message(2, 2, 1),
      'text',
      Uint8Array.of(1),
      encodeSessionMessage({ seq: 2, ack: 0, frame: Uint8Array.of(0x82, 0x63, 0) }),
    ];
    for (const data of bad) {
      const { code } = await converse((send, confirm) => {
        send(confirm);
        send(message(1));
        send(data);
      });
      expect(code).toBe(LINK_CLOSE.badFrame);
      await node.forget();
    }
  });

  it('is closed at a message one byte above the limit, before that is decoded', async () => {
    const { code } = await converse((send, confirm) => {
      send(confirm);
      send(new Uint8Array(SESSION_MESSAGE_BYTES_MAX + 1));
    });
    expect(code).toBe(LINK_CLOSE.badFrame);
    expect(
      node.node.logs.some(
        (line) => line.includes('LINK_MESSAGE_TOO_LARGE') || line.includes('a message has at most'),
      ),
    ).toBe(true);
    expect(SESSION_MESSAGE_BYTES_MAX).toBeLessThan(1_048_576);
  });

  it('must be asked for as one', async () => {
    const response = await fetch(`${node.node.url}${P2P_PATHS.consensus}${query()}`);
    expect(response.status).toBe(426);
  });

  it(`opens at most ${DIAL_BUDGET.burst} times at once for one peer`, async () => {
    const statuses: number[] = [];
    for (let dials = 0; dials <= DIAL_BUDGET.burst + 1; dials += 1) {
      const response = await dial(envelopeToHeader(sealed('dial', { timeMs: Date.now() + dials })));
      statuses.push(response.status);
    }
    expect(statuses.slice(0, DIAL_BUDGET.burst)).toEqual(Array(DIAL_BUDGET.burst).fill(101));
    expect(statuses).toContain(429);
    // Those that were not answered make room for newer ones.
    expect((await node.state()).incoming).toBeLessThanOrEqual(2);
  });
});

describe('a request with frames', () => {
  it('delivers all of them', async () => {
    const body = encodeBatch([encodeFrame(tip(1)), encodeFrame(tip(2))]);
    const header = envelopeToHeader(sealed('frames', { bodyHash: sha256Hex(body) }));
    expect((await post(header, body)).status).toBe(204);
    const { received } = await node.state();
    expect(received.map(({ frame, peer: from }) => [from, frame])).toEqual([
      [peer.consensusKey, hexOf(tip(1))],
      [peer.consensusKey, hexOf(tip(2))],
    ]);
  });

  it('is refused whole when the body is another, malformed or too large', async () => {
    expect((await post(envelopeToHeader(sealed('frames')), encodeBatch([encodeFrame(tip(2))]))).status).toBe(
      401,
    );
    const half = encodeBatch([encodeFrame(tip(1)), Uint8Array.of(0x82, 0x63, 0)]);
    for (const body of [half, Uint8Array.of(0x80), new Uint8Array(10)]) {
      const header = envelopeToHeader(sealed('frames', { bodyHash: sha256Hex(body) }));
      expect((await post(header, body)).status).toBe(400);
    }
    const large = new Uint8Array(BATCH_BYTES_MAX + 1);
    const header = envelopeToHeader(sealed('frames', { bodyHash: sha256Hex(large) }));
    expect((await post(header, large)).status).toBe(413);
    expect((await node.state()).received).toEqual([]);
    expect(FRAME_BYTES_MAX + 16).toBeLessThan(BATCH_BYTES_MAX);
  });
});

it('signs its answer to a dial over both challenges', async () => {
  const { sealed: header, nonce } = handshake().dial(peer, to);
  const response = await dial(envelopeToHeader(header));
  const hello = envelopeFromHeader(response.headers.get(ENVELOPE_HEADER));
  expect(hello?.envelope).toMatchObject({
    from: to,
    to: peer.consensusKey,
    chain: CHAIN_ID,
    channel: 'hello',
  });
  expect(hello?.envelope.bodyHash).toBe(challengeHash(nonce, hello?.envelope.nonce ?? new Uint8Array()));
});

it('has its place among the routes of the real Worker: 401 without an envelope, 405 for other methods', async () => {
  const real = await startTestNode({ ledger: false, create: false });
  const ask = async (method: string, path: string) => {
    const response = await fetch(real.url + path, { method });
    return [
      response.status,
      response.headers.get('allow'),
      ((await response.json()) as { code: string }).code,
    ];
  };
  expect(await ask('POST', P2P_PATHS.frames)).toEqual([401, null, 'UNAUTHORIZED']);
  expect(await ask('GET', P2P_PATHS.consensus)).toEqual([426, null, 'UPGRADE_REQUIRED']);
  expect(await ask('GET', P2P_PATHS.frames)).toEqual([405, 'POST, OPTIONS', 'METHOD_NOT_ALLOWED']);
  expect(await ask('POST', P2P_PATHS.consensus)).toEqual([405, 'GET, OPTIONS', 'METHOD_NOT_ALLOWED']);
  await real.stop();
});
