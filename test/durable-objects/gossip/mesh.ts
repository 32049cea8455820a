/**
 * @module Gossip among many nodes in memory: the real gossip of each, links with a delay, and a clock that the test moves.
 * Every frame goes through its codec.
 */
import { GossipMeter } from '../../../durable-objects/chain/gossip/gossip-figures.ts';
import type { Neighbours } from '../../../durable-objects/chain/gossip/neighbours.ts';
import { TransactionGossip } from '../../../durable-objects/chain/gossip/transaction-gossip.ts';
import type { TakenTransaction } from '../../../durable-objects/chain/transaction-pool.ts';
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import { decodeFrame, encodeFrame } from '../../../shared/api/p2p/frame-codec.ts';
import { sha256Hex } from '../../../shared/protocol/crypto/hashing.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';

/** Milliseconds that a frame takes over a link. */
export const LINK_MS = 20;

/** The key of a node by its number. */
export const keyOf = (index: number): ConsensusKey =>
  `0x${index.toString(16).padStart(64, '0')}` as ConsensusKey;

interface Flight {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

export class MeshNode {
  readonly gossip: TransactionGossip;
  readonly meter = new GossipMeter();
  readonly pool = new Map<string, Uint8Array>();
  /** When each transaction was handed over, in order; a second time would stand here twice. */
  readonly handed: { readonly hash: HashHex; readonly atMs: number }[] = [];
  readonly sent: { readonly to: number; readonly frame: PeerFrame }[] = [];
  readonly invalid: ConsensusKey[] = [];
  /** What the pool says to a transaction; default: admitted. */
  verdict: (hash: HashHex) => 'admitted' | 'invalid' | 'stale' | 'refused' = () => 'admitted';

  constructor(mesh: Mesh, index: number, neighbours: Omit<Neighbours, 'send'>) {
    this.gossip = new TransactionGossip({
      neighbours: {
        ...neighbours,
        send: (peer, frame) => {
          const to = Number(BigInt(peer));
          this.sent.push({ to, frame });
          mesh.fly(index, to, frame);
        },
      },
      meter: this.meter,
      pool: poolView(this.pool),
      admit: (transactions) => transactions.map((one) => this.#admit(one, mesh.nowMs)),
      onWork: () => undefined,
      onInvalid: (peer) => this.invalid.push(peer),
    });
  }

  #admit({ hash, bytes }: TakenTransaction, atMs: number): 'admitted' | 'invalid' | 'stale' | 'refused' {
    const verdict = this.verdict(hash);
    if (verdict !== 'admitted') return verdict;
    this.handed.push({ hash, atMs });
    this.pool.set(hash, bytes);
    return verdict;
  }
}

/** `upstreams[i]` of each follower; nodes without an entry validate. */
export interface MeshPlan {
  readonly nodes: number;
  readonly upstreams: Readonly<Record<number, readonly number[]>>;
}

export class Mesh {
  readonly nodes: readonly MeshNode[];
  nowMs = 1_000_000;
  #flights: Flight[] = [];
  /** Links over which nothing comes. */
  readonly cut = new Set<string>();

  constructor({ nodes, upstreams }: MeshPlan) {
    const all = Array.from({ length: nodes }, (_, index) => index);
    const validators = all.filter((index) => upstreams[index] === undefined);
    const isValidator = (index: number) => validators.includes(index);
    this.nodes = all.map((index) => {
      const own = upstreams[index] ?? [];
      const below = all.filter((other) => upstreams[other]?.includes(index) === true);
      const others = validators.filter((other) => other !== index);
      const linked = isValidator(index) ? [...others, ...below] : [...own, ...below];
      return new MeshNode(this, index, {
        isValidating: () => isValidator(index),
        roleOf: (peer) => {
          const other = Number(BigInt(peer));
          if (isValidator(other)) return 'validator';
          return own.includes(other) ? 'upstream' : 'stranger';
        },
        validators: () => others.map(keyOf),
        upstreams: () => own.map(keyOf),
        linked: () => [...new Set(linked)].map(keyOf),
      });
    });
  }

  at(index: number): MeshNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }

  fly(from: number, to: number, frame: PeerFrame): void {
    if (this.cut.has(`${from}/${to}`)) return;
    this.#flights.push({ atMs: this.nowMs + LINK_MS, from, to, bytes: encodeFrame(frame) });
  }

  /** A transaction is sent to a node. */
  publish(index: number, text: string): HashHex {
    const bytes = new TextEncoder().encode(text);
    const hash = sha256Hex(bytes);
    const node = this.at(index);
    node.pool.set(hash, bytes);
    node.gossip.publish([{ hash, bytes }], this.nowMs);
    node.gossip.flush(this.nowMs);
    return hash;
  }

  /** Frames in the order of their arrival, and timers, for so long. */
  run(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end; this.nowMs += 1) {
      const due = this.#flights.filter(({ atMs }) => atMs <= this.nowMs);
      this.#flights = this.#flights.filter(({ atMs }) => atMs > this.nowMs);
      for (const flight of due) this.#deliver(flight);
      for (const { gossip } of this.nodes) {
        const dueMs = gossip.nextDueMs();
        if (dueMs !== null && dueMs <= this.nowMs) gossip.tick(this.nowMs);
      }
    }
  }

  #deliver({ from, to, bytes }: Flight): void {
    const { gossip } = this.at(to);
    const frame = decodeFrame(bytes);
    if (frame.kind === 'transactions') gossip.receive(keyOf(from), frame, this.nowMs);
    else if (frame.kind === 'have_transactions')
      gossip.receiveAnnouncement(keyOf(from), frame.hashes, this.nowMs);
    else if (frame.kind === 'want_transactions') gossip.answer(keyOf(from), frame.hashes, this.nowMs);
    gossip.flush(this.nowMs);
  }
}

function poolView(pool: Map<string, Uint8Array>) {
  return {
    get size() {
      return pool.size;
    },
    get: (hash: string) => {
      const bytes = pool.get(hash);
      return bytes === undefined ? undefined : { bytes };
    },
    page: (limit: number) => ({
      transactions: [...pool].slice(0, limit).map(([tx_hash, bytes]) => ({ tx_hash, bytes })),
    }),
  };
}
