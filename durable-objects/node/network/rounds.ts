/** @module What this node asks of others: it meets boot nodes, proves the addresses of newcomers, and compares with peers. */
import type { ChainClaim, Exchange } from '../../../shared/api/network-views.ts';
import type { ObjectProblem } from '../../../shared/api/objects.ts';
import { PROTOCOL_NAME } from '../../../shared/api/p2p/capabilities.ts';
import { nodeIdOf } from '../../../shared/api/p2p/peer-record.ts';
import type { ProblemCode } from '../../../shared/api/problems.ts';
import { exchangeAnswerSchema, nodeStatusSchema } from '../../../shared/api/schemas/network.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { type ReadRecord, readRecord } from './admission.ts';
import type { NetworkState } from './network-state.ts';
import type { Peer } from './peer.ts';
import type { PeerBook } from './peer-book.ts';
import type { Outcome, PeerClient, Target } from './peer-client.ts';
import { OFFENCE_POINTS } from './peer-score.ts';
import type { Contact } from './schedule.ts';

export interface RoundsDeps {
  readonly client: PeerClient;
  readonly book: PeerBook;
  readonly state: NetworkState;
  /** Own node id. */
  readonly self: string;
  readonly bootNodes: readonly string[];
  readonly record: () => ReadRecord;
  readonly claimsFor: (peer: Peer | null) => readonly ChainClaim[];
  readonly count: (name: string, labels: Readonly<Record<string, string>>) => void;
  /** A node has said how its chains stand. */
  readonly onClaims: (nodeId: string, claims: readonly ChainClaim[]) => void;
  readonly now: () => number;
  readonly log: Logger;
}

/** What came of meeting the node at a URL. `self`: it is this one. */
export type Met =
  | { readonly kind: 'met'; readonly peer: Peer }
  | { readonly kind: 'self' }
  /** `nodeId` is who says to be there; null where nobody does. */
  | { readonly kind: 'failed'; readonly problem: ObjectProblem; readonly nodeId: string | null };

/** The answer of an exchange, checked. */
interface Answered {
  readonly read: ReadRecord;
  readonly chains: readonly ChainClaim[];
  readonly peers: readonly string[];
}

export class Rounds {
  readonly #deps: RoundsDeps;

  constructor(deps: RoundsDeps) {
    this.#deps = deps;
  }

  /** Boot nodes that are no peers yet, and not this node itself. */
  bootContacts(nowMs: number): Contact[] {
    const { bootNodes, state, book, self } = this.#deps;
    return bootNodes.flatMap((url): Contact[] => {
      const { nodeId, lastContactMs, failures } = state.boot(url);
      const known = nodeId === null ? undefined : book.get(nodeId);
      const isPeer = known !== undefined && (isAsked(known) || known.bannedUntilMs > nowMs);
      if (nodeId === self || isPeer) return [];
      return [{ id: url, lastContactMs, failures, bannedUntilMs: 0, turn: 'boot' }];
    });
  }

  /** Asks all of them, a few at a time; each outcome is written as it comes. */
  async ask(contacts: readonly Contact[]): Promise<void> {
    await Promise.all(
      contacts.map(async ({ id, turn }) => {
        if (turn === 'boot') await this.#meetBoot(id);
        else await this.#askPeer(id);
      }),
    );
  }

  /** Meets the node at a URL and joins through it. */
  async meet(url: string): Promise<Met> {
    const { client, book, self, now, onClaims } = this.#deps;
    const status = await client.get(url, '/api/v1/status');
    if (status.kind !== 'answer') return failed('PEER_UNREACHABLE', outcomeText(status));
    const parsed = nodeStatusSchema.safeParse(status.body);
    if (!parsed.success) return failed('PEER_UNREACHABLE', `what answers there is no ${PROTOCOL_NAME} node`);
    const read = parsed.data.record === null ? null : readRecord(parsed.data.record);
    if (read === null) return failed('PEER_UNREACHABLE', 'the node there takes no part in a network');
    const nodeId = nodeIdOf(read.record.nodeKey);
    if (nodeId === self) return { kind: 'self' };
    // Also of a node that turns out to be none for us: a chain with another genesis there must be seen.
    onClaims(
      nodeId,
      parsed.data.chains.map((chain) => ({ ...chain, checkpoints: [] })),
    );
    // The address in its record may be another one; that of the caller is the one that is proved now.
    const target = { url, nodeKey: read.record.nodeKey };
    const answer = this.#answered(target, await client.call(target, 'join', this.#exchange(null), 0));
    if ('problem' in answer) return { kind: 'failed', problem: answer.problem, nodeId };
    const taken = book.take(answer.read, 'boot', answer.chains, now());
    if ('refusal' in taken) return { kind: 'failed', problem: taken.refusal, nodeId };
    const isProved = taken.peer.record.url === url;
    const peer = isProved ? book.reached(taken.peer, answer.chains, now()) : taken.peer;
    onClaims(peer.nodeId, answer.chains);
    book.learn(answer.peers, now());
    return { kind: 'met', peer };
  }

  async #meetBoot(url: string): Promise<void> {
    const { state, self, now, log } = this.#deps;
    const before = state.boot(url);
    const met = await this.meet(url);
    if (met.kind === 'failed') {
      const { detail } = met.problem;
      // Who it is stays known: comparisons with it count also where it does not take this node.
      const nodeId = met.nodeId ?? before.nodeId;
      state.setBoot(url, { nodeId, lastContactMs: now(), failures: before.failures + 1, detail });
      log.warning('a boot node does not take this node', { function: 'meetBoot', url, detail });
      return;
    }
    const nodeId = met.kind === 'self' ? self : met.peer.nodeId;
    state.setBoot(url, { nodeId, lastContactMs: now(), failures: 0, detail: '' });
  }

  async #askPeer(nodeId: string): Promise<void> {
    const { book, client } = this.#deps;
    const peer = book.get(nodeId);
    if (peer === undefined || peer.phase === 'left') return;
    const target = { url: book.urlOf(peer), nodeKey: peer.record.nodeKey };
    const exchange = this.#exchange(peer);
    const isStranger = peer.lastSeenMs === 0;
    let outcome = await client.call(target, isStranger ? 'join' : 'sync', exchange, peer.failures);
    // It has forgotten this node: a restart with a new storage, or long absence.
    if (outcome.kind === 'refused' && outcome.code === 'PEER_UNKNOWN') {
      outcome = await client.call(target, 'join', exchange, peer.failures);
    }
    this.#settle(nodeId, target, outcome);
  }

  /** Writes down what came of asking a peer, unless it has gone meanwhile. */
  #settle(nodeId: string, target: Target, outcome: Outcome): void {
    const { book, count, now, onClaims } = this.#deps;
    const peer = book.get(nodeId);
    if (peer === undefined || peer.phase === 'left') return;
    const answer = this.#answered(target, outcome);
    if ('problem' in answer) {
      const result = outcome.kind === 'refused' ? 'refused' : 'failed';
      count('blockchain_network_exchanges_total', { direction: 'out', result });
      this.#failed(peer, outcome, answer.problem.detail);
      return;
    }
    count('blockchain_network_exchanges_total', { direction: 'out', result: 'ok' });
    const taken = book.take(answer.read, peer.origin, answer.chains, now());
    if ('refusal' in taken) {
      book.forget(peer, taken.refusal.detail);
      return;
    }
    if (taken.peer.record.url !== peer.record.url) return; // it has moved: the new address is asked next
    book.reached(taken.peer, answer.chains, now());
    onClaims(nodeId, answer.chains);
    book.learn(answer.peers, now());
  }

  #failed(peer: Peer, outcome: Outcome, detail: string): void {
    const { book, now } = this.#deps;
    // At an address that was never proved there lives somebody else.
    if (peer.phase === 'candidate' && outcome.kind === 'unproven') {
      book.forget(peer, detail);
      return;
    }
    if (outcome.kind === 'refused' && INCOMPATIBLE.includes(outcome.code)) {
      book.forget(peer, detail);
      return;
    }
    if (outcome.kind === 'unreachable') book.judge(peer, -OFFENCE_POINTS.timeout, detail, now());
    book.missed(book.get(peer.nodeId) ?? peer, detail, now());
  }

  #exchange(peer: Peer | null): Exchange {
    const { record, claimsFor } = this.#deps;
    return { record: toHex(record().sealed), chains: claimsFor(peer) };
  }

  /** The checked answer: it shows the record of the node that was asked. */
  #answered(target: Target, outcome: Outcome): Answered | { readonly problem: ObjectProblem } {
    if (outcome.kind !== 'answer') {
      const known = PASSED_ON.find((code) => outcome.kind === 'refused' && outcome.code === code);
      return problem(known ?? 'PEER_UNREACHABLE', outcomeText(outcome));
    }
    const parsed = exchangeAnswerSchema.safeParse(outcome.body);
    const read = parsed.success ? readRecord(parsed.data.record) : null;
    if (!parsed.success || read?.record.nodeKey !== target.nodeKey) {
      return problem('PEER_UNREACHABLE', 'the answer is not in its form');
    }
    return { read, chains: parsed.data.chains, peers: parsed.data.peers };
  }
}

/** One that is asked in its own turn. */
function isAsked({ phase }: Peer): boolean {
  return phase === 'active' || phase === 'candidate';
}

/** Refusals by which a node is none for us either. */
const INCOMPATIBLE: readonly string[] = ['PEER_INCOMPATIBLE'];
/** Refusals that an operator who joins is told as they are. */
const PASSED_ON: readonly ProblemCode[] = [
  'PEER_INCOMPATIBLE',
  'PEER_ADDRESS_REFUSED',
  'PEERS_FULL',
  'PEER_RECORD_STALE',
];

function failed(code: ProblemCode, detail: string): Met {
  return { kind: 'failed', ...problem(code, detail), nodeId: null };
}

function problem(code: ProblemCode, detail: string): { readonly problem: ObjectProblem } {
  return { problem: { code, detail } };
}

function outcomeText(outcome: Exclude<Outcome, { kind: 'answer' }>): string {
  if (outcome.kind !== 'refused') return outcome.detail;
  return `it answers ${outcome.status} ${outcome.code} ${outcome.detail}`.trim();
}
