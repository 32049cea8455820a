/** @module The parts of a link, each without the others: queues, budgets, places for requests, numbering, waits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InboundBudget, PEER_BUDGETS } from '../../../durable-objects/chain/links/inbound-budget.ts';
import {
  ACK_BYTES,
  ACK_MESSAGES,
  QUEUE_BYTES_MAX,
  QUEUE_FRAMES_MAX,
  QUEUES_BYTES_MAX,
  RETRY_FIRST_MS,
  RETRY_JITTER,
  RETRY_MAX_MS,
  STALL_MS,
  WINDOW_BYTES,
} from '../../../durable-objects/chain/links/limits.ts';
import {
  OutboundQueue,
  type Payload,
  QueueSpace,
} from '../../../durable-objects/chain/links/outbound-queue.ts';
import { retryMs } from '../../../durable-objects/chain/links/retry.ts';
import { Session, type SessionRecord } from '../../../durable-objects/chain/links/session.ts';
import { REQUESTS_WAITING_MAX, RequestSlots } from '../../../durable-objects/runtime/request-slots.ts';
import { TokenBucket } from '../../../durable-objects/runtime/token-bucket.ts';
import { FRAME_BYTES_MAX } from '../../../shared/api/p2p/frame-codec.ts';
import { SESSION_MESSAGE_BYTES_MAX } from '../../../shared/api/p2p/session-codec.ts';
import { parseConsensusKey } from '../../../shared/protocol/primitives/consensus-key.ts';

const payload = (isBulk: boolean, size = 10): Payload => ({ bytes: new Uint8Array(size), isBulk });

function queueWithDrops(space = new QueueSpace()) {
  const dropped: Payload[] = [];
  return { queue: new OutboundQueue(space, (gone) => dropped.push(gone)), dropped, space };
}

describe('a queue', () => {
  it('lets votes go before bulk and keeps the order within each', () => {
    const { queue } = queueWithDrops();
    const [b1, v1, b2, v2] = [payload(true), payload(false), payload(true), payload(false)];
    for (const each of [b1, v1, b2, v2]) queue.push(each);
    const order: Payload[] = [];
    for (let next = queue.next; next !== undefined; next = queue.next) {
      order.push(next);
      queue.shift();
    }
    expect(order).toEqual([v1, v2, b1, b2]);
  });

  it('holds as many frames of a class as its limit, and drops the oldest of that class above it', () => {
    const { queue, dropped } = queueWithDrops();
    const votes = Array.from({ length: QUEUE_FRAMES_MAX + 1 }, () => payload(false));
    const bulk = payload(true);
    queue.push(bulk);
    for (const vote of votes.slice(0, -1)) queue.push(vote);
    expect(dropped).toEqual([]);
    for (const vote of votes.slice(-1)) queue.push(vote);
    expect(dropped).toEqual([votes[0]]);
  });

  it('drops the oldest bulk, then the oldest votes, at one byte above its limit', () => {
    const { queue, dropped } = queueWithDrops();
    const vote = payload(false, 1);
    const [first, second] = [payload(true, QUEUE_BYTES_MAX / 2), payload(true, QUEUE_BYTES_MAX / 2 - 1)];
    for (const each of [vote, first, second]) queue.push(each);
    expect([queue.bytes, dropped]).toEqual([QUEUE_BYTES_MAX, []]);
    queue.push(payload(false, 1));
    expect(dropped).toEqual([first]);
    queue.push(payload(false, QUEUE_BYTES_MAX));
    expect(dropped.slice(1)).toEqual([second, vote, expect.anything()]);
    expect(queue.bytes).toBeLessThanOrEqual(QUEUE_BYTES_MAX);
  });

  it('shares room with the other queues, where a frame for many counts once', () => {
    const space = new QueueSpace();
    const queues = Array.from({ length: 20 }, () => queueWithDrops(space));
    const block = payload(true, 1_000_000);
    for (const { queue } of queues) queue.push(block);
    expect(space.bytes).toBe(1_000_000);
    expect(queues.flatMap(({ dropped }) => dropped)).toEqual([]);
    for (const { queue } of queues) queue.push(payload(true, 500_000));
    expect(space.bytes).toBeLessThanOrEqual(QUEUES_BYTES_MAX);
    expect(queues.flatMap(({ dropped }) => dropped)).not.toEqual([]);
    for (const { queue } of queues) queue.clear();
    expect(space.bytes).toBe(0);
  });

  it('never loses count of its bytes, whatever is done to it', () => {
    const action = fc.oneof(
      fc.record({ push: fc.boolean(), size: fc.integer({ min: 1, max: 900_000 }) }),
      fc.constant('shift' as const),
      fc.constant('deliver' as const),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const { queue, space, dropped } = queueWithDrops();
        let delivered = 0;
        let pushed = 0;
        for (const each of actions) {
          if (each === 'shift') {
            if (queue.next !== undefined) delivered += 1;
            queue.shift();
          } else if (each === 'deliver') {
            const batch = queue.batch(3, 1_000_000, 5);
            delivered += batch.length;
            queue.remove(batch);
          } else {
            pushed += 1;
            queue.push(payload(each.push, each.size));
          }
          expect(queue.bytes).toBe(space.bytes);
          expect(queue.bytes).toBeLessThanOrEqual(QUEUE_BYTES_MAX);
        }
        expect(pushed).toBe(delivered + dropped.length + queue.size);
      }),
      { numRuns: 100 },
    );
  });

  it('gives batches within both limits, and the first frame whatever its size', () => {
    const { queue } = queueWithDrops();
    const large = payload(false, 2_000);
    queue.push(large);
    for (let count = 0; count < 5; count += 1) queue.push(payload(false, 100));
    expect(queue.batch(10, 1_000, 5)).toEqual([large]);
    expect(queue.batch(10, 2_005 + 105, 5)).toHaveLength(2);
    expect(queue.batch(3, 10_000, 5)).toHaveLength(3);
    expect(queue.size).toBe(6);
  });
});

describe('a budget', () => {
  it('gives its burst at once and its rate after that, never more', () => {
    const bucket = new TokenBucket({ rate: 100, burst: 50 }, 0);
    expect([bucket.take(50, 0), bucket.take(1, 0)]).toEqual([true, false]);
    expect([bucket.take(1, 9), bucket.take(1, 10)]).toEqual([false, true]);
    expect([bucket.take(50, 1_000_000), bucket.take(1, 1_000_000)]).toEqual([true, false]);
  });

  it('is not filled by a clock that goes back', () => {
    const bucket = new TokenBucket({ rate: 1_000, burst: 10 }, 5_000);
    bucket.take(10, 5_000);
    expect(bucket.take(1, 0)).toBe(false);
    expect(bucket.take(1, 1)).toBe(true);
  });

  it('of one class is not spent by another', () => {
    const budget = new InboundBudget(0, PEER_BUDGETS);
    while (budget.takeFrame('transactions', 100_000, 0));
    while (budget.takeFrame('sync', 1_000_000, 0));
    expect(budget.takeFrame('consensus', 1_000, 0)).toBe(true);
  });
});

describe('places for requests', () => {
  it('are never more than the limit, and go to those who failed least', async () => {
    const slots = new RequestSlots();
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const requests = Array.from({ length: 20 }, (_, index) => {
      const failures = (index * 7) % 20;
      return slots.run(failures, async () => {
        running += 1;
        most = Math.max(most, running);
        order.push(failures);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
        if (index % 3 === 0) throw new Error('no answer');
      });
    });
    await Promise.allSettled(requests);
    expect(most).toBe(REQUESTS_WAITING_MAX);
    expect(slots.taken).toBe(0);
    const waited = order.slice(REQUESTS_WAITING_MAX);
    expect(waited).toEqual([...waited].sort((one, other) => one - other));
  });
});

/** A socket that keeps what is sent on it. */
function openSession(changes: Partial<SessionRecord> = {}) {
  const sent: Uint8Array[] = [];
  const closed: number[] = [];
  let attachment: unknown = null;
  const socket = {
    send: (data: Uint8Array) => sent.push(data.slice()),
    close: (code: number) => closed.push(code),
    serializeAttachment: (value: unknown) => {
      attachment = structuredClone(value);
    },
    deserializeAttachment: () => attachment,
  } as unknown as WebSocket;
  const record: SessionRecord = {
    peer: parseConsensusKey(`0x${'11'.repeat(32)}`),
    self: parseConsensusKey(`0x${'22'.repeat(32)}`),
    openedBy: 'peer',
    challenge: '0x',
    phase: 'open',
    openedMs: 0,
    sent: 0,
    received: 0,
    ...changes,
  };
  return { session: new Session(socket, record), socket, sent, closed };
}

describe('a session', () => {
  it('delivers what the other side sends, in order, with acknowledgements on the way back', () => {
    const [one, other] = [openSession(), openSession()];
    const frames = Array.from({ length: 40 }, (_, index) => Uint8Array.of(index));
    for (const frame of frames) expect(one.session.offer(frame, 0)).toBe(true);
    const received = one.sent.map((message) => {
      const frame = other.session.receive(message);
      other.session.acknowledge(0);
      return frame;
    });
    expect(received).toEqual(frames);
    expect(other.sent).toHaveLength(40 / ACK_MESSAGES);
    for (const message of other.sent) expect(one.session.receive(message)).toBeNull();
    expect(one.session.isStalled(STALL_MS + 1)).toBe(false);
  });

  it('refuses a gap, a repeat and an acknowledgement of what was never sent', () => {
    const { session, sent } = openSession();
    for (let count = 0; count < 3; count += 1) session.offer(Uint8Array.of(count), 0);
    const [first, , third] = sent as [Uint8Array, Uint8Array, Uint8Array];
    const other = openSession().session;
    other.receive(first);
    expect(() => other.receive(third)).toThrowError(
      expect.objectContaining({ code: 'LINK_SEQUENCE_BROKEN' }),
    );
    expect(() => other.receive(first)).toThrowError(
      expect.objectContaining({ code: 'LINK_SEQUENCE_BROKEN' }),
    );
    const answering = openSession({ received: 3 });
    answering.session.offer(Uint8Array.of(0), 0);
    const [answer] = answering.sent as [Uint8Array];
    expect(() => openSession({ sent: 2 }).session.receive(answer)).toThrowError(
      expect.objectContaining({ code: 'LINK_ACK_UNKNOWN' }),
    );
    expect(openSession({ sent: 3 }).session.receive(answer)).toEqual(Uint8Array.of(0));
  });

  it('sends up to its window and no further until there is an acknowledgement', () => {
    const [one, other] = [openSession(), openSession()];
    const frame = new Uint8Array(WINDOW_BYTES / 10);
    let count = 0;
    while (one.session.offer(frame, 0)) count += 1;
    expect(count).toBe(9);
    other.session.receive(one.sent[0] as Uint8Array);
    other.session.acknowledge(0);
    one.session.receive(other.sent[0] as Uint8Array);
    expect([one.session.offer(frame, 0), one.session.offer(frame, 0)]).toEqual([true, false]);
  });

  it('can always send the largest frame once everything was acknowledged that must be', () => {
    expect(ACK_BYTES + FRAME_BYTES_MAX + SESSION_MESSAGE_BYTES_MAX - FRAME_BYTES_MAX).toBeLessThan(
      WINDOW_BYTES,
    );
    const { session } = openSession();
    session.offer(new Uint8Array(ACK_BYTES - 100), 0);
    expect(session.offer(new Uint8Array(FRAME_BYTES_MAX), 0)).toBe(true);
  });

  it('is stalled when an acknowledgement is owed for too long, and never for want of frames', () => {
    const { session } = openSession();
    for (let count = 1; count < ACK_MESSAGES; count += 1) session.offer(Uint8Array.of(0), 0);
    expect(session.isStalled(10 * STALL_MS)).toBe(false);
    session.offer(Uint8Array.of(0), 1_000);
    expect([session.isStalled(1_000 + STALL_MS), session.isStalled(1_001 + STALL_MS)]).toEqual([false, true]);
  });

  it('goes on after a sleep where it was', () => {
    const [one, other] = [openSession(), openSession()];
    for (let count = 0; count < 3; count += 1) {
      one.session.offer(Uint8Array.of(count), 0);
      other.session.offer(Uint8Array.of(count), 0);
    }
    for (const message of other.sent) one.session.receive(message);
    const awake = Session.wake(one.socket);
    expect(awake).toMatchObject({ peer: one.session.peer, phase: 'open' });
    awake?.offer(Uint8Array.of(9), 0);
    const frames = one.sent.map((message) => other.session.receive(message));
    expect(frames.at(-1)).toEqual(Uint8Array.of(9));
  });

  it('reads nothing more from a peer that was not proven or broke the rules', () => {
    const unproven = openSession({ phase: 'greeted' });
    unproven.session.close(4001, '');
    const faulty = openSession();
    faulty.session.close(1000, '');
    faulty.session.end(4400, '');
    expect([unproven.session.phase, faulty.session.phase]).toEqual(['ended', 'ended']);
    expect([unproven.closed, faulty.closed]).toEqual([[4001], [1000]]);
    const idle = openSession();
    idle.session.close(1000, '');
    expect(idle.session.phase).toBe('closing');
  });
});

it('waits twice as long after each failure, up to a bound, and spreads the waits', () => {
  expect(retryMs(1, 0.5)).toBe(RETRY_FIRST_MS);
  expect(retryMs(2, 0.5)).toBe(2 * RETRY_FIRST_MS);
  expect(retryMs(1_000, 0.5)).toBe(RETRY_MAX_MS);
  expect([retryMs(1, 0), retryMs(1, 1)]).toEqual([
    RETRY_FIRST_MS * (1 - RETRY_JITTER),
    RETRY_FIRST_MS * (1 + RETRY_JITTER),
  ]);
});
