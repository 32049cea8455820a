/** @module Laws of one subscription: every position once, credit never exceeded, slow readers told. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CREDIT_BYTES_MIN,
  HUB_CREDIT_BYTES,
  REPLAY_PAUSE_MS_MAX,
} from '../../../durable-objects/hub/limits.ts';
import {
  type BlockEvents,
  creditBytes,
  cutOver,
  deliver,
  newSubscription,
  onAck,
  onBlocks,
  onVolatile,
  type Subscription,
  wantsReplay,
} from '../../../durable-objects/hub/subscription.ts';
import { CREDIT_BYTES_MAX, type EventFrame } from '../../../shared/api/frames.ts';

const NOW = { ms: 1_000_000, creditBytes: CREDIT_BYTES_MAX };

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
  it('sees every position exactly once, whatever the blocks, batches, credits and acknowledgements', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(7), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(3), { minLength: 40, maxLength: 200 }),
        fc.integer({ min: 1, max: 6 }),
        (sizes, steps, credit) => {
          const blocks = sizes.map((events, at) => aBlock(at + 1, events));
          const seen: string[] = [];
          let subscription = aSubscription({ credit });
          let published = 0;
          const take = (frames: readonly string[]) => {
            for (const { data } of parse(frames)) {
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
              const delivery = deliver(subscription, block, NOW);
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
              const outcome = onBlocks(subscription, batch, published, NOW);
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

  it('stops at its bytes, the last event included whole', () => {
    const now = { ms: 0, creditBytes: 1_000 };
    const { subscription, frames } = deliver(aSubscription({ credit: 100 }), aBlock(1, 10, 600), now);
    expect(frames).toHaveLength(2);
    expect(subscription.bytes).toBe(frames.join('').length);
    expect(onAck(subscription, 2)?.bytes).toBe(0);
  });

  it('refuses to acknowledge what was never sent and ignores what was acknowledged before', () => {
    const subscription = aSubscription({ seq: 4, acked: 2 });
    expect(onAck(subscription, 5)).toBeNull();
    expect(onAck(subscription, 2)).toBe(subscription);
  });

  it('shares the bytes of the hub, within its own limits', () => {
    expect(creditBytes(0)).toBe(CREDIT_BYTES_MAX);
    expect(creditBytes(HUB_CREDIT_BYTES / CREDIT_BYTES_MAX)).toBe(CREDIT_BYTES_MAX);
    expect(creditBytes(1_000)).toBe(Math.floor(HUB_CREDIT_BYTES / 1_000));
    expect(creditBytes(1_000_000)).toBe(CREDIT_BYTES_MIN);
  });
});
