/** @module The hub in workerd, with the real chain object and the real ledger behind it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_FRAMES_MAX, FRAME_BYTES_MAX, SUBSCRIPTIONS_MAX } from '../../../durable-objects/hub/limits.ts';
import { createClient, createSigner } from '../../../sdk/index.ts';
import type { ErrorFrame } from '../../../shared/api/frames.ts';
import { parseHash } from '../../../shared/protocol/primitives/hash.ts';
import { builtInTransactions } from '../../../shared/protocol/transaction/registry.ts';
import { signTransaction } from '../../../shared/protocol/transaction/sign.ts';
import { startObjects, type TestObjects } from '../../support/objects.ts';
import { connect } from './raw-client.ts';

let objects: TestObjects;
let url: string;
const nonces = new Map<number, number>();

beforeAll(async () => {
  objects = await startObjects({ entry: 'test/durable-objects/hub/worker.ts' });
  const created = await objects.create();
  expect(created.ok).toBe(true);
  url = `${objects.node.url.replace('http', 'ws')}/ws`;
});
afterAll(async () => {
  await objects?.stop();
});

function nextNonce(from: number): number {
  const nonce = nonces.get(from) ?? 0;
  nonces.set(from, nonce + 1);
  return nonce;
}

/** One block for each transfer. Returns the head. */
async function makeBlocks(count: number, from = 0): Promise<number> {
  let height = 0;
  for (let made = 0; made < count; made += 1) {
    const outcome = await objects.untilFinal(objects.transfer(from, nextNonce(from)));
    height = outcome.height ?? 0;
  }
  return height;
}

async function hub() {
  const namespace = await objects.node.mf.getDurableObjectNamespace('HUB');
  return namespace.get(namespace.idFromName(`${objects.node.chainId}/0`)) as unknown as {
    abort(): Promise<void>;
  };
}

/** Which life of the hub this is. Asked through the Worker: a stub held by the test would keep the hub in memory. */
async function life(): Promise<number> {
  return (await fetch(`${objects.node.url}/life/${objects.node.chainId}`)).json() as Promise<number>;
}

const heightsFrom = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);

describe('a socket', () => {
  it('is greeted first, with the chain, its genesis, its head and the limits', async () => {
    const head = await makeBlocks(1);
    const client = await connect(url);
    expect(client.frames[0]).toMatchObject({
      type: 'hello',
      chain_id: objects.node.chainId,
      genesis_hash: objects.node.genesisHash,
      limits: { subscriptions: SUBSCRIPTIONS_MAX, frame_bytes: FRAME_BYTES_MAX },
    });
    expect((client.frames[0] as { head: { height: number } }).head.height).toBeLessThanOrEqual(head);
    client.close();
  });

  it('answers ping with the head, also the one of a block that came since', async () => {
    const client = await connect(url);
    await client.subscribe({ topic: 'new_blocks' });
    const head = await makeBlocks(1);
    await client.until('the event', () => client.events().length > 0);
    client.send('ping');
    await client.until('a heartbeat', () => client.frames.at(-1)?.type === 'heartbeat');
    expect(client.frames.at(-1)).toMatchObject({ head: { height: head } });
    client.close();
  });

  it('takes the most subscriptions and refuses one more', async () => {
    const client = await connect(url);
    for (let made = 0; made < SUBSCRIPTIONS_MAX; made += 1) await client.subscribe({ topic: 'messages' });
    await expect(client.subscribe({ topic: 'messages' })).rejects.toThrow('SUBSCRIPTION_LIMIT');
    client.close();
  });

  it('is closed with 1009 by a frame one byte too long, not by the longest', async () => {
    const client = await connect(url);
    client.send('x'.repeat(FRAME_BYTES_MAX));
    await client.until('an error', () => client.frames.at(-1)?.type === 'error');
    expect(client.closed.code).toBeNull();
    client.send('x'.repeat(FRAME_BYTES_MAX + 1));
    await client.until('the close', () => client.closed.code !== null);
    expect(client.closed.code).toBe(1009);
  });

  it('is closed with 4400 by as many bad frames in a row as the limit says', async () => {
    const client = await connect(url);
    for (let sent = 1; sent < BAD_FRAMES_MAX; sent += 1) client.send('{');
    await client.until('all errors', () => client.frames.length === BAD_FRAMES_MAX);
    expect((client.frames.at(-1) as ErrorFrame).error.code).toBe('FRAME_INVALID');
    expect(client.closed.code).toBeNull();
    client.send('{');
    await client.until('the close', () => client.closed.code !== null);
    expect(client.closed.code).toBe(4400);
  });

  it('is told which subscription it does not have', async () => {
    const client = await connect(url);
    client.send({ id: 7, type: 'unsubscribe', sub: 's9' });
    await client.until('an error', () => client.frames.at(-1)?.type === 'error');
    expect(client.frames.at(-1)).toMatchObject({
      id: 7,
      error: { code: 'SUBSCRIPTION_UNKNOWN', status: 404 },
    });
    client.close();
  });
});

describe('a subscription', () => {
  it('gets each new block once, with the hashes of its transactions', async () => {
    const client = await connect(url);
    const { head, replay_from } = await client.subscribe({ topic: 'new_blocks' });
    expect(replay_from).toBeNull();
    const last = await makeBlocks(3);
    await client.until('the last block', () => client.events().some((event) => event.height === last));
    const events = client.events();
    expect(events.map((event) => event.height)).toEqual(heightsFrom(head.height + 1, last));
    expect(events[0]).toMatchObject({ seq: 1, replay: false, data: { tx_count: 1 } });
    expect(events[0]?.data).toHaveProperty('tx_hashes.length', 1);
    expect(events[0]?.data).not.toHaveProperty('transactions');
    client.close();
  });

  it('replays from height 1 and goes on live without a gap or a repeat while blocks keep coming', async () => {
    await makeBlocks(20);
    const client = await connect(url);
    const making = makeBlocks(20, 1);
    const { replay_from } = await client.subscribe({ topic: 'new_blocks', from_height: 1 });
    expect(replay_from).toBe(1);
    const last = await making;
    await client.until('the last block', () => client.events().at(-1)?.height === last);
    expect(client.events().map((event) => event.height)).toEqual(heightsFrom(1, last));
    expect(client.frames.filter((frame) => frame.type === 'caught_up')).toHaveLength(1);
    const replayed = client.events().map((event) => event.replay);
    expect(replayed).toEqual([...replayed].sort((a, b) => Number(b) - Number(a)));
    client.close();
  });

  it('replays what the ledger holds, byte for byte as the chain gave it', async () => {
    const last = await makeBlocks(70);
    await objects.untilDrained();
    const client = await connect(url);
    await client.subscribe({ topic: 'new_blocks', from_height: 1, filter: { include_tx: true } });
    await client.until('the last block', () => client.events().at(-1)?.height === last);
    expect(client.events().map((event) => event.height)).toEqual(heightsFrom(1, last));
    const first = client.events()[0]?.data as { transactions: { type: string; receipt: unknown }[] };
    expect(first.transactions[0]).toMatchObject({ type: 'transfer', receipt: { status: 'OK' } });
    client.close();
  });

  it('resumes strictly after a cursor', async () => {
    const client = await connect(url);
    await client.subscribe({ topic: 'new_transactions', from_height: 1 });
    await client.until('some events', () => client.events().length >= 5);
    const [, , third, fourth] = client.events();
    client.close();
    const again = await connect(url);
    await again.subscribe({ topic: 'new_transactions', cursor: third?.cursor });
    await again.until('some events', () => again.events().length > 0);
    expect(again.events()[0]?.cursor).toBe(fourth?.cursor);
    expect(again.events()[0]?.data).toEqual(fourth?.data);
    again.close();
  });

  it('sees only what its filter names', async () => {
    const [, , reader] = objects.node.accounts;
    if (reader === undefined) throw new Error('no account');
    const client = await connect(url);
    await client.subscribe({ topic: 'new_transactions', filter: { address: reader.address } });
    await makeBlocks(2, 3);
    await makeBlocks(1, 2);
    await client.until('an event', () => client.events().length > 0);
    expect(client.events()).toHaveLength(1);
    expect(client.events()[0]?.data).toMatchObject({ sender: reader.address, status: 'final' });
    client.close();
  });

  it('shows messages to sender and recipient, and commits to everyone', async () => {
    const [, , , , from, to] = objects.node.accounts;
    if (from === undefined || to === undefined) throw new Error('no accounts');
    const client = await connect(url);
    await client.subscribe({ topic: 'messages', filter: { address: to.address } });
    await client.subscribe({ topic: 'consensus_events' });
    const body = new TextEncoder().encode('hello');
    const message = { recipient: to.address, contentType: 'text/plain', body };
    const unsigned = { type: 1, nonce: nextNonce(4), fee: 1_000n, validUntil: 1_000, payload: message };
    const genesisHash = parseHash(objects.node.genesisHash);
    await objects.untilFinal(signTransaction(unsigned, genesisHash, from.signer, builtInTransactions));
    const ofBlocks = () => client.events().filter((event) => !('volatile' in event));
    await client.until('both events', () => ofBlocks().length === 2);
    const byTopic = Object.fromEntries(ofBlocks().map((event) => [event.topic, event.data]));
    expect(byTopic.messages).toMatchObject({ sender: from.address, body: '0x68656c6c6f' });
    expect(byTopic.consensus_events).toMatchObject({ event: 'commit', round: 0, signers: [0] });
    client.close();
  });

  it('shows what consensus does between blocks, live and without a cursor, before the commit that it leads to', async () => {
    const client = await connect(url);
    await client.subscribe({ topic: 'new_blocks' });
    const { sub } = await client.subscribe({ topic: 'consensus_events' });
    const height = await makeBlocks(1, 5);
    const seen = () => client.events().filter((event) => event.sub === sub);
    const names = () => seen().map(({ data }) => (data as { event: string }).event);
    await client.until('the commit', () => names().includes('commit'));
    expect(names()).toEqual(['new_round', 'proposal', 'prevote_quorum', 'precommit_quorum', 'commit']);
    expect(seen().map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    for (const event of seen().slice(0, 4)) {
      expect(event).toMatchObject({ height, volatile: true, replay: false, data: { height, round: 0 } });
      expect(event).not.toHaveProperty('cursor');
    }
    const again = await connect(url);
    await again.subscribe({ topic: 'consensus_events', from_height: height });
    await again.until('the replay', () => again.frames.at(-1)?.type === 'caught_up');
    expect(again.events().map(({ data }) => (data as { event: string }).event)).toEqual(['commit']);
    again.close();
    client.close();
  });

  it('is told of it again when it comes after others have left', async () => {
    for (let round = 0; round < 2; round += 1) {
      const client = await connect(url);
      await client.subscribe({ topic: 'new_blocks' });
      const { sub } = await client.subscribe({ topic: 'consensus_events' });
      await makeBlocks(1, 5);
      await client.until('a round', () => client.events().some((event) => 'volatile' in event));
      client.send({ id: 9, type: 'unsubscribe', sub });
      await client.until('the end', () => client.frames.some((frame) => frame.type === 'unsubscribed'));
      const before = client.events().length;
      await makeBlocks(2, 5);
      await client.until('the blocks', () => client.events().length >= before + 2);
      expect(client.events().slice(before)).not.toContainEqual(expect.objectContaining({ volatile: true }));
      client.close();
    }
  });

  it('is lagged by the event after its credit, and resumes without a gap', async () => {
    const client = await connect(url);
    const { head } = await client.subscribe({ topic: 'new_blocks', credit: 3 });
    const last = await makeBlocks(6);
    await client.until('the close', () => client.closed.code !== null);
    expect(client.closed.code).toBe(4408);
    expect(client.events().map((event) => event.height)).toEqual(
      heightsFrom(head.height + 1, head.height + 3),
    );
    expect(client.frames.at(-1)).toMatchObject({ type: 'lagged', from: head.height + 4 });
    const again = await connect(url);
    await again.subscribe({ topic: 'new_blocks', cursor: client.events().at(-1)?.cursor });
    await again.until('the last block', () => again.events().at(-1)?.height === last);
    expect(again.events().map((event) => event.height)).toEqual(heightsFrom(head.height + 4, last));
    again.close();
  });

  it('pauses a replay at its credit and goes on with each acknowledgement', async () => {
    const client = await connect(url);
    const { sub, head } = await client.subscribe({ topic: 'new_blocks', from_height: 1, credit: 10 });
    for (let acked = 0; acked < head.height; acked += 10) {
      const wanted = Math.min(acked + 10, head.height);
      await client.until(`${wanted} events`, () => client.events().length >= wanted);
      expect(client.events().length).toBe(wanted);
      client.send({ type: 'ack', sub, seq: wanted });
    }
    await client.until('the head', () => client.frames.at(-1)?.type === 'caught_up');
    expect(client.events().map((event) => event.height)).toEqual(heightsFrom(1, head.height));
    client.close();
  });

  it('survives the eviction of the hub at rest: the next block still arrives once', async () => {
    const client = await connect(url);
    const before = await life();
    const { head } = await client.subscribe({ topic: 'new_blocks' });
    await makeBlocks(1);
    await client.until('an event', () => client.events().length === 1);
    await new Promise((resolve) => setTimeout(resolve, 14_000));
    await makeBlocks(2);
    await client.until('the events', () => client.events().length === 3);
    expect(client.events().map((event) => event.height)).toEqual(
      heightsFrom(head.height + 1, head.height + 3),
    );
    expect(await life()).not.toBe(before);
    client.close();
  });
});

describe('the SDK', () => {
  it('sees every block once through crashes of the hub at any moment', async () => {
    const client = createClient({ url: objects.node.url });
    const controller = new AbortController();
    const states: string[] = [];
    const heights: number[] = [];
    const options = {
      fromHeight: 1,
      signal: controller.signal,
      onState: (state: string) => states.push(state),
    };
    const reading = (async () => {
      for await (const event of client.subscribe('new_blocks', options)) heights.push(event.height);
    })();
    let last = 0;
    for (let round = 0; round < 5; round += 1) {
      last = await makeBlocks(4, 6);
      await (await hub()).abort().catch(() => undefined);
      last = await makeBlocks(2, 7);
    }
    const deadline = Date.now() + 20_000;
    while (heights.at(-1) !== last && Date.now() < deadline)
      await new Promise((next) => setTimeout(next, 50));
    controller.abort();
    await reading;
    expect(heights).toEqual(heightsFrom(1, last));
    expect(states).toContain('reconnecting');
    expect(states.at(-1)).toBe('live');
  });
});

describe('the event stream', () => {
  async function read(path: string, headers: Record<string, string>, done: (text: string) => boolean) {
    const controller = new AbortController();
    const response = await fetch(`${objects.node.url}${path}`, { headers, signal: controller.signal });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (done(text)) break;
    }
    controller.abort();
    return text;
  }
  const heightsOf = (text: string, topic: string) =>
    [...text.matchAll(new RegExp(`event: ${topic}\\ndata: \\{"topic":"${topic}","height":(\\d+)`, 'g'))].map(
      (match) => Number(match[1]),
    );

  it('replays every event however many there are, and resumes after the last id', async () => {
    const head = await makeBlocks(1, 8);
    const first = await read('/events?topics=new_blocks,consensus_events&from_height=1', {}, (text) =>
      ['new_blocks', 'consensus_events'].every((topic) => heightsOf(text, topic).at(-1) === head),
    );
    expect(heightsOf(first, 'new_blocks')).toEqual(heightsFrom(1, head));
    expect(heightsOf(first, 'consensus_events')).toEqual(heightsFrom(1, head));
    const id = [...first.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
    const last = await makeBlocks(2, 8);
    const second = await read('/events?topics=new_blocks,consensus_events', { 'last-event-id': id }, (text) =>
      ['new_blocks', 'consensus_events'].every((topic) => heightsOf(text, topic).at(-1) === last),
    );
    expect(heightsOf(second, 'new_blocks')).toEqual(heightsFrom(head + 1, last));
    expect(heightsOf(second, 'consensus_events')).toEqual(heightsFrom(head + 1, last));
  });

  it('names an unknown topic and a foreign id before anything is opened', async () => {
    const bad = await fetch(`${objects.node.url}/events?topics=blocks`);
    expect(bad.status).toBe(400);
    expect(await bad.json()).toMatchObject({ code: 'TOPIC_UNKNOWN' });
    const foreign = await fetch(`${objects.node.url}/events?topics=messages`, {
      headers: { 'last-event-id': '!' },
    });
    expect(await foreign.json()).toMatchObject({ code: 'CURSOR_INVALID' });
  });

  it('tells a plain request to /ws that it must upgrade', async () => {
    const answer = await fetch(`${objects.node.url}/ws`);
    expect(answer.status).toBe(426);
  });
});

describe('a signer', () => {
  it('has the address and signs as the key pair that it was made of', () => {
    const [account] = objects.node.accounts;
    if (account === undefined) throw new Error('no account');
    const signer = createSigner(account.privateKey);
    expect(signer.address).toBe(account.address);
    const message = new TextEncoder().encode('x');
    expect(signer.sign(message)).toEqual(account.signer.sign(message));
  });
});
