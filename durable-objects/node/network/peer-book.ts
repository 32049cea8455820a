/** @module The peers of this node: who is taken in, what is learned of them, and who is good for what. */
import type { ChainClaim } from '../../../shared/api/network-views.ts';
import type { ChainPeer } from '../../../shared/api/objects.ts';
import { nodeIdOf } from '../../../shared/api/p2p/peer-record.ts';
import { EXCHANGE_PEERS_MAX } from '../../../shared/api/schemas/network.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import {
  chainsRefusal,
  placeFor,
  type ReadRecord,
  type Refusal,
  readRecord,
  recordRefusal,
} from './admission.ts';
import { judged, missed, newPeer, type Peer, type PeerOrigin, reached, withRecord } from './peer.ts';
import { AVOID_AT, scoreAt } from './peer-score.ts';
import type { PeerTable } from './peer-table.ts';
import type { Contact } from './schedule.ts';

/** Peers that one chain is told of. */
export const CHAIN_PEERS_MAX = 64;

export interface PeerBookDeps {
  readonly table: PeerTable;
  /** Own node id. */
  readonly self: string;
  readonly allowPrivate: boolean;
  /** Base URLs by node key or consensus key that the operator has set: they count more than what a record says. */
  readonly settled: ReadonlyMap<ConsensusKey, string>;
  readonly log: Logger;
  readonly count: (name: string, labels: Readonly<Record<string, string>>) => void;
  /** Chains of this node, to see what a peer has in common with it. */
  readonly ownClaims: () => readonly ChainClaim[];
  /** A peer came, went, moved or has other heads: the next round is soon. */
  readonly onNews: () => void;
  /** A peer that was active is given up. */
  readonly onDead: (peer: Peer) => void;
}

/** A record that was taken, or why it was not. */
export type Taken = { readonly peer: Peer } | { readonly refusal: Refusal };

export class PeerBook {
  readonly #deps: PeerBookDeps;

  constructor(deps: PeerBookDeps) {
    this.#deps = deps;
  }

  all(): Peer[] {
    return this.#deps.table.all();
  }

  get(nodeId: string): Peer | undefined {
    return this.#deps.table.get(nodeId);
  }

  /** Where this node reaches a peer. */
  urlOf({ record }: Peer): string {
    const { settled } = this.#deps;
    const ofValidator = record.consensusKey === null ? undefined : settled.get(record.consensusKey);
    return settled.get(record.nodeKey) ?? ofValidator ?? record.url;
  }

  /** Peers whose key has answered at their address, not banned. */
  active(nowMs: number): Peer[] {
    return this.all().filter(({ phase, bannedUntilMs }) => phase === 'active' && bannedUntilMs <= nowMs);
  }

  /**
   * Takes a node in, or renews what is known of it. `claims` are the chains that it names, undefined where only its
   * record is known. The caller has checked that the node itself, or a peer, has shown the record.
   */
  take(
    read: ReadRecord,
    origin: PeerOrigin,
    claims: readonly ChainClaim[] | undefined,
    nowMs: number,
  ): Taken {
    const { table, allowPrivate, ownClaims } = this.#deps;
    const { record, sealed } = read;
    const known = table.find(record.nodeKey);
    const refusal =
      recordRefusal(record, known, { allowPrivate, nowMs }) ??
      (claims === undefined ? null : chainsRefusal(ownClaims(), claims));
    if (refusal !== null) return { refusal };
    const isNewcomer = known === undefined || known.phase === 'left';
    if (isNewcomer || known.record.url !== record.url) {
      const place = placeFor(record, known?.origin ?? origin, table.all());
      if (place.refusal !== null) return place;
      if (place.evict !== null) table.remove(place.evict.nodeId);
    }
    if (known === undefined) {
      const peer = newPeer(record, sealed, origin, nowMs);
      this.#deps.log.info('a node is new here', { function: 'take', ...named(peer), origin });
      return { peer: this.#put(peer, true) };
    }
    if (record.seq === known.record.seq) return { peer: known };
    const peer = withRecord(known, record, sealed);
    return { peer: this.#put(peer, peer.phase !== known.phase || known.record.url !== record.url) };
  }

  /** Records that a peer passes on. Those of no use are passed over: the peer may know them from better days. */
  learn(records: readonly string[], nowMs: number): void {
    for (const hex of records.slice(0, EXCHANGE_PEERS_MAX)) {
      const read = readRecord(hex);
      if (read === null || read.record.url === '' || nodeIdOf(read.record.nodeKey) === this.#deps.self)
        continue;
      this.take(read, 'gossip', undefined, nowMs);
    }
  }

  /** The peer has left: its record without a URL. False for one that is not known, or knows better. */
  left(read: ReadRecord): boolean {
    const known = this.#deps.table.find(read.record.nodeKey);
    if (known === undefined || read.record.url !== '' || read.record.seq <= known.record.seq) return false;
    this.#put(withRecord(known, read.record, read.sealed), true);
    this.#deps.log.info('a peer has left', { function: 'left', ...named(known) });
    return true;
  }

  /** The peer has answered at its address. */
  reached(peer: Peer, claims: readonly ChainClaim[], nowMs: number): Peer {
    const isNews = peer.phase !== 'active' || peer.failures > 0 || headsOf(peer.claims) !== headsOf(claims);
    return this.#put(reached(peer, claims, nowMs), isNews);
  }

  /** Replaces what is known of a peer after its own call. */
  heard(before: Peer, after: Peer): void {
    this.#put(after, before.phase !== after.phase || headsOf(before.claims) !== headsOf(after.claims));
  }

  /** The peer was asked in vain. */
  missed(peer: Peer, why: string, nowMs: number): void {
    const after = missed(peer, nowMs);
    this.#deps.log.info('a peer does not answer', {
      function: 'missed',
      ...named(peer),
      failures: peer.failures + 1,
      why,
    });
    if (after === null) this.forget(peer, why);
    else this.#put(after, peer.failures === 0 || after.phase !== peer.phase);
    if (after?.phase === 'dead' && peer.phase === 'active') this.#deps.onDead(after);
  }

  /** The peer is not one any more, or never was. */
  forget(peer: Peer, why: string): void {
    this.#deps.log.info('a node is forgotten', { function: 'forget', ...named(peer), why });
    this.#deps.table.remove(peer.nodeId);
    this.#deps.onNews();
  }

  /** Somebody else cannot reach the peer: it is asked soon, unless it was heard of within `sinceMs`. */
  suspect(nodeId: string, seq: number, sinceMs: number): void {
    const peer = this.get(nodeId);
    if (peer === undefined || peer.phase !== 'active' || peer.record.seq !== seq) return;
    if (peer.lastSeenMs < sinceMs) this.#put({ ...peer, isSuspect: true }, true);
  }

  /** Moves a score, and bans where it is low enough. */
  judge(peer: Peer, points: number, why: string, nowMs: number): void {
    const after = judged(peer, points, nowMs);
    const isBanned = after.bannedUntilMs > peer.bannedUntilMs;
    this.#put(after, isBanned);
    if (!isBanned) return;
    this.#deps.count('blockchain_network_bans_total', {});
    this.#deps.log.warning('a peer is banned', { function: 'judge', ...named(peer), why });
  }

  /** Whom to ask, with the boot nodes left out that are peers. */
  contacts(): Contact[] {
    return this.all()
      .filter(({ phase }) => phase !== 'left')
      .map(({ nodeId, phase, isSuspect, lastContactMs, failures, bannedUntilMs }) => ({
        id: nodeId,
        lastContactMs,
        failures,
        bannedUntilMs,
        turn: phase === 'candidate' || isSuspect ? ('soon' as const) : ('round' as const),
      }));
  }

  /** Records for another node: peers that were reached lately and are not avoided, best first. */
  recommended(except: string, nowMs: number): string[] {
    return this.active(nowMs)
      .filter(
        (peer) => peer.nodeId !== except && peer.failures === 0 && scoreAt(peer.score, nowMs) > AVOID_AT,
      )
      .sort((a, b) => b.lastSeenMs - a.lastSeenMs)
      .slice(0, EXCHANGE_PEERS_MAX)
      .map(({ sealed }) => toHex(sealed));
  }

  /** Peers that claim a chain with this genesis, best first. */
  ofChain(chainId: string, genesisHash: string, nowMs: number): ChainPeer[] {
    const found = this.active(nowMs).flatMap((peer): ChainPeer[] => {
      const claim = peer.claims.find(({ chain_id }) => chain_id === chainId);
      const score = scoreAt(peer.score, nowMs);
      if (claim?.genesis_hash !== genesisHash || score <= AVOID_AT) return [];
      const { nodeKey, consensusKey, name } = peer.record;
      const height = claim.height;
      return [
        {
          node_id: peer.nodeId,
          node_key: nodeKey,
          consensus_key: consensusKey,
          url: this.urlOf(peer),
          name,
          height,
          score: Math.round(score),
        },
      ];
    });
    return found.sort((a, b) => b.score - a.score || b.height - a.height).slice(0, CHAIN_PEERS_MAX);
  }

  #put(peer: Peer, isNews: boolean): Peer {
    this.#deps.table.put(peer);
    if (isNews) this.#deps.onNews();
    return peer;
  }
}

/** The heads of some chains as one text, to see whether anything moved. */
export function headsOf(claims: readonly ChainClaim[]): string {
  return claims.map(({ chain_id, height, head_hash }) => `${chain_id}:${height}:${head_hash}`).join();
}

function named({ nodeId, record }: Peer): { node_id: string; name: string; url: string } {
  return { node_id: nodeId, name: record.name, url: record.url };
}
