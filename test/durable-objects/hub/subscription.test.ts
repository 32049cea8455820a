/** @module Laws of one subscription: every position once, credit never exceeded, slow readers told. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BACKLOG_BYTES_MAX,
  CREDIT_BYTES_MIN,
  REPLAY_PAUSE_MS_MAX,
} from '../../../durable-objects/hub/limits.ts';
import {
  type BlockEvents,
  cutOver,
  deliver,
  newSubscription,
  onAck,
  onBlocks,
  onVolatile,
  type Subscription,
  shareOf,
  waitsForRoom,
  wantsReplay,
} from '../../../durable-objects/hub/subscription.ts';
import { CREDIT_BYTES_MAX, type EventFrame } from '../../../shared/api/frames.ts';

const NOW = { ms: 1_000_000, room: BACKLOG_BYTES_MAX };

function aBlock(height: number, events: number, size = 10): BlockEvents {
  return {
    height,
    select: () => Array.from({ length: events }, (_, index) => index),
    data: (_topic, _filter, index) => JSON.stringify({ height, index, fill: 'x'.repeat(size) }),
  };
}

function aSubscription(overrides: Partial<Subscription> = {}): Subscription {
  const asked = {
    sub: 's1',
    topic: 'new_transactions',
    filter: {},
    credit: 5,
    next: { height: 1, index: 0 },
  } as const;
  return { ...newSubscription({ ...asked, mode: 'live' }), ...overrides };
}

const parse = (frames: readonly string[]) => frames.map((frame) => JSON.parse(frame) as EventFrame);

describe('events between blocks', () => {
  const events = [
    { height: 1, json: '{"event":"new_round"}' },
    { height: 1, json: '{"event":"proposal"}' },
  ];
  const live = aSubscription({ topic: 'consensus_events', credit: 6 });

  it('count for seq and credit, and leave the position where it is', () => {
    const { subscription, frames } = onVolatile(live, events, NOW);
    expect(frames.map((frame) => JSON.parse(frame))).toEqual([
      expect.objectContaining({
        seq: 1,
        height: 1,
        volatile: true,
        replay: false,
        data: { event: 'new_round' },
      }),
      expect.objectContaining({ seq: 2, topic: 'consensus_events', data: { event: 'proposal' } }),
    ]);
    expect(subscription).toMatchObject({ seq: 2, next: live.next, bytes: frames.join('').length });
  });

  it('are left out beyond half of the credit, so that the block after them still has room', () => {
    const first = onVolatile(live, events, NOW);
    const second = onVolatile(first.subscription, events, NOW);
    expect(second.frames).toHaveLength(1);
    expect(onVolatile(second.subscription, events, NOW).frames).toEqual([]);
    expect(onBlocks(second.subscription, [aBlock(1, 3)], 1, NOW)).toMatchObject({ kind: 'sent' });
    expect(onVolatile({ ...live, credit: 1 }, events, NOW).frames).toEqual([]);
  });

  it('are left out while a subscription replays', () => {
    expect(onVolatile({ ...live, mode: 'replay' }, events, NOW).frames).toEqual([]);
  });
});

describe('a subscription', () => {
  it('sees every position exactly once, whatever the blocks, batches, credits, room and acknowledgements', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(7), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(3), { minLength: 40, maxLength: 200 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.constantFrom(0, 5_000, 40_000, BACKLOG_BYTES_MAX), { minLength: 1, maxLength: 20 }),
        (sizes, steps, credit, rooms) => {
          // One event fits into the least of a subscription, two do not.
          const blocks = sizes.map((events, at) => aBlock(at + 1, events, CREDIT_BYTES_MIN / 2));
          let turn = 0;
          const now = () => {
            turn += 1;
            return { ...NOW, room: rooms[turn % rooms.length] ?? 0 };
          };
          const seen: string[] = [];
          let subscription = aSubscription({ credit });
          let published = 0;
          const take = (frames: readonly string[]) => {
            for (const { type, data } of parse(frames)) {
              if (type !== 'event') continue;
              const { height, index } = data as { height: number; index: number };
              seen.push(`${height}.${index}`);
            }
            expect(subscription.seq - subscription.acked).toBeLessThanOrEqual(credit);
          };
          const ack = () => {
            subscription = onAck(subscription, subscription.seq) ?? subscription;
          };
          const replay = () => {
            while (wantsReplay(subscription)) {
              const block = blocks[subscription.next.height - 1];
              if (subscription.next.height > published || block === undefined) {
                subscription = cutOver(subscription).subscription;
                return;
              }
              const delivery = deliver(subscription, block, now());
              subscription = delivery.subscription;
              take(delivery.frames);
            }
          };
          for (const step of [...steps, ...sizes.flatMap(() => [0, 1, 2, 1, 2])]) {
            if (step === 0 || (step === 3 && published > 0 && published < blocks.length)) {
              // A reader that acknowledges in time is never lagged.
              do {
                ack();
                replay();
              } while (subscription.seq > subscription.acked);
              const batch = blocks.slice(published, published + 1 + (step === 3 ? 1 : 0));
              published += batch.length;
              const outcome = onBlocks(subscription, batch, published, now());
              expect(outcome.kind).toBe('sent');
              if (outcome.kind !== 'sent') return;
              subscription = outcome.delivery.subscription;
              take(outcome.delivery.frames);
            } else if (step === 1) ack();
            else replay();
          }
          for (let round = 0; round < 100; round += 1) {
            ack();
            replay();
          }
          const expected = blocks
            .slice(0, published)
            .flatMap((block) =>
              block.select('new_transactions', {}).map((index) => `${block.height}.${index}`),
            );
          expect(seen).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('sends as many events as its credit and is lagged by the block after', () => {
    let subscription = aSubscription({ credit: 5 });
    for (let height = 1; height <= 5; height += 1) {
      const outcome = onBlocks(subscription, [aBlock(height, 1)], height, NOW);
      if (outcome.kind !== 'sent') throw new Error('lagged within its credit');
      expect(outcome.delivery.frames).toHaveLength(1);
      subscription = outcome.delivery.subscription;
    }
    const outcome = onBlocks(subscription, [aBlock(6, 1)], 6, NOW);
    expect(outcome).toEqual({ kind: 'lagged', frame: { type: 'lagged', sub: 's1', from: 6, to: 6 } });
  });

  it('is not lagged by blocks without a matching event', () => {
    const subscription = aSubscription({ seq: 5, next: { height: 9, index: 0 } });
    const outcome = onBlocks(subscription, [aBlock(9, 0)], 9, NOW);
    expect(outcome).toMatchObject({
      kind: 'sent',
      delivery: { subscription: { next: { height: 10, index: 0 } } },
    });
  });

  it('gets the rest of a block that exceeds its credit after an acknowledgement', () => {
    const block = aBlock(1, 12);
    const first = onBlocks(aSubscription(), [block], 1, NOW);
    if (first.kind !== 'sent') throw new Error('lagged');
    expect(first.delivery.frames).toHaveLength(5);
    expect(first.delivery.subscription).toMatchObject({
      mode: 'replay',
      stalled: true,
      next: { height: 1, index: 5 },
    });
    const acked = onAck(first.delivery.subscription, 5);
    if (acked === null) throw new Error('refused');
    expect(wantsReplay(acked)).toBe(true);
    expect(parse(deliver(acked, block, NOW).frames).map((frame) => frame.cursor)).toEqual(
      [6, 7, 8, 9, 10].map((index) => `1.${index}`),
    );
  });

  it('is lagged by the next block when nothing was acknowledged since its credit ran out in a live block', () => {
    const first = onBlocks(aSubscription(), [aBlock(1, 12), aBlock(2, 1)], 2, NOW);
    if (first.kind !== 'sent') throw new Error('lagged too early');
    const next = onBlocks(first.delivery.subscription, [aBlock(3, 0)], 3, NOW);
    expect(next).toEqual({ kind: 'lagged', frame: { type: 'lagged', sub: 's1', from: 1, to: 3 } });
  });

  it('may pause a replay for the whole limit, and is lagged one millisecond later', () => {
    const paused = aSubscription({ mode: 'replay', pausedMs: NOW.ms });
    const at = (ms: number) => onBlocks(paused, [aBlock(7, 1)], 7, { ...NOW, ms: NOW.ms + ms }).kind;
    expect(at(REPLAY_PAUSE_MS_MAX)).toBe('sent');
    expect(at(REPLAY_PAUSE_MS_MAX + 1)).toBe('lagged');
  });

  it('hands over to a replay when a block is missing between its position and the published one', () => {
    const outcome = onBlocks(aSubscription(), [aBlock(3, 1)], 3, NOW);
    expect(outcome).toMatchObject({
      kind: 'sent',
      delivery: { frames: [], subscription: { mode: 'replay', next: { height: 1 } } },
    });
  });

  it('skips a block that it has had', () => {
    const subscription = aSubscription({ next: { height: 4, index: 0 } });
    expect(onBlocks(subscription, [aBlock(3, 2)], 3, NOW)).toEqual({
      kind: 'sent',
      delivery: { subscription, frames: [] },
    });
  });

  it('is lagged by the event after its bytes, the last one before included whole', () => {
    const small = aSubscription({ credit: 100, seq: 1, bytes: CREDIT_BYTES_MAX - 1 });
    const last = onBlocks(small, [aBlock(1, 1, 600)], 1, NOW);
    if (last.kind !== 'sent') throw new Error('lagged within its bytes');
    const { subscription } = last.delivery;
    expect(subscription.bytes).toBe(small.bytes + (last.delivery.frames[0]?.length ?? 0));
    expect(onBlocks(subscription, [aBlock(2, 1)], 2, NOW).kind).toBe('lagged');
    expect(onAck(subscription, 2)?.bytes).toBe(0);
  });

  it('refuses to acknowledge what was never sent and ignores what was acknowledged before', () => {
    const subscription = aSubscription({ seq: 4, acked: 2 });
    expect(onAck(subscription, 5)).toBeNull();
    expect(onAck(subscription, 2)).toBe(subscription);
  });
});

describe('the room of a hub', () => {
  const wide = { credit: 1_000, next: { height: 1, index: 0 } };

  it('is shared so that some always remains, between the least and the most of one subscription', () => {
    expect(shareOf(BACKLOG_BYTES_MAX)).toBe(CREDIT_BYTES_MAX);
    expect(shareOf(BACKLOG_BYTES_MAX - 4)).toBe(CREDIT_BYTES_MAX - 1);
    expect(shareOf(4 * CREDIT_BYTES_MIN + 4)).toBe(CREDIT_BYTES_MIN + 1);
    expect(shareOf(4 * CREDIT_BYTES_MIN)).toBe(CREDIT_BYTES_MIN);
    expect(shareOf(0)).toBe(CREDIT_BYTES_MIN);
  });

  it('is never left for more than the least of each, however many never acknowledge', () => {
    const block = aBlock(1, 1_000, 500);
    let room = BACKLOG_BYTES_MAX;
    let sent = 0;
    for (let count = 0; count < 3_000; count += 1) {
      const { subscription } = deliver(aSubscription(wide), block, { ...NOW, room });
      sent += subscription.bytes;
      room = Math.max(0, BACKLOG_BYTES_MAX - sent);
      if (sent > BACKLOG_BYTES_MAX) expect(subscription.bytes).toBeLessThanOrEqual(CREDIT_BYTES_MIN);
    }
    expect(sent).toBeGreaterThan(0.9 * BACKLOG_BYTES_MAX);
    expect(sent).toBeLessThanOrEqual(BACKLOG_BYTES_MAX + 3_000 * CREDIT_BYTES_MIN);
  });

  it('stops a live reader with a smaller credit, which goes on after its acknowledgement and is not lagged meanwhile', () => {
    const now = { ...NOW, room: 8_000 };
    const outcome = onBlocks(aSubscription(wide), [aBlock(1, 20, 500)], 1, now);
    if (outcome.kind !== 'sent') throw new Error('lagged');
    const { subscription, frames } = outcome.delivery;
    const told = JSON.parse(frames.at(-1) ?? '') as unknown;
    const credit = { events: 1_000, bytes: shareOf(now.room - subscription.bytes) };
    expect(told).toEqual({ type: 'credit', sub: 's1', credit });
    expect(credit.bytes).toBeLessThanOrEqual(subscription.bytes);
    expect(subscription).toMatchObject({ mode: 'replay', stalled: false, pausedMs: NOW.ms });
    expect(wantsReplay(subscription)).toBe(false);
    expect(onBlocks(subscription, [aBlock(2, 1)], 2, now).kind).toBe('sent');
    const late = { ...now, ms: NOW.ms + REPLAY_PAUSE_MS_MAX + 1 };
    expect(onBlocks(subscription, [aBlock(2, 1)], 2, late).kind).toBe('lagged');
    const acked = onAck(subscription, subscription.seq);
    expect(acked !== null && wantsReplay(acked)).toBe(true);
  });

  it('is asked for with each live delivery while it is scarce, so that nobody has to be stopped', () => {
    const scarce = { ...NOW, room: BACKLOG_BYTES_MAX / 2 - 1, isScarce: true };
    const outcome = onBlocks(aSubscription(wide), [aBlock(1, 1), aBlock(2, 1)], 2, scarce);
    if (outcome.kind !== 'sent') throw new Error('lagged');
    const { subscription, frames } = outcome.delivery;
    expect(frames.map((frame) => (JSON.parse(frame) as { type: string }).type)).toEqual([
      'event',
      'event',
      'credit',
    ]);
    const credit = { events: 1_000, bytes: shareOf(scarce.room - subscription.bytes) };
    expect(JSON.parse(frames.at(-1) ?? '')).toEqual({ type: 'credit', sub: 's1', credit });
    expect(subscription).toMatchObject({ mode: 'live', pausedMs: null, next: { height: 3, index: 0 } });
    // Who was sent nothing has nothing new to acknowledge.
    const none = onBlocks(subscription, [aBlock(3, 0)], 3, scarce);
    expect(none.kind === 'sent' && none.delivery.frames).toEqual([]);
  });

  it('is waited for by a frame that does not fit, which is sent once it does', () => {
    const block = aBlock(1, 1, 10_000);
    const from = aSubscription({ ...wide, mode: 'replay' });
    const [frame = ''] = deliver(from, block, NOW).frames;
    const waiting = deliver(from, block, { ...NOW, room: frame.length - 1 });
    expect(waiting.frames).toEqual([]);
    expect(waitsForRoom(waiting.subscription)).toBe(true);
    expect(wantsReplay(waiting.subscription)).toBe(true);
    const later = deliver(waiting.subscription, block, { ms: NOW.ms + 5, room: frame.length - 1 });
    expect(later.subscription.pausedMs).toBe(NOW.ms);
    const sent = deliver(later.subscription, block, { ms: NOW.ms + 9, room: frame.length });
    expect(sent.frames).toHaveLength(1);
    expect(sent.subscription).toMatchObject({ pausedMs: null, next: { height: 2, index: 0 } });
  });

  it('is there for the least of each subscription when nothing is left, and for not a byte more', () => {
    const [frame = ''] = deliver(aSubscription(wide), aBlock(1, 1, 0), NOW).frames;
    const fill = CREDIT_BYTES_MIN - frame.length;
    const full = { ...NOW, room: 0 };
    expect(deliver(aSubscription(wide), aBlock(1, 1, fill), full).frames).toHaveLength(1);
    expect(deliver(aSubscription(wide), aBlock(1, 1, fill + 1), full).frames).toEqual([]);
  });
});
