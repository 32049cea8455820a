/**
 * @module One subscription as a value, and what blocks and acknowledgements do to it. Pure: the object applies the
 * decisions. The position, kept with the socket, is what makes each event reach a subscription exactly once.
 */
import {
  CREDIT_BYTES_MAX,
  encodeCursor,
  type LaggedFrame,
  type Position,
  type SubscriptionFilter,
  type Topic,
} from '../../shared/api/frames.ts';
import { CREDIT_BYTES_MIN, HUB_CREDIT_BYTES, REPLAY_PAUSE_MS_MAX } from './limits.ts';

/** State of a subscription, stored in the attachment of its socket. */
export interface Subscription {
  readonly sub: string;
  readonly topic: Topic;
  readonly filter: SubscriptionFilter;
  /** Events that may be on the way unacknowledged. */
  readonly credit: number;
  /** All before it is sent (or did not match); nothing at or after it is. */
  readonly next: Position;
  /** Of the last event sent. */
  readonly seq: number;
  /** Of the last event acknowledged. */
  readonly acked: number;
  /** Bytes sent and not acknowledged; an estimate while some events are, exact when all or none are. */
  readonly bytes: number;
  /** Live: `next` is the block after the hub's last one. Replay: blocks are read from where they are kept. */
  readonly mode: 'live' | 'replay';
  /** When the credit ran out, null while there is some. */
  readonly pausedMs: number | null;
  /** The credit ran out in a live block and nothing was acknowledged since. */
  readonly stalled: boolean;
}

/** The events of one block, as a subscription sees them. */
export interface BlockEvents {
  readonly height: number;
  /** Ascending indexes of the block's events that match. */
  select(topic: Topic, filter: SubscriptionFilter): readonly number[];
  /** The `data` member of the event, as JSON. */
  data(topic: Topic, filter: SubscriptionFilter, index: number): string;
}

/** An event between blocks, with its `data` member as JSON. */
export interface VolatileData {
  readonly height: number;
  readonly json: string;
}

/** What to do for one subscription: keep `subscription`, send `frames` in order. */
export interface Delivery {
  readonly subscription: Subscription;
  readonly frames: readonly string[];
}

/** A subscription that has been sent nothing yet. */
export function newSubscription(
  asked: Pick<Subscription, 'sub' | 'topic' | 'filter' | 'credit' | 'next' | 'mode'>,
): Subscription {
  return { ...asked, seq: 0, acked: 0, bytes: 0, pausedMs: null, stalled: false };
}

/** The circumstances of a delivery. */
export interface Now {
  readonly ms: number;
  /** Bytes that one subscription may leave unacknowledged, from {@link creditBytes}. */
  readonly creditBytes: number;
}

/** The share of one of `subscriptions` in the hub's budget of unacknowledged bytes. */
export function creditBytes(subscriptions: number): number {
  const share = Math.floor(HUB_CREDIT_BYTES / Math.max(1, subscriptions));
  return Math.max(CREDIT_BYTES_MIN, Math.min(CREDIT_BYTES_MAX, share));
}

/** Whether one more event may be sent. The last one may exceed the bytes: an event is never cut. */
export function hasCredit(subscription: Subscription, now: Now): boolean {
  return subscription.seq - subscription.acked < subscription.credit && subscription.bytes < now.creditBytes;
}

/** Sends what the credit allows of the block at `next.height`. The block is done when `next` moved past it. */
export function deliver(from: Subscription, block: BlockEvents, now: Now): Delivery {
  const frames: string[] = [];
  const replay = from.mode === 'replay';
  let subscription = from;
  for (const index of block.select(from.topic, from.filter)) {
    if (block.height === from.next.height && index < from.next.index) continue;
    if (!hasCredit(subscription, now)) return { subscription: { ...subscription, pausedMs: now.ms }, frames };
    const next = { height: block.height, index: index + 1 };
    const seq = subscription.seq + 1;
    const frame = eventFrame(subscription, seq, next, replay, block.data(from.topic, from.filter, index));
    frames.push(frame);
    subscription = { ...subscription, next, seq, bytes: subscription.bytes + frame.length };
  }
  return { subscription: { ...subscription, next: { height: block.height + 1, index: 0 } }, frames };
}

function eventFrame(from: Subscription, seq: number, next: Position, replay: boolean, data: string): string {
  const head = `{"type":"event","sub":"${from.sub}","topic":"${from.topic}","seq":${seq}`;
  return `${head},"height":${next.height},"cursor":"${encodeCursor(next)}","replay":${replay},"data":${data}}`;
}

/**
 * Sends what happens between blocks to who is live. It takes at most half of the credit and is left out beyond that: it
 * can be missed, and must not be what makes a reader lag behind the blocks.
 */
export function onVolatile(from: Subscription, events: readonly VolatileData[], now: Now): Delivery {
  const frames: string[] = [];
  let subscription = from;
  if (from.mode !== 'live') return { subscription, frames };
  for (const { height, json } of events) {
    const half = { ...subscription, credit: Math.floor(from.credit / 2) };
    if (!hasCredit(half, { ...now, creditBytes: now.creditBytes / 2 })) break;
    const seq = subscription.seq + 1;
    const head = `{"type":"event","sub":"${from.sub}","topic":"${from.topic}","seq":${seq},"height":${height}`;
    const frame = `${head},"volatile":true,"replay":false,"data":${json}}`;
    frames.push(frame);
    subscription = { ...subscription, seq, bytes: subscription.bytes + frame.length };
  }
  return { subscription, frames };
}

/** What new blocks do: deliver them, hand over to a replay, or find that the reader is too slow. */
export type BlockOutcome =
  | { readonly kind: 'sent'; readonly delivery: Delivery }
  | { readonly kind: 'lagged'; readonly frame: LaggedFrame };

/**
 * Contiguous blocks became final. `headHeight` is the newest height known, for `lagged`. Credit that runs out inside a
 * publication leaves the rest to a replay; credit that had run out before it means the reader is too slow.
 */
export function onBlocks(
  from: Subscription,
  blocks: readonly BlockEvents[],
  headHeight: number,
  now: Now,
): BlockOutcome {
  if (from.mode === 'replay') {
    const waitedTooLong = from.pausedMs !== null && now.ms - from.pausedMs > REPLAY_PAUSE_MS_MAX;
    return waitedTooLong || from.stalled ? lagged(from, headHeight) : sent(from, []);
  }
  const hadCredit = hasCredit(from, now);
  const frames: string[] = [];
  let subscription = from;
  for (const block of blocks) {
    if (subscription.next.height > block.height) continue;
    if (subscription.next.height < block.height) return sent({ ...subscription, mode: 'replay' }, frames);
    if (!hadCredit && block.select(from.topic, from.filter).length > 0)
      return lagged(subscription, headHeight);
    const delivery = deliver(subscription, block, now);
    frames.push(...delivery.frames);
    subscription = delivery.subscription;
    if (subscription.pausedMs !== null)
      return sent({ ...subscription, mode: 'replay', stalled: true }, frames);
  }
  return sent(subscription, frames);
}

function sent(subscription: Subscription, frames: readonly string[]): BlockOutcome {
  return { kind: 'sent', delivery: { subscription, frames } };
}

function lagged(from: Subscription, to: number): BlockOutcome {
  return { kind: 'lagged', frame: { type: 'lagged', sub: from.sub, from: from.next.height, to } };
}

/** All events up to `seq` are processed. Null for a number that was never sent; an old one changes nothing. */
export function onAck(from: Subscription, seq: number): Subscription | null {
  if (seq > from.seq) return null;
  if (seq <= from.acked) return from;
  const bytes = Math.floor((from.bytes * (from.seq - seq)) / (from.seq - from.acked));
  return { ...from, acked: seq, bytes, pausedMs: null, stalled: false };
}

/** Whether the object has to read blocks for it now. */
export function wantsReplay(subscription: Subscription): boolean {
  return subscription.mode === 'replay' && subscription.pausedMs === null;
}

/** The replay reached the head: from here on blocks come as they are published. */
export function cutOver(from: Subscription): Delivery {
  const cursor = encodeCursor(from.next);
  const frame = { type: 'caught_up', sub: from.sub, height: from.next.height - 1, cursor };
  return { subscription: { ...from, mode: 'live' }, frames: [JSON.stringify(frame)] };
}
