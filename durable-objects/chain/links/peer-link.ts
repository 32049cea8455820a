/** @module The link to one peer: what waits for it, the socket in use, and how a new one is opened. */
import {
  BATCH_BYTES_MAX,
  BATCH_FRAME_HEAD_BYTES,
  BATCH_FRAMES_MAX,
} from '../../../shared/api/p2p/session-codec.ts';
import { errorText, type Logger } from '../../../shared/observability/log.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { CROSSING_MS, FAULT_FAILURES, LINK_CLOSE, UPGRADE_RETRY_MS } from './limits.ts';
import type { LinkCounters } from './link-stats.ts';
import { OutboundQueue, type Payload, type QueueSpace } from './outbound-queue.ts';
import type { DialOutcome, OutgoingRequests } from './outgoing-requests.ts';
import { retryMs } from './retry.ts';
import { Session } from './session.ts';

/** What every link of a chain shares. */
export interface LinkContext {
  readonly requests: OutgoingRequests;
  readonly space: QueueSpace;
  readonly counters: LinkCounters;
  readonly log: Logger;
  now(): number;
  /** A socket that this side opened: its messages must reach `PeerLinks.message`. */
  opened(session: Session): void;
  /** Base URL of the peer's node. Undefined: it can only call us. */
  urlOf(peer: ConsensusKey): string | undefined;
  onConnected(peer: ConsensusKey): void;
  /** An attempt to reach the peer has failed, so many in a row. */
  onFailed(peer: ConsensusKey, failures: number): void;
}

type Timer = ReturnType<typeof setTimeout>;
/** What to do after an attempt. */
type Next = 'done' | 'again' | 'wait';

export class PeerLink {
  readonly peer: ConsensusKey;
  readonly #context: LinkContext;
  readonly #queue: OutboundQueue;
  #active: Session | null = null;
  /** Someone has sent since the chain was idle: the link is kept, and opened again when it breaks. */
  #wanted = false;
  #attempting = false;
  #failures = 0;
  #retry: Timer | null = null;
  #way: 'socket' | 'request' = 'socket';
  /** Requests have reached the peer since the last socket. */
  #requestsWork = false;
  #socketAgainMs = 0;

  constructor(peer: ConsensusKey, context: LinkContext) {
    this.peer = peer;
    this.#context = context;
    this.#queue = new OutboundQueue(context.space, ({ isBulk }) => context.counters.droppedOut(isBulk));
  }

  get isConnected(): boolean {
    return this.#active !== null;
  }

  /** No socket, and none is sought: an attempt that is under way ends by itself. */
  get isQuiet(): boolean {
    return this.#active === null && !this.#wanted;
  }

  /** Whether something sent now can ever leave. */
  get isReachable(): boolean {
    return this.#active !== null || this.#context.urlOf(this.peer) !== undefined;
  }

  send(payload: Payload): void {
    this.#wanted = true;
    this.#queue.push(payload);
    this.flush();
  }

  /** Opens the link, should there be none, though nothing waits. */
  connect(): void {
    this.#wanted = true;
    this.#connect();
  }

  /** Sends what the window allows, or sees to it that there is a link. */
  flush(): void {
    if (this.#active !== null) this.#write(this.#active);
    if (this.#active === null) this.#connect();
  }

  /** A socket whose peer has proved itself. Of two, both sides keep the same one. */
  adopt(session: Session): void {
    const rival = this.#active;
    if (rival !== null && this.#keeps(rival, session)) {
      this.#stepDown(session, rival);
      return;
    }
    this.#active = session;
    if (rival !== null) this.#stepDown(rival, session);
    this.#failures = 0;
    this.#requestsWork = false;
    this.#way = 'socket';
    this.#stopRetry();
    this.#context.onConnected(this.peer);
    this.flush();
  }

  /** A socket that slept with the object. */
  resume(session: Session): void {
    if (this.#active !== null && this.#keeps(this.#active, session)) return;
    this.#active = session;
  }

  /** Acknowledges what has come in, where that is due. */
  acknowledge(session: Session): void {
    try {
      session.acknowledge(this.#context.now());
    } catch (error) {
      this.#abandon(session, LINK_CLOSE.stalled, error);
    }
  }

  /** The socket has gone. `isIdle`: the peer closed it for want of work. */
  lost(session: Session, isIdle: boolean): void {
    if (this.#active !== session) return;
    this.#active = null;
    if (isIdle && this.#queue.size === 0) this.#wanted = false;
    if (isIdle) this.#connect();
    else if (this.#wanted) this.#wait();
  }

  /** The peer broke the rules on this socket, which is closed with this code. */
  fault(session: Session, error: Error, code: number = LINK_CLOSE.badFrame): void {
    const { counters, log } = this.#context;
    counters.count('bad_frames');
    log.warning('a peer broke the rules of the link', {
      function: 'fault',
      peer: this.peer,
      error: errorText(error),
    });
    session.end(code, code === LINK_CLOSE.flood ? 'more than may be sent' : 'bad frame');
    if (this.#active !== session) return;
    this.#active = null;
    this.#failures = Math.max(this.#failures, FAULT_FAILURES);
    if (this.#wanted) this.#wait();
  }

  /** Closes the link after what was sent, gives up what waits, and calls nobody until the next `send`. */
  closeIdle(): void {
    this.#wanted = false;
    this.#failures = 0;
    this.#stopRetry();
    this.#queue.clear();
    const session = this.#active;
    this.#active = null;
    session?.close(LINK_CLOSE.idle, 'idle');
  }

  #write(session: Session): void {
    const { counters } = this.#context;
    const nowMs = this.#context.now();
    if (session.isStalled(nowMs)) {
      counters.count('stalls');
      this.#abandon(session, LINK_CLOSE.stalled, new Error('no acknowledgement'));
      return;
    }
    try {
      for (let next = this.#queue.next; next !== undefined; next = this.#queue.next) {
        if (!session.offer(next.bytes, nowMs)) return;
        this.#queue.shift();
        counters.count('frames_out');
      }
    } catch (error) {
      this.#abandon(session, LINK_CLOSE.stalled, error);
    }
  }

  /** The socket is gone, whatever it says; what waits goes over a new one. */
  #abandon(session: Session, code: number, error: unknown): void {
    this.#context.log.debug('a link is given up', {
      function: 'abandon',
      peer: this.peer,
      error: errorText(error),
    });
    session.close(code, 'stalled');
    this.lost(session, false);
  }

  /** Whether `rival` stays in use although `session` has opened. The lower key's wins where two have crossed. */
  #keeps(rival: Session, session: Session): boolean {
    if (rival.openedBy === session.openedBy) return false;
    if (Math.abs(session.openedMs - rival.openedMs) >= CROSSING_MS) return false;
    const lower = session.self < this.peer ? 'self' : 'peer';
    return rival.openedBy === lower;
  }

  /**
   * The one who opened a socket closes it, so that what it sent before is read by the other side. A peer that opens a
   * second socket has lost the first.
   */
  #stepDown(loser: Session, winner: Session): void {
    if (loser.openedBy === 'self' || winner.openedBy === 'peer') {
      loser.close(LINK_CLOSE.duplicate, 'another link is used');
    } else loser.retire();
  }

  #connect(): void {
    if (this.#active !== null || !this.#wanted || this.#attempting || this.#retry !== null) return;
    const url = this.#context.urlOf(this.peer);
    if (url === undefined) return;
    const isSocketDue = this.#context.now() >= this.#socketAgainMs;
    if (this.#way === 'request' && isSocketDue && (this.#requestsWork || this.#queue.size === 0)) {
      this.#way = 'socket';
    }
    if (this.#way === 'request' && this.#queue.size === 0) return;
    this.#attempting = true;
    void this.#attempt(url);
  }

  async #attempt(url: string): Promise<void> {
    const next = await (this.#way === 'socket' ? this.#dial(url) : this.#post(url));
    this.#attempting = false;
    if (this.#active !== null) this.flush();
    else if (next === 'wait' && this.#wanted) this.#wait();
    else if (next === 'wait') this.#queue.clear();
    else this.#connect();
  }

  async #dial(url: string): Promise<Next> {
    const { requests, counters, log } = this.#context;
    counters.count('dials');
    const outcome = await requests
      .dial({ peer: this.peer, url }, this.#failures)
      .catch((error: unknown) => ({ kind: 'failed', error: errorText(error) }) as const);
    if (outcome.kind === 'open') {
      if (this.#wanted) this.#open(outcome);
      else {
        outcome.socket.accept();
        outcome.socket.close(LINK_CLOSE.idle, 'idle');
      }
      return 'done';
    }
    counters.count('dials_failed');
    log.debug('a dial failed', { function: 'dial', peer: this.peer, ...outcome });
    if (outcome.kind === 'refused') return 'wait';
    const hasAnswer = outcome.kind === 'no_socket' || this.#requestsWork;
    this.#socketAgainMs = hasAnswer ? this.#context.now() + UPGRADE_RETRY_MS : 0;
    this.#way = 'request';
    return hasAnswer ? 'again' : 'wait';
  }

  #open({ socket, confirm, self }: Extract<DialOutcome, { kind: 'open' }>): void {
    socket.binaryType = 'arraybuffer';
    socket.accept();
    socket.send(confirm);
    const session = new Session(socket, {
      peer: this.peer,
      self,
      openedBy: 'self',
      challenge: '',
      phase: 'open',
      openedMs: this.#context.now(),
      sent: 0,
      received: 0,
    });
    this.#context.opened(session);
    this.adopt(session);
  }

  async #post(url: string): Promise<Next> {
    const { requests, counters, log } = this.#context;
    const bytesMax = BATCH_BYTES_MAX - BATCH_FRAME_HEAD_BYTES;
    const batch = this.#queue.batch(BATCH_FRAMES_MAX, bytesMax, BATCH_FRAME_HEAD_BYTES);
    const frames = batch.map(({ bytes }) => bytes);
    counters.count('requests');
    const status = await requests
      .post({ peer: this.peer, url }, frames, this.#failures)
      .catch((error: unknown) => errorText(error));
    if (status === 204) return this.#delivered(batch);
    counters.count('requests_failed');
    log.debug('a peer took no frames', { function: 'post', peer: this.peer, status });
    this.#requestsWork = false;
    this.#way = 'socket';
    return 'wait';
  }

  #delivered(batch: readonly Payload[]): Next {
    this.#queue.remove(batch);
    this.#context.counters.count('frames_out', batch.length);
    this.#failures = 0;
    const isNew = !this.#requestsWork;
    this.#requestsWork = true;
    if (isNew) this.#context.onConnected(this.peer);
    return 'again';
  }

  /** A peer whose URL is not known calls us, or nobody does; what waits for it stays. */
  #wait(): void {
    if (this.#retry !== null) return;
    if (this.#context.urlOf(this.peer) === undefined) {
      this.#wanted = false;
      return;
    }
    this.#failures += 1;
    this.#retry = setTimeout(
      () => {
        this.#retry = null;
        this.#connect();
      },
      retryMs(this.#failures, Math.random()),
    );
    this.#context.onFailed(this.peer, this.#failures);
  }

  #stopRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }
}
