/** @module Asking another node for final blocks: one signed request, one answer within its bounds of bytes, time and rate. */
import {
  type BlocksRequest,
  decodeBlocksAnswer,
  encodeBlocksRequest,
  RANGE_ANSWER_BYTES_MAX,
} from '../../../shared/api/p2p/blocks-codec.ts';
import { errorText } from '../../../shared/observability/log.ts';
import type { CertifiedBytes } from '../../../shared/protocol/execution/linked-blocks.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import { boundedBody } from '../../runtime/bounded-body.ts';
import { ANSWER_GRACE_MS, ANSWER_HEAD_MS, ANSWER_RATE_MIN, ANSWER_TIMEOUT_MS, LOOK_MS } from './limits.ts';

/** What came of a request: blocks, at most as many as were asked for; or how the peer failed. */
export type RangeAnswer =
  | { readonly kind: 'blocks'; readonly blocks: readonly CertifiedBytes[] }
  /** Without an offence: it says itself that it will not, or not now. */
  | { readonly kind: 'failed'; readonly offence: 'timeout' | 'bad_frame' | null; readonly detail: string };

/** Answers by which a node says no. */
const REFUSALS = [401, 403, 404, 429, 503];

/** A request of the object's few: `exchange` runs once it has its place, and sends it when it calls `send`. */
export interface BlocksTransport {
  blocks<T>(
    address: { readonly peer: ConsensusKey; readonly url: string },
    request: Uint8Array<ArrayBuffer>,
    failures: number,
    exchange: (send: (signal: AbortSignal) => Promise<Response>) => Promise<T>,
  ): Promise<T>;
}

/** Sends the request to a node. Never throws: a peer that fails is an answer like any other. */
export async function fetchRange(
  transport: BlocksTransport,
  peer: { readonly node_key: string; readonly url: string; readonly failures: number },
  request: BlocksRequest,
): Promise<RangeAnswer> {
  const address = { peer: peer.node_key as ConsensusKey, url: peer.url };
  try {
    return await transport.blocks(address, encodeBlocksRequest(request), peer.failures, async (send) => {
      const patience = new Patience();
      try {
        return await readAnswer(await send(patience.signal), request, patience);
      } finally {
        patience.end();
      }
    });
  } catch (error) {
    if (error instanceof ProtocolError)
      return { kind: 'failed', offence: 'bad_frame', detail: error.message };
    return { kind: 'failed', offence: 'timeout', detail: errorText(error).slice(0, 200) };
  }
}

async function readAnswer(
  response: Response,
  request: BlocksRequest,
  patience: Patience,
): Promise<RangeAnswer> {
  patience.begin();
  if (response.status !== 200) {
    await response.body?.cancel();
    const offence = REFUSALS.includes(response.status) ? null : 'timeout';
    return { kind: 'failed', offence, detail: `answered with HTTP ${response.status}` };
  }
  const bytes = await boundedBody(response, RANGE_ANSWER_BYTES_MAX, (size) => patience.grow(size));
  if (bytes === null) return { kind: 'failed', offence: 'bad_frame', detail: 'the answer is too large' };
  const blocks = decodeBlocksAnswer(bytes);
  if (blocks.length > request.to - request.from + 1) {
    return { kind: 'failed', offence: 'bad_frame', detail: 'more blocks than were asked for' };
  }
  return { kind: 'blocks', blocks };
}

/**
 * Aborts an answer that does not begin, that comes more slowly than it must, or that takes too long in all. What counts is
 * time in which this thread could read: while it executes blocks nobody keeps it waiting.
 */
class Patience {
  readonly #abort = new AbortController();
  readonly #looks: ReturnType<typeof setInterval>;
  #lookedAtMs = Date.now();
  #waitedMs = 0;
  /** In time waited: when an answer that has not ended is given up, and why. */
  #limitMs = ANSWER_HEAD_MS;
  #reason = 'no answer in time';

  constructor() {
    this.#looks = setInterval(() => this.#look(), LOOK_MS);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The head of the answer is here. */
  begin(): void {
    this.#limitMs = this.#waitedMs + ANSWER_GRACE_MS;
    this.#reason = 'the answer comes too slowly';
  }

  /** Each byte buys time. */
  grow(bytes: number): void {
    this.#limitMs += (bytes * 1_000) / ANSWER_RATE_MIN;
  }

  end(): void {
    clearInterval(this.#looks);
  }

  #look(): void {
    const nowMs = Date.now();
    this.#waitedMs += Math.min(nowMs - this.#lookedAtMs, 2 * LOOK_MS);
    this.#lookedAtMs = nowMs;
    if (this.#waitedMs >= ANSWER_TIMEOUT_MS) this.#give('the answer takes too long');
    else if (this.#waitedMs >= this.#limitMs) this.#give(this.#reason);
  }

  #give(reason: string): void {
    this.#abort.abort(new Error(reason));
  }
}
