/**
 * @module What a chain says to the other validators and does with what they say. Everything from outside enters consensus
 * as an input of the same step; nothing here decides.
 */
import type { PeerFrame } from '../../shared/api/p2p/frame.ts';
import type { Logger } from '../../shared/observability/log.ts';
import type { ConsensusMessage } from '../../shared/protocol/consensus/message.ts';
import { assertNever } from '../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { ProtocolError } from '../../shared/protocol/primitives/errors.ts';
import { decodeCertificate } from '../../shared/protocol/votes/encode.ts';
import type { CandidateBlocks } from './candidate-blocks.ts';
import type { ConsensusDriver, ValidatorLinks } from './consensus-driver.ts';
import type { EvidencePool } from './evidence-pool.ts';
import type { HeadTracker } from './head-tracker.ts';
import type { ChainStore } from './store.ts';
import type { TransactionPool } from './transaction-pool.ts';

/** Decided blocks asked for, and sent, at once. */
export const DECIDED_BLOCKS_MAX = 16;
/** Bytes of bodies in one answer with decided blocks; the first always goes. */
const DECIDED_BYTES_MAX = 2_000_000;
/** The same heights are asked for again after this time. */
const DECIDED_RETRY_MS = 500;
/** Oldest pending transactions that go to a proposer at once. */
export const FORWARDED_TRANSACTIONS_MAX = 256;
/** Bytes of them. */
const FORWARDED_BYTES_MAX = 200_000;

/** Where frames go out. */
export interface FrameSink {
  send(peer: ConsensusKey, frame: PeerFrame): void;
  broadcast(frame: PeerFrame): void;
}

export interface ValidatorNetworkDeps {
  readonly sink: FrameSink;
  readonly store: ChainStore;
  readonly blocks: CandidateBlocks;
  readonly pool: TransactionPool;
  readonly evidence: EvidencePool;
  readonly head: HeadTracker;
  readonly log: Logger;
  readonly nowMs: () => number;
  /** Checks signatures and admits; refusals are nobody's business here. */
  readonly admit: (transactions: readonly Uint8Array[]) => void;
}

export class ValidatorNetwork implements ValidatorLinks {
  readonly #deps: ValidatorNetworkDeps;
  /** Highest height asked for, and when. */
  #asked = { height: 0, atMs: 0 };

  constructor(deps: ValidatorNetworkDeps) {
    this.#deps = deps;
  }

  /** The body first, so that its proposal finds it. */
  broadcast(message: ConsensusMessage, body: Uint8Array | null): void {
    if (body !== null) this.#deps.sink.broadcast({ kind: 'block', body });
    this.#deps.sink.broadcast({ kind: 'consensus', message });
  }

  send(peer: ConsensusKey, message: ConsensusMessage, body: Uint8Array | null): void {
    if (body !== null) this.#deps.sink.send(peer, { kind: 'block', body });
    this.#deps.sink.send(peer, { kind: 'consensus', message });
  }

  requestBlock(hash: HashHex): void {
    this.#deps.sink.broadcast({ kind: 'request_block', hash });
  }

  requestDecided(peer: ConsensusKey, height: number): void {
    const nowMs = this.#deps.nowMs();
    if (this.#asked.height >= height && nowMs < this.#asked.atMs + DECIDED_RETRY_MS) return;
    const to = height + DECIDED_BLOCKS_MAX - 1;
    this.#asked = { height: to, atMs: nowMs };
    this.#deps.sink.send(peer, { kind: 'request_decided', from: height, to });
  }

  sendDecided(peer: ConsensusKey, height: number): void {
    this.#sendDecidedRange(peer, height, height + DECIDED_BLOCKS_MAX - 1);
  }

  sendTransactions(peer: ConsensusKey): void {
    const transactions: Uint8Array[] = [];
    let bytes = 0;
    for (const pending of this.#deps.pool.page(FORWARDED_TRANSACTIONS_MAX).transactions) {
      bytes += pending.bytes.length;
      if (bytes > FORWARDED_BYTES_MAX) break;
      transactions.push(pending.bytes);
    }
    if (transactions.length > 0) this.#deps.sink.send(peer, { kind: 'transactions', transactions });
  }

  /** A frame of an authenticated validator. */
  receive(peer: ConsensusKey, frame: PeerFrame, driver: ConsensusDriver): void {
    const { blocks, sink, nowMs, admit } = this.#deps;
    switch (frame.kind) {
      case 'consensus':
        driver.input([{ type: 'message', peer, message: frame.message }], nowMs());
        return;
      case 'block': {
        const verdict = blocks.add(frame.body);
        if (verdict !== null) driver.input([{ type: 'block_ready', block: verdict }], nowMs());
        return;
      }
      case 'request_block': {
        const body = blocks.body(frame.hash);
        if (body !== null) sink.send(peer, { kind: 'block', body });
        return;
      }
      case 'decided':
        this.#receiveDecided(peer, frame, driver);
        return;
      case 'request_decided':
        this.#sendDecidedRange(peer, frame.from, frame.to);
        return;
      case 'transactions':
        admit(frame.transactions);
        return;
      case 'evidence':
        this.#receiveEvidence(peer, frame.evidence, driver);
        return;
      case 'tip':
        return;
      default:
        assertNever(frame);
    }
  }

  /** One block of a height that others have decided; it is judged like any other before its certificate counts. */
  #receiveDecided(
    peer: ConsensusKey,
    frame: Extract<PeerFrame, { kind: 'decided' }>,
    driver: ConsensusDriver,
  ): void {
    const { head, blocks, log, nowMs } = this.#deps;
    if (frame.height !== head.head.height + 1) return;
    try {
      const certificate = decodeCertificate(frame.certificate);
      const block = blocks.judge(certificate.blockHash, frame.body);
      if (block !== null) driver.input([{ type: 'decided', certificate, block }], nowMs());
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warning('a peer sent a decided block that does not decode', {
        function: 'decided',
        peer,
        code: error.code,
      });
    }
    const isLastAsked = frame.height === this.#asked.height && head.head.height === frame.height;
    if (isLastAsked) this.requestDecided(peer, frame.height + 1);
  }

  /** Checked before it waits for a block; what is new here is work. */
  #receiveEvidence(peer: ConsensusKey, bytes: Uint8Array, driver: ConsensusDriver): void {
    const { evidence, log, nowMs } = this.#deps;
    try {
      if (evidence.add(bytes)) driver.workArrived(nowMs());
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warning('a peer sent evidence that is none', { function: 'evidence', peer, code: error.code });
    }
  }

  #sendDecidedRange(peer: ConsensusKey, from: number, to: number): void {
    const limit = Math.min(to - from + 1, DECIDED_BLOCKS_MAX);
    if (limit < 1) return;
    for (const { height, body, certificate } of this.#deps.store.blocks(from, limit, DECIDED_BYTES_MAX)) {
      this.#deps.sink.send(peer, { kind: 'decided', height, body, certificate });
    }
  }
}
