/**
 * @module Final blocks between nodes: a head is announced with its certificate, and whoever lacks its block asks for it.
 * One peer is asked at a time; what is far ahead is left to sync.
 */
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import type { BlockVerdict } from '../../../shared/protocol/consensus/proposal.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import type { CommitCertificate } from '../../../shared/protocol/votes/commit-certificate.ts';
import { decodeCertificate } from '../../../shared/protocol/votes/encode.ts';
import type { GossipMeter } from './gossip-figures.ts';
import {
  DECIDED_BLOCKS_MAX,
  DECIDED_BYTES_MAX,
  DECIDED_PAUSE_MS,
  DECIDED_TIMEOUT_MS,
  TIPS_MAX,
} from './limits.ts';
import type { Neighbours } from './neighbours.ts';

/** What a peer did when it should have given a block. */
export type BlockOffence = 'timeout' | 'invalid_block';

export interface BlockGossipDeps {
  readonly neighbours: Neighbours;
  readonly meter: GossipMeter;
  readonly log: Logger;
  /** The head of this node. */
  head(): { readonly height: number; readonly timeMs: number };
  stored(
    from: number,
    limit: number,
    bytesMax: number,
  ): readonly { readonly height: number; readonly body: Uint8Array; readonly certificate: Uint8Array }[];
  /** The verdict on a body that is said to be of this hash; null when it is not. */
  judge(hash: HashHex, body: Uint8Array): BlockVerdict | null;
  /** Puts a decided block of the open height into consensus, which checks the certificate. */
  decide(certificate: CommitCertificate, block: BlockVerdict): void;
  /** A peer is further ahead than this is made for: true when sync does the rest. */
  onFarBehind(peer: ConsensusKey, height: number): boolean;
  onOffence(peer: ConsensusKey, offence: BlockOffence): void;
}

interface Asked {
  readonly peer: ConsensusKey;
  readonly to: number;
  /** The peer did not say that it has as many. */
  readonly isGuess: boolean;
  /** When something last came, or the request went out. */
  atMs: number;
  /** Whether anything has come. */
  isAnswered: boolean;
}

export class BlockGossip {
  readonly #deps: BlockGossipDeps;
  /** The highest height that each peer said it has. */
  readonly #tips = new Map<ConsensusKey, number>();
  #asked: Asked | null = null;

  constructor(deps: BlockGossipDeps) {
    this.#deps = deps;
  }

  /** The own head as an announcement. */
  tip(): PeerFrame {
    const { head, stored } = this.#deps;
    const { height } = head();
    const [block] = height === 0 ? [] : stored(height, 1, DECIDED_BYTES_MAX);
    return { kind: 'tip', height, certificate: block?.certificate ?? null };
  }

  /** The highest height that a peer is known to have; 0 for one that never said. */
  tipOf(peer: ConsensusKey): number {
    return this.#tips.get(peer) ?? 0;
  }

  /** A peer says which height it has. */
  receiveTip(peer: ConsensusKey, height: number, nowMs: number): void {
    const isNews = height > this.#deps.head().height;
    if (!isNews) this.#deps.meter.duplicates('announcement', 1);
    this.#note(peer, height);
    if (isNews) this.#pursue(nowMs, peer);
  }

  /** A peer is known to have decided this height, perhaps more. */
  ask(peer: ConsensusKey, height: number, nowMs: number): void {
    if (height <= this.#deps.head().height) return;
    this.#note(peer, height);
    if (!this.#isWaiting(nowMs)) this.#request(peer, height, height + DECIDED_BLOCKS_MAX - 1, nowMs);
  }

  /** One final block. Only whoever was asked gives one, or a validator that saw us behind. */
  receive(peer: ConsensusKey, frame: Extract<PeerFrame, { kind: 'decided' }>, nowMs: number): void {
    const { neighbours, meter, head } = this.#deps;
    const asked = this.#asked?.peer === peer ? this.#asked : null;
    if (asked === null && neighbours.roleOf(peer) !== 'validator') {
      meter.dropped('unasked', 1);
      return;
    }
    const { height } = head();
    if (frame.height <= height) meter.duplicates('block', 1);
    else if (frame.height > height + 1) meter.dropped('unasked', 1);
    else if (this.#decide(frame)) meter.delivered('block', 1, nowMs - head().timeMs);
    else {
      this.#asked = null;
      this.#tips.delete(peer);
      this.#deps.onOffence(peer, 'invalid_block');
      this.#pursue(nowMs, null);
      return;
    }
    if (asked !== null) this.#goOn(asked, frame.height, nowMs);
  }

  /** Blocks that a peer asked for. */
  answer(peer: ConsensusKey, from: number, to: number): void {
    const { stored, neighbours, head } = this.#deps;
    this.#note(peer, Math.min(from - 1, head().height));
    const limit = Math.min(to - from + 1, DECIDED_BLOCKS_MAX);
    if (limit < 1) return;
    for (const { height, body, certificate } of stored(from, limit, DECIDED_BYTES_MAX)) {
      neighbours.send(peer, { kind: 'decided', height, body, certificate });
    }
  }

  /** Whoever was asked and does not answer is passed over. */
  tick(nowMs: number): void {
    const asked = this.#asked;
    if (asked === null || this.#isWaiting(nowMs)) return;
    this.#asked = null;
    // An answer may be shorter than what was asked for: as much as fits at once, or all that there is.
    if (!asked.isAnswered && this.tipOf(asked.peer) > this.#deps.head().height) {
      this.#tips.delete(asked.peer);
      this.#deps.onOffence(asked.peer, 'timeout');
    }
    this.#pursue(nowMs, null);
  }

  nextDueMs(): number | null {
    if (this.#asked === null) return null;
    return this.#asked.atMs + (this.#asked.isAnswered ? DECIDED_PAUSE_MS : DECIDED_TIMEOUT_MS);
  }

  #isWaiting(nowMs: number): boolean {
    const dueMs = this.nextDueMs();
    return dueMs !== null && nowMs < dueMs;
  }

  /** Asks for the next blocks: of this peer, or else of one that has them. What strangers claim moves nobody. */
  #pursue(nowMs: number, preferred: ConsensusKey | null): void {
    if (this.#isWaiting(nowMs)) return;
    const { neighbours } = this.#deps;
    const next = this.#deps.head().height + 1;
    const ahead = [...this.#tips]
      .filter(([one, height]) => height >= next && neighbours.roleOf(one) !== 'stranger')
      .sort(([, low], [, high]) => low - high);
    const [peer, height] = ahead.find(([one]) => one === preferred) ?? ahead[0] ?? [null, 0];
    if (peer === null) return;
    if (height - next >= DECIDED_BLOCKS_MAX && this.#deps.onFarBehind(peer, height)) return;
    this.#request(peer, next, Math.min(height, next + DECIDED_BLOCKS_MAX - 1), nowMs);
  }

  #request(peer: ConsensusKey, from: number, to: number, nowMs: number): void {
    const isGuess = to > this.tipOf(peer);
    this.#asked = { peer, to, isGuess, atMs: nowMs, isAnswered: false };
    this.#deps.neighbours.send(peer, { kind: 'request_decided', from, to });
  }

  /** Judged like any proposed block before its certificate counts. True when it moved the head. */
  #decide(frame: Extract<PeerFrame, { kind: 'decided' }>): boolean {
    const { judge, decide, head, log } = this.#deps;
    try {
      const certificate = decodeCertificate(frame.certificate);
      const block = judge(certificate.blockHash, frame.body);
      if (block !== null) decide(certificate, block);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warning('a peer sent a decided block that does not decode', {
        function: 'decided',
        code: error.code,
      });
    }
    return head().height >= frame.height;
  }

  /** After each block of an answer: whether there is more of it, or more to ask for. */
  #goOn(asked: Asked, height: number, nowMs: number): void {
    asked.atMs = nowMs;
    asked.isAnswered = true;
    const next = this.#deps.head().height + 1;
    if (height >= asked.to) {
      this.#asked = null;
      // A full answer of a peer that did not say how far it is: it may have more.
      if (asked.isGuess && this.tipOf(asked.peer) < next) {
        this.#request(asked.peer, next, next + DECIDED_BLOCKS_MAX - 1, nowMs);
      } else this.#pursue(nowMs, asked.peer);
    }
  }

  #note(peer: ConsensusKey, height: number): void {
    const known = this.#tips.get(peer) ?? 0;
    this.#tips.delete(peer);
    if (this.#tips.size >= TIPS_MAX) {
      const [oldest] = this.#tips.keys();
      if (oldest !== undefined) this.#tips.delete(oldest);
    }
    this.#tips.set(peer, Math.max(known, height));
  }
}
