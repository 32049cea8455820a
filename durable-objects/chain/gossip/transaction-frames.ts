/** @module Lists of transactions and hashes, cut into frames within their limits. */
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import {
  FRAME_HASHES_MAX,
  FRAME_TRANSACTION_BYTES_MAX,
  FRAME_TRANSACTIONS_MAX,
} from '../../../shared/api/p2p/frame-codec.ts';
import type { HashHex } from '../../../shared/protocol/primitives/brand.ts';

/** A transaction on its way. */
export interface Travelling {
  readonly hash: HashHex;
  readonly bytes: Uint8Array;
  /** Links that it came over. */
  readonly hops: number;
  /** When the first node took it, by that node's clock. */
  readonly bornMs: number;
}

/** Whole transactions, one more hop each. Those of one frame have come equally far. */
export function transactionFrames(transactions: readonly Travelling[]): PeerFrame[] {
  const byHops = new Map<number, Travelling[]>();
  for (const one of transactions) {
    const alike = byHops.get(one.hops) ?? [];
    alike.push(one);
    byHops.set(one.hops, alike);
  }
  return [...byHops].flatMap(([hops, alike]) => chunks(alike).map((chunk) => frameOf(chunk, hops + 1)));
}

/** Announcements of transactions. */
export function announcementFrames(hashes: readonly HashHex[]): PeerFrame[] {
  return hashChunks(hashes).map((chunk) => ({ kind: 'have_transactions', hashes: chunk }));
}

/** Requests for transactions. */
export function wantFrames(hashes: readonly HashHex[]): PeerFrame[] {
  return hashChunks(hashes).map((chunk) => ({ kind: 'want_transactions', hashes: chunk }));
}

function frameOf(chunk: readonly Travelling[], hops: number): PeerFrame {
  return {
    kind: 'transactions',
    hops,
    bornMs: Math.min(...chunk.map(({ bornMs }) => bornMs)),
    transactions: chunk.map(({ bytes }) => bytes),
  };
}

function chunks(transactions: readonly Travelling[]): Travelling[][] {
  const result: Travelling[][] = [];
  let chunk: Travelling[] = [];
  let bytes = 0;
  for (const one of transactions) {
    const isFull =
      chunk.length === FRAME_TRANSACTIONS_MAX || bytes + one.bytes.length > FRAME_TRANSACTION_BYTES_MAX;
    if (isFull) {
      result.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(one);
    bytes += one.bytes.length;
  }
  if (chunk.length > 0) result.push(chunk);
  return result;
}

function hashChunks(hashes: readonly HashHex[]): HashHex[][] {
  const count = Math.ceil(hashes.length / FRAME_HASHES_MAX);
  return Array.from({ length: count }, (_, index) =>
    hashes.slice(index * FRAME_HASHES_MAX, (index + 1) * FRAME_HASHES_MAX),
  );
}
