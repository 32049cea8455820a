/** @module What a client says and what it is answered: one method per kind of frame. */
import {
  type AckFrame,
  CLOSE_CODES,
  encodeCursor,
  type SubscribedFrame,
  type SubscribeFrame,
  type UnsubscribeFrame,
} from '../../shared/api/frames.ts';
import { type ProblemCode, toProblem } from '../../shared/api/problems.ts';
import type { TransactionRegistry } from '../../shared/protocol/transaction/define-transaction.ts';
import type { ChainLink } from './chain-link.ts';
import { parseClientFrame, readSubscribe } from './client-frames.ts';
import type { FanOut } from './fan-out.ts';
import type { HubStore } from './hub-store.ts';
import { BAD_FRAMES_MAX, FRAME_BYTES_MAX, HUB_SUBSCRIPTIONS_MAX, SUBSCRIPTIONS_MAX } from './limits.ts';
import {
  dropSubscription,
  endSocket,
  findSubscription,
  putSubscription,
  readState,
  writeState,
} from './socket-state.ts';
import { creditBytes, newSubscription, onAck } from './subscription.ts';

/** What a conversation needs of its hub. */
export interface ConversationDeps {
  readonly registry: TransactionRegistry;
  readonly store: HubStore;
  readonly link: ChainLink;
  readonly fanOut: FanOut;
  /** Starts the replays of a socket that may go on. */
  readonly replay: (socket: WebSocket) => void;
  /** A subscription has gone: the chain is told when it was the last. */
  readonly left: () => Promise<void>;
}

export class Conversation {
  readonly #deps: ConversationDeps;

  constructor(deps: ConversationDeps) {
    this.#deps = deps;
  }

  /** Takes one message of a client. */
  async take(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (typeof message !== 'string') return this.#badFrame(socket, null, 'binary frames are not understood');
    if (message.length > FRAME_BYTES_MAX || new TextEncoder().encode(message).length > FRAME_BYTES_MAX) {
      this.#error(socket, null, 'FRAME_INVALID', `a frame has at most ${FRAME_BYTES_MAX} bytes`);
      return endSocket(socket, CLOSE_CODES.frameTooBig, 'frame too big');
    }
    const parsed = parseClientFrame(message);
    if (!parsed.ok) return this.#badFrame(socket, parsed.id, parsed.detail);
    const state = readState(socket);
    if (state.badFrames > 0) writeState(socket, { ...state, badFrames: 0 });
    const { frame } = parsed;
    if (frame.type === 'subscribe') return this.#subscribe(socket, frame);
    if (frame.type === 'unsubscribe') return this.#unsubscribe(socket, frame);
    return this.#ack(socket, frame);
  }

  /** Ends a subscription with a problem. */
  end(socket: WebSocket, sub: string, code: ProblemCode, detail: string): void {
    dropSubscription(socket, sub);
    this.#error(socket, null, code, detail, sub);
  }

  async #subscribe(socket: WebSocket, frame: SubscribeFrame): Promise<void> {
    const asked = readSubscribe(frame);
    if (!asked.ok) return this.#error(socket, frame.id, 'FRAME_INVALID', asked.detail);
    if (frame.filter?.type !== undefined && this.#deps.registry.byName(frame.filter.type) === undefined) {
      return this.#error(socket, frame.id, 'FRAME_INVALID', `filter.type: no type ${frame.filter.type}`);
    }
    const attached = await this.#deps.link.attach(frame.topic === 'consensus_events');
    const state = readState(socket);
    const row = this.#deps.store.row;
    if (!attached.ok) return this.#error(socket, frame.id, attached.problem.code, attached.problem.detail);
    if (row === null || socket.readyState !== WebSocket.OPEN) return this.#deps.left();
    if (
      state.subscriptions.length >= SUBSCRIPTIONS_MAX ||
      this.#deps.fanOut.count() >= HUB_SUBSCRIPTIONS_MAX
    ) {
      return this.#error(socket, frame.id, 'SUBSCRIPTION_LIMIT', `a socket has at most ${SUBSCRIPTIONS_MAX}`);
    }
    const next = asked.next ?? { height: row.head.height + 1, index: 0 };
    const mode = next.height <= row.head.height ? 'replay' : 'live';
    const sub = `s${state.nextSub}`;
    const { topic, filter = {} } = frame;
    const subscription = newSubscription({ sub, topic, filter, credit: asked.credit, next, mode });
    writeState(socket, {
      ...state,
      nextSub: state.nextSub + 1,
      subscriptions: [...state.subscriptions, subscription],
    });
    this.#deps.fanOut.added();
    const answer: SubscribedFrame = {
      id: frame.id,
      type: 'subscribed',
      sub,
      head: row.head,
      replay_from: mode === 'replay' ? next.height : null,
      credit: { events: asked.credit, bytes: creditBytes(this.#deps.fanOut.count()) },
      cursor: encodeCursor(next),
    };
    socket.send(JSON.stringify(answer));
    this.#deps.replay(socket);
  }

  async #unsubscribe(socket: WebSocket, frame: UnsubscribeFrame): Promise<void> {
    if (findSubscription(socket, frame.sub) === undefined) {
      return this.#error(socket, frame.id, 'SUBSCRIPTION_UNKNOWN', `no subscription ${frame.sub}`);
    }
    dropSubscription(socket, frame.sub);
    socket.send(JSON.stringify({ id: frame.id, type: 'unsubscribed' }));
    await this.#deps.left();
  }

  #ack(socket: WebSocket, frame: AckFrame): void {
    const subscription = findSubscription(socket, frame.sub);
    // An acknowledgement may cross the end of its subscription on the way: nothing is wrong then.
    if (subscription === undefined) return;
    const acked = onAck(subscription, frame.seq);
    if (acked === null) {
      this.#badFrame(socket, null, `seq: ${frame.sub} has no event ${frame.seq}`);
      return;
    }
    putSubscription(socket, acked);
    this.#deps.replay(socket);
  }

  #badFrame(socket: WebSocket, id: string | number | null, detail: string): void {
    this.#error(socket, id, 'FRAME_INVALID', detail);
    const state = readState(socket);
    if (state.badFrames + 1 >= BAD_FRAMES_MAX) endSocket(socket, CLOSE_CODES.badFrame, 'bad frames');
    else writeState(socket, { ...state, badFrames: state.badFrames + 1 });
  }

  #error(
    socket: WebSocket,
    id: string | number | null,
    code: ProblemCode,
    detail: string,
    sub?: string,
  ): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    const error = toProblem({ code, detail }, crypto.randomUUID());
    socket.send(JSON.stringify({ id, type: 'error', sub, error }));
  }
}
