/**
 * @module What a chain's consensus says to the other validators and does with what they say. Everything from outside
 * enters consensus as an input of the same step; nothing here decides.
 */
import type { PeerFrame } from '../../shared/api/p2p/frame.ts';
import type { ConsensusMessage } from '../../shared/protocol/consensus/message.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import type { CandidateBlocks } from './candidate-blocks.ts';
import type { ConsensusDriver, ValidatorLinks } from './consensus-driver.ts';
import type { BlockGossip } from './gossip/block-gossip.ts';
import { DECIDED_BLOCKS_MAX } from './gossip/limits.ts';
import type { Neighbours } from './gossip/neighbours.ts';
import { transactionFrames } from './gossip/transaction-frames.ts';
import type { TransactionGossip } from './gossip/transaction-gossip.ts';

export interface ValidatorNetworkDeps {
  readonly neighbours: Neighbours;
  readonly blocks: CandidateBlocks;
  readonly blockGossip: BlockGossip;
  readonly transactionGossip: TransactionGossip;
  readonly driver: () => ConsensusDriver;
  readonly nowMs: () => number;
  /** A validator has decided this height, says what it works on. */
  readonly onDecided: (peer: ConsensusKey, height: number) => void;
  /** A peer outside the set has spoken as if it were in it. */
  readonly onImpostor: (peer: ConsensusKey) => void;
}

export class ValidatorNetwork implements ValidatorLinks {
  readonly #deps: ValidatorNetworkDeps;

  constructor(deps: ValidatorNetworkDeps) {
    this.#deps = deps;
  }

  /** The body first, so that its proposal finds it. */
  broadcast(message: ConsensusMessage, body: Uint8Array | null): void {
    if (body !== null) this.#toAll({ kind: 'block', body });
    this.#toAll({ kind: 'consensus', message });
  }

  send(peer: ConsensusKey, message: ConsensusMessage, body: Uint8Array | null): void {
    const { neighbours } = this.#deps;
    if (body !== null) neighbours.send(peer, { kind: 'block', body });
    neighbours.send(peer, { kind: 'consensus', message });
  }

  requestBlock(hash: HashHex): void {
    this.#toAll({ kind: 'request_block', hash });
  }

  requestDecided(peer: ConsensusKey, height: number): void {
    this.#deps.blockGossip.ask(peer, height, this.#deps.nowMs());
  }

  sendDecided(peer: ConsensusKey, height: number): void {
    this.#deps.blockGossip.answer(peer, height, height + DECIDED_BLOCKS_MAX - 1);
  }

  sendTransactions(peer: ConsensusKey): void {
    const { transactionGossip, neighbours, nowMs } = this.#deps;
    for (const frame of transactionFrames(transactionGossip.lackedBy(peer, nowMs()))) {
      neighbours.send(peer, frame);
    }
  }

  /** A message of consensus, from whomever. A follower only learns from it how far its validators are. */
  receiveMessage(peer: ConsensusKey, message: ConsensusMessage): void {
    const { neighbours, driver, blockGossip, nowMs } = this.#deps;
    const open = driver().state.height;
    const height = heightOf(message);
    if (neighbours.roleOf(peer) !== 'validator') {
      // Where one of us is behind, the sets may differ: only who claims a place in this very set lies.
      if (height === open) this.#deps.onImpostor(peer);
      return;
    }
    if (height > open) this.#deps.onDecided(peer, height - 1);
    if (neighbours.isValidating()) {
      driver().input([{ type: 'message', peer, message }], nowMs());
    } else if (height > open) blockGossip.ask(peer, open, nowMs());
  }

  /** The body of a proposed block. */
  receiveBody(peer: ConsensusKey, body: Uint8Array): void {
    const { neighbours, blocks, driver, nowMs } = this.#deps;
    if (neighbours.roleOf(peer) !== 'validator' || !neighbours.isValidating()) return;
    const verdict = blocks.add(body);
    if (verdict !== null) driver().input([{ type: 'block_ready', block: verdict }], nowMs());
  }

  /** A validator lacks the body of a proposed block. */
  answerBody(peer: ConsensusKey, hash: HashHex): void {
    const { neighbours, blocks } = this.#deps;
    const body = neighbours.roleOf(peer) === 'validator' ? blocks.body(hash) : null;
    if (body !== null) neighbours.send(peer, { kind: 'block', body });
  }

  #toAll(frame: PeerFrame): void {
    const { neighbours } = this.#deps;
    for (const peer of neighbours.validators()) neighbours.send(peer, frame);
  }
}

/** The height that a message is about. */
function heightOf(message: ConsensusMessage): number {
  switch (message.kind) {
    case 'proposal':
      return message.proposal.height;
    case 'votes':
      return Math.max(0, ...message.votes.map(({ height }) => height));
    case 'peer_state':
      return message.peerState.height;
    default:
      return message.certificate.height;
  }
}
