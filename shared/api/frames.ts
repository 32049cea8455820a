/**
 * @module The frames of the subscription socket, shared by the hub, the event stream of the Worker and the SDK.
 * Types, close codes and the cursor only: validation of what clients send stands with the hub.
 */
import type { VolatileEvent } from './consensus-views.ts';
import type { ProblemCode } from './problems.ts';

/** What can be subscribed to. */
export const TOPICS = ['new_blocks', 'new_transactions', 'consensus_events', 'messages'] as const;
export type Topic = (typeof TOPICS)[number];

/** Optional subprotocol of the socket; echoed when offered. */
export const SUBPROTOCOL = 'atoll.v1+json';

/** Close codes of the socket. 4xxx are ours; the others are those of RFC 6455. */
export const CLOSE_CODES = {
  goingAway: 1001,
  policy: 1008,
  frameTooBig: 1009,
  restart: 1012,
  overload: 1013,
  badFrame: 4400,
  auth: 4401,
  forbidden: 4403,
  chainUnknown: 4404,
  lagged: 4408,
  tooMany: 4429,
} as const;

/** Credit of a subscription that asks for none: events sent and not yet acknowledged. */
export const CREDIT_EVENTS_DEFAULT = 1_000;
/** Most events that a subscription may have on the way. */
export const CREDIT_EVENTS_MAX = 10_000;
/** Most bytes that a subscription may have on the way. */
export const CREDIT_BYTES_MAX = 4 * 1024 * 1024;
/** Hubs of one chain; a socket goes to one of them at random. One, until one hub's fan-out is the bottleneck. */
export const HUB_SHARDS = 1;
/** What the Worker tells a hub with a socket that it forwards. */
export const HUB_HEADERS = {
  chainId: 'x-hub-chain-id',
  genesisHash: 'x-hub-genesis-hash',
  ledgerName: 'x-hub-ledger-name',
  /** JSON of a {@link HeadWire}. */
  head: 'x-hub-head',
} as const;
/** How often a client sends `ping`. Two missed answers mean a dead connection. */
export const HEARTBEAT_MS = 15_000;

/** A place in the order of a topic: the next event wanted is the first at or after it. */
export interface Position {
  readonly height: number;
  readonly index: number;
}

/** Cursors are opaque to clients; the text is a position. */
export function encodeCursor(position: Position): string {
  return `${position.height}.${position.index}`;
}

const CURSOR_PATTERN = /^(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,9})$/;

/** The position in a cursor, or null for a text that no server made. */
export function decodeCursor(cursor: string): Position | null {
  const match = CURSOR_PATTERN.exec(cursor);
  if (match === null) return null;
  const position = { height: Number(match[1]), index: Number(match[2]) };
  return Number.isSafeInteger(position.height) ? position : null;
}

/** Negative, zero or positive as `a` stands before, at or after `b`. */
export function comparePositions(a: Position, b: Position): number {
  return a.height - b.height || a.index - b.index;
}

/** The head of a chain in frames. */
export interface HeadWire {
  readonly height: number;
  readonly hash: string;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
}

export interface SubscriptionFilter {
  /** Sender or recipient, `0x` + 40 hex digits. */
  readonly address?: string;
  /** Name of a transaction type. */
  readonly type?: string;
  /** Topic new_blocks: whole transactions beside their hashes. */
  readonly include_tx?: boolean;
}

export interface SubscribeFrame {
  readonly id: string | number;
  readonly type: 'subscribe';
  readonly topic: Topic;
  readonly filter?: SubscriptionFilter;
  /** First height wanted. Not together with `cursor`. */
  readonly from_height?: number;
  /** Of the last event seen: what follows it is wanted. */
  readonly cursor?: string;
  /** Events that may be on the way unacknowledged. */
  readonly credit?: number;
}
export interface UnsubscribeFrame {
  readonly id: string | number;
  readonly type: 'unsubscribe';
  readonly sub: string;
}
export interface AckFrame {
  readonly type: 'ack';
  readonly sub: string;
  /** All events up to this one are processed. */
  readonly seq: number;
}
export type ClientFrame = SubscribeFrame | UnsubscribeFrame | AckFrame;

export interface SocketLimits {
  readonly subscriptions: number;
  readonly frame_bytes: number;
  readonly credit_events: number;
  readonly credit_bytes: number;
}
/** What may be on the way unacknowledged. Acknowledge at half of it at the latest. */
export interface Credit {
  readonly events: number;
  readonly bytes: number;
}
export interface HelloFrame {
  readonly type: 'hello';
  readonly chain_id: string;
  readonly genesis_hash: string;
  readonly head: HeadWire;
  readonly server_time: string;
  readonly heartbeat_ms: number;
  readonly limits: SocketLimits;
}
export interface SubscribedFrame {
  readonly id: string | number;
  readonly type: 'subscribed';
  readonly sub: string;
  readonly head: HeadWire;
  /** Height at which the replay begins; null when the subscription is live at once. */
  readonly replay_from: number | null;
  /** As of now: a {@link CreditFrame} tells of another one. */
  readonly credit: Credit;
  /** Resuming from here gives every event of the subscription. */
  readonly cursor: string;
}
export interface UnsubscribedFrame {
  readonly id: string | number;
  readonly type: 'unsubscribed';
}
export interface EventFrame<Data = unknown> {
  readonly type: 'event';
  readonly sub: string;
  readonly topic: Topic;
  /** Counts the events of the subscription from 1. */
  readonly seq: number;
  readonly height: number;
  /** Resuming from here gives what follows this event. */
  readonly cursor: string;
  readonly replay: boolean;
  readonly data: Data;
}
/** What happens between blocks, topic consensus_events. It moves no cursor and is never sent again. */
export interface VolatileFrame {
  readonly type: 'event';
  readonly sub: string;
  readonly topic: 'consensus_events';
  readonly seq: number;
  /** Height under decision. */
  readonly height: number;
  readonly volatile: true;
  readonly replay: false;
  readonly data: VolatileEvent;
}
export interface CaughtUpFrame {
  readonly type: 'caught_up';
  readonly sub: string;
  readonly height: number;
  readonly cursor: string;
}
/** The hub is short of room: acknowledge all that is processed now, and at half of this from now on. */
export interface CreditFrame {
  readonly type: 'credit';
  readonly sub: string;
  readonly credit: Credit;
}
export interface LaggedFrame {
  readonly type: 'lagged';
  readonly sub: string;
  /** First height not (wholly) sent. */
  readonly from: number;
  /** Head of the chain. */
  readonly to: number;
}
/** An RFC 9457 problem as it stands in a frame. */
export interface FrameProblem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly [member: string]: unknown;
}
export interface ErrorFrame {
  /** Of the frame that failed; null when it had none that could be read. */
  readonly id: string | number | null;
  readonly type: 'error';
  /** Of the subscription that has ended, where one has. */
  readonly sub?: string;
  readonly error: FrameProblem;
}
export interface HeartbeatFrame {
  readonly type: 'heartbeat';
  readonly head: HeadWire;
}
export type ServerFrame =
  | HelloFrame
  | SubscribedFrame
  | UnsubscribedFrame
  | EventFrame
  | VolatileFrame
  | CaughtUpFrame
  | CreditFrame
  | LaggedFrame
  | ErrorFrame
  | HeartbeatFrame;
