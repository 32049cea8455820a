/** @module What a handler knows of its request, and what it says beside its body. */
import type { PeerCall } from '../shared/api/network-views.ts';
import type { ChainRecord } from '../shared/api/objects.ts';
import type { Settings } from '../shared/api/settings.ts';
import type { Place } from '../shared/ledger/replicas.ts';
import type { Env } from './env.ts';

/** Who gave an answer: `X-Served-By`. */
export type ServedBy = 'primary' | 'chain' | 'node' | `replica;region=${string}`;

/** Of every request. */
export interface NodeContext {
  readonly env: Env;
  readonly settings: Settings;
  readonly requestId: string;
  /** Lowest height that may answer: `X-Min-Height`; 0 = any. */
  readonly minHeight: number;
  /** Where the reader is. */
  readonly place: Place;
  /** `Authorization: Bearer`. */
  readonly bearer: string | null;
  /** Where the request is from: an address, or a part of one that one sender can fill. */
  readonly source: string;
  /** The node that calls, on routes with an envelope. */
  readonly call?: PeerCall;
  /** In front of links to this chain: '' or `/chains/<id>`. */
  readonly pathPrefix: string;
  waitUntil(promise: Promise<unknown>): void;
}

/** Of a request to one chain. */
export interface ChainContext extends NodeContext {
  readonly chain: ChainRecord;
}

/** What a handler answers. JSON-RPC uses the body alone. */
export interface Answer {
  readonly status: number;
  /** JSON value, or text where `type` is set. */
  readonly body: unknown;
  readonly type?: string;
  /** Height that the answer reflects: `X-Chain-Height`. */
  readonly height?: number;
  readonly servedBy?: ServedBy;
  /** True: final content addressed by its hash; it never changes. */
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The checked input of a route: strings of path and query after their schemas, and the body. */
export interface RouteInput {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** A 200 of a chain. */
export function chainAnswer(
  body: unknown,
  height: number,
  servedBy: ServedBy,
  more: Partial<Answer> = {},
): Answer {
  return { status: 200, body, height, servedBy, ...more };
}
