/** @module What is remembered of each peer beside its link, and of all those together that do not validate. Bounded. */
import type { Envelope } from '../../../shared/api/p2p/envelope.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { TokenBucket } from '../../runtime/token-bucket.ts';
import type { FrameClass } from './frame-class.ts';
import { InboundBudget, PEER_BUDGETS } from './inbound-budget.ts';
import {
  EXPELLED_MS,
  PEERS_KEPT_MAX,
  STRANGER_BUDGETS,
  STRANGER_FRAME_COST,
  STRANGERS_BUDGETS,
  TOLERANCE,
} from './limits.ts';
import type { PeerLink } from './peer-link.ts';
import type { PeerRole } from './peer-role.ts';

/** What becomes of a frame: taken; more than the peer, or all strangers together, may send; or so much that it is a flood. */
export type FrameVerdict = 'taken' | 'dropped' | 'flood';

export interface PeerRecord {
  readonly link: PeerLink;
  /** By the role that the peer had when it was made. */
  budget: { readonly isStranger: boolean; readonly own: InboundBudget; readonly tolerance: TokenBucket };
  /** Time of the newest envelope of each channel: an older one has been seen or is too late. */
  readonly newestMs: Partial<Record<Envelope['channel'], number>>;
  /** When the peer last broke the rules; null for never. */
  expelledMs: number | null;
  /** When it was last told of that it floods; null for never. */
  floodMs: number | null;
}

export interface PeerRecordsDeps {
  newLink(peer: ConsensusKey): PeerLink;
  roleOf(peer: ConsensusKey): PeerRole;
  now(): number;
}

export class PeerRecords {
  readonly #deps: PeerRecordsDeps;
  readonly #records = new Map<ConsensusKey, PeerRecord>();
  readonly #strangers: InboundBudget;

  constructor(deps: PeerRecordsDeps) {
    this.#deps = deps;
    this.#strangers = new InboundBudget(deps.now(), STRANGERS_BUDGETS);
  }

  all(): Iterable<PeerRecord> {
    return this.#records.values();
  }

  known(peer: ConsensusKey): PeerRecord | undefined {
    return this.#records.get(peer);
  }

  /** The record of a peer, made where there is none. */
  of(peer: ConsensusKey): PeerRecord {
    const known = this.#records.get(peer);
    if (known !== undefined) return known;
    if (this.#records.size >= PEERS_KEPT_MAX) this.#forgetOne();
    const record: PeerRecord = {
      link: this.#deps.newLink(peer),
      budget: this.#newBudget(this.#isStranger(peer)),
      newestMs: {},
      expelledMs: null,
      floodMs: null,
    };
    this.#records.set(peer, record);
    return record;
  }

  /**
   * Whether a frame, or the answer that it asks for, is within the peer's budget, and within that of all strangers where
   * it is one.
   */
  take(peer: ConsensusKey, frameClass: FrameClass, workCost: number, isFrame: boolean): FrameVerdict {
    const nowMs = this.#deps.now();
    const { isStranger, own, tolerance } = this.#budgetOf(peer);
    const cost = isStranger && isFrame ? workCost + STRANGER_FRAME_COST : workCost;
    if (!own.takeFrame(frameClass, cost, nowMs)) return tolerance.take(1, nowMs) ? 'dropped' : 'flood';
    // What others have used up is not held against this one.
    return !isStranger || this.#strangers.takeFrame(frameClass, cost, nowMs) ? 'taken' : 'dropped';
  }

  /** Whether a peer may open a socket, or send a request, now. */
  takeContact(peer: ConsensusKey, kind: 'dial' | 'request'): boolean {
    const nowMs = this.#deps.now();
    const { isStranger, own } = this.#budgetOf(peer);
    if (isStranger && !this.#strangers.takeContact(kind, nowMs)) return false;
    return own.takeContact(kind, nowMs);
  }

  /** The peer has broken the rules. A validator is let in all the same: its votes count. */
  expel(peer: ConsensusKey): void {
    if (this.#deps.roleOf(peer) !== 'validator') this.of(peer).expelledMs = this.#deps.now();
  }

  /** The peer floods. True when that is to be told: a validator, whose link stays, may go on with it. */
  floods(peer: ConsensusKey): boolean {
    const record = this.of(peer);
    const nowMs = this.#deps.now();
    if (record.floodMs !== null && nowMs - record.floodMs < EXPELLED_MS) return false;
    record.floodMs = nowMs;
    return true;
  }

  /** Whether the peer has broken the rules and must wait. */
  isExpelled(peer: ConsensusKey): boolean {
    const expelledMs = this.#records.get(peer)?.expelledMs ?? null;
    return expelledMs !== null && this.#deps.now() - expelledMs < EXPELLED_MS;
  }

  #isStranger(peer: ConsensusKey): boolean {
    return this.#deps.roleOf(peer) === 'stranger';
  }

  #newBudget(isStranger: boolean): PeerRecord['budget'] {
    const nowMs = this.#deps.now();
    const own = new InboundBudget(nowMs, isStranger ? STRANGER_BUDGETS : PEER_BUDGETS);
    return { isStranger, own, tolerance: new TokenBucket(TOLERANCE, nowMs) };
  }

  /** A peer that comes into the set, or leaves it, has another budget from then on. */
  #budgetOf(peer: ConsensusKey): PeerRecord['budget'] {
    const record = this.of(peer);
    const isStranger = this.#isStranger(peer);
    if (record.budget.isStranger !== isStranger) record.budget = this.#newBudget(isStranger);
    return record.budget;
  }

  /** The oldest record of a stranger without a link goes; those of validators and upstreams are few. */
  #forgetOne(): void {
    for (const [peer, { link }] of this.#records) {
      if (link.isConnected || this.#deps.roleOf(peer) !== 'stranger' || this.isExpelled(peer)) continue;
      this.#records.delete(peer);
      return;
    }
  }
}
