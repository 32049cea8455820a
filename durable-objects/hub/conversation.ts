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
import type { HubStore } from './hub-store.ts';
import { BAD_FRAMES_MAX, FRAME_BYTES_MAX, SUBSCRIPTIONS_MAX } from './limits.ts';
import type { SocketState, SocketStates } from './socket-state.ts';
import { newSubscription, onAck, shareOf } from './subscription.ts';

/** What a conversation needs of its hub. */
export interface ConversationDeps {
  readonly registry: TransactionRegistry;
  readonly store: HubStore;
  readonly link: ChainLink;
  readonly states: SocketStates;
  /** Subscriptions that the hub takes. */
  readonly subscriptionsMax: number;
  /** Bytes that the hub may still send. */
  readonly room: () => number;
  /** Starts the replays of a socket that may go on. */
  readonly replay: (socket: WebSocket) => void;
  /** Bytes have been acknowledged. */
  readonly acknowledged: () => void;
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
      return this.#deps.states.end(socket, CLOSE_CODES.frameTooBig, 'frame too big');
    }
    const parsed = parseClientFrame(message);
    if (!parsed.ok) return this.#badFrame(socket, parsed.id, parsed.detail);
    const state = this.#deps.states.read(socket);
    if (state.badFrames > 0) this.#deps.states.write(socket, { ...state, badFrames: 0 });
    const { frame } = parsed;
    if (frame.type === 'subscribe') return this.#subscribe(socket, frame);
    if (frame.type === 'unsubscribe') return this.#unsubscribe(socket, frame);
    return this.#ack(socket, frame);
  }

  /** Ends a subscription with a problem. */
  end(socket: WebSocket, sub: string, code: ProblemCode, detail: string): void {
    this.#deps.states.drop(socket, sub);
    this.#error(socket, null, code, detail, sub);
  }

  async #subscribe(socket: WebSocket, frame: SubscribeFrame): Promise<void> {
    const asked = readSubscribe(frame);
    if (!asked.ok) return this.#error(socket, frame.id, 'FRAME_INVALID', asked.detail);
    if (frame.filter?.type !== undefined && this.#deps.registry.byName(frame.filter.type) === undefined) {
      return this.#error(socket, frame.id, 'FRAME_INVALID', `filter.type: no type ${frame.filter.type}`);
    }
    const attached = await this.#deps.link.attach(frame.topic === 'consensus_events');
    const state = this.#deps.states.read(socket);
    const row = this.#deps.store.row;
    if (!attached.ok) return this.#error(socket, frame.id, attached.problem.code, attached.problem.detail);
    if (row === null || socket.readyState !== WebSocket.OPEN) return this.#deps.left();
    const full = this.#full(state);
    if (full !== null) return this.#error(socket, frame.id, 'SUBSCRIPTION_LIMIT', full);
    const next = asked.next ?? { height: row.head.height + 1, index: 0 };
    const mode = next.height <= row.head.height ? 'replay' : 'live';
    const sub = `s${state.nextSub}`;
    const { topic, filter = {} } = frame;
    const subscription = newSubscription({
      sub,
      topic,
      filter,
      credit: asked.credit,
      next,
      mode,
    });
    this.#deps.states.write(socket, {
      ...state,
      nextSub: state.nextSub + 1,
      subscriptions: [...state.subscriptions, subscription],
    });
    const answer: SubscribedFrame = {
      id: frame.id,
      type: 'subscribed',
      sub,
      head: row.head,
      replay_from: mode === 'replay' ? next.height : null,
      credit: { events: asked.credit, bytes: shareOf(this.#deps.room()) },
      cursor: encodeCursor(next),
    };
    socket.send(JSON.stringify(answer));
    this.#deps.replay(socket);
  }

  /** Why there can be no further subscription, or null. */
  #full({ subscriptions }: SocketState): string | null {
    const { states, subscriptionsMax } = this.#deps;
    if (subscriptions.length >= SUBSCRIPTIONS_MAX) return `a socket has at most ${SUBSCRIPTIONS_MAX}`;
    return states.totals.subscriptions < subscriptionsMax
      ? null
      : `this hub has ${subscriptionsMax}, the most`;
  }

  async #unsubscribe(socket: WebSocket, frame: UnsubscribeFrame): Promise<void> {
    if (this.#deps.states.find(socket, frame.sub) === undefined) {
      return this.#error(socket, frame.id, 'SUBSCRIPTION_UNKNOWN', `no subscription ${frame.sub}`);
    }
    this.#deps.states.drop(socket, frame.sub);
    socket.send(JSON.stringify({ id: frame.id, type: 'unsubscribed' }));
    await this.#deps.left();
  }

  #ack(socket: WebSocket, frame: AckFrame): void {
    const subscription = this.#deps.states.find(socket, frame.sub);
    // An acknowledgement may cross the end of its subscription on the way: nothing is wrong then.
    if (subscription === undefined) return;
    const acked = onAck(subscription, frame.seq);
    if (acked === null) {
      this.#badFrame(socket, null, `seq: ${frame.sub} has no event ${frame.seq}`);
      return;
    }
    this.#deps.states.put(socket, acked);
    this.#deps.replay(socket);
    this.#deps.acknowledged();
  }

  #badFrame(socket: WebSocket, id: string | number | null, detail: string): void {
    this.#error(socket, id, 'FRAME_INVALID', detail);
    const { states } = this.#deps;
    const state = states.read(socket);
    if (state.badFrames + 1 >= BAD_FRAMES_MAX) states.end(socket, CLOSE_CODES.badFrame, 'bad frames');
    else states.write(socket, { ...state, badFrames: state.badFrames + 1 });
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
