/**
 * @module One subscription as a value, and what blocks and acknowledgements do to it. Pure: the object applies the
 * decisions. The position, kept with the socket, is what makes each event reach a subscription exactly once.
 */
import {
  CREDIT_BYTES_MAX,
  type CreditFrame,
  encodeCursor,
  type LaggedFrame,
  type Position,
  type SubscriptionFilter,
  type Topic,
} from '../../shared/api/frames.ts';
import { BACKLOG_SHARE, CREDIT_BYTES_MIN, REPLAY_PAUSE_MS_MAX } from './limits.ts';

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
  /** Since when nothing more may be sent, null while something may. */
  readonly pausedMs: number | null;
  /** The credit ran out in a live block and nothing was acknowledged since. */
  readonly stalled: boolean;
  /** An acknowledgement above this shows that what the socket owes for ended subscriptions was read, too. */
  readonly settlesAbove: number;
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
  return { ...asked, seq: 0, acked: 0, bytes: 0, pausedMs: null, stalled: false, settlesAbove: 0 };
}

/** The circumstances of a delivery. */
export interface Now {
  readonly ms: number;
  /** Bytes that the hub may still send to all its sockets together. */
  readonly room: number;
  /** So little room is left that who has something under way is asked to acknowledge it. */
  readonly isScarce?: boolean;
}

/** Bytes that one subscription may have under way while the hub has `room`: a share of it, so that some always remains. */
export function shareOf(room: number): number {
  return Math.max(CREDIT_BYTES_MIN, Math.min(CREDIT_BYTES_MAX, Math.floor(room * BACKLOG_SHARE)));
}

/** Whether the reader has kept up well enough for one more event. The last one may exceed the bytes: none is cut. */
function hasCredit({ seq, acked, credit, bytes }: Subscription): boolean {
  return seq - acked < credit && bytes < CREDIT_BYTES_MAX;
}

/** Whether the hub has room for `size` more bytes of a subscription that has `bytes` under way. */
function hasRoom(bytes: number, size: number, room: number): boolean {
  return (bytes < shareOf(room) && size <= room) || bytes + size <= CREDIT_BYTES_MIN;
}

/** Sends what credit and room allow of the block at `next.height`. The block is done when `next` moved past it. */
export function deliver(from: Subscription, block: BlockEvents, now: Now): Delivery {
  const frames: string[] = [];
  const replay = from.mode === 'replay';
  let subscription: Subscription = { ...from, pausedMs: null };
  let { room } = now;
  for (const index of block.select(from.topic, from.filter)) {
    if (block.height === from.next.height && index < from.next.index) continue;
    const next = { height: block.height, index: index + 1 };
    const seq = subscription.seq + 1;
    const frame = eventFrame(subscription, seq, next, replay, block.data(from.topic, from.filter, index));
    if (!hasCredit(subscription) || !hasRoom(subscription.bytes, frame.length, room)) {
      const pausedMs = frames.length > 0 ? now.ms : (from.pausedMs ?? now.ms);
      return withShare({ subscription: { ...subscription, pausedMs }, frames }, room);
    }
    frames.push(frame);
    room -= frame.length;
    subscription = { ...subscription, next, seq, bytes: subscription.bytes + frame.length };
  }
  return { subscription: { ...subscription, next: { height: block.height + 1, index: 0 } }, frames };
}

/**
 * Asks a client to acknowledge what it has, and tells what its credit is in bytes by now: one that the hub has stopped, or
 * whose acknowledgement makes room before others have to be stopped.
 */
function withShare(delivery: Delivery, room: number): Delivery {
  const { subscription, frames } = delivery;
  if (!hasCredit(subscription) || subscription.seq === subscription.acked) return delivery;
  const credit = { events: subscription.credit, bytes: shareOf(room) };
  const frame: CreditFrame = { type: 'credit', sub: subscription.sub, credit };
  return { subscription, frames: [...frames, JSON.stringify(frame)] };
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
  let { room } = now;
  if (from.mode !== 'live') return { subscription, frames };
  for (const { height, json } of events) {
    const half = { ...subscription, credit: Math.floor(from.credit / 2), bytes: 2 * subscription.bytes };
    const seq = subscription.seq + 1;
    const head = `{"type":"event","sub":"${from.sub}","topic":"${from.topic}","seq":${seq},"height":${height}`;
    const frame = `${head},"volatile":true,"replay":false,"data":${json}}`;
    if (!hasCredit(half) || !hasRoom(half.bytes, frame.length, room)) break;
    frames.push(frame);
    room -= frame.length;
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
 * publication leaves the rest to a replay; credit that had run out before it means the reader is too slow. A hub without
 * room is no fault of the reader: a replay sends the rest, once there is room or the pause has lasted too long.
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
  const hadCredit = hasCredit(from);
  const frames: string[] = [];
  let subscription = from;
  let { room } = now;
  for (const block of blocks) {
    if (subscription.next.height > block.height) continue;
    if (subscription.next.height < block.height) return sent({ ...subscription, mode: 'replay' }, frames);
    if (!hadCredit && block.select(from.topic, from.filter).length > 0)
      return lagged(subscription, headHeight);
    const delivery = deliver(subscription, block, { ...now, room });
    frames.push(...delivery.frames);
    room -= delivery.subscription.bytes - subscription.bytes;
    subscription = delivery.subscription;
    if (subscription.pausedMs !== null)
      return sent({ ...subscription, mode: 'replay', stalled: !hasCredit(subscription) }, frames);
  }
  if (now.isScarce !== true || frames.length === 0) return sent(subscription, frames);
  return { kind: 'sent', delivery: withShare({ subscription, frames }, room) };
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
  return subscription.mode === 'replay' && (subscription.pausedMs === null || waitsForRoom(subscription));
}

/** Nothing of its own is under way, so that no acknowledgement will come: it goes on when the hub has room. */
export function waitsForRoom({ pausedMs, seq, acked }: Subscription): boolean {
  return pausedMs !== null && seq === acked;
}

/** The replay reached the head: from here on blocks come as they are published. */
export function cutOver(from: Subscription): Delivery {
  const cursor = encodeCursor(from.next);
  const frame = { type: 'caught_up', sub: from.sub, height: from.next.height - 1, cursor };
  return { subscription: { ...from, mode: 'live' }, frames: [JSON.stringify(frame)] };
}
