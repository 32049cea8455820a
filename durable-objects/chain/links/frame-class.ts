/** @module What kind of work a frame is: which budget it draws on when it comes, and what goes first when it leaves. */
import type { PeerFrame, PeerFrameKind } from '../../../shared/api/p2p/frame.ts';
import { ASKED_BLOCK_COST, ASKED_TRANSACTION_COST, FRAME_COST, type INBOUND_BUDGETS } from './limits.ts';

/** A class of inbound work with a budget of its own. */
export type FrameClass = keyof typeof INBOUND_BUDGETS;

const CLASSES: Readonly<Record<PeerFrameKind, FrameClass>> = {
  consensus: 'consensus',
  block: 'sync',
  request_block: 'sync',
  decided: 'sync',
  request_decided: 'sync',
  transactions: 'transactions',
  have_transactions: 'transactions',
  want_transactions: 'transactions',
  evidence: 'sync',
  tip: 'sync',
};

/** Large or many: these wait behind votes and are dropped first. */
const BULK: ReadonlySet<PeerFrameKind> = new Set(['block', 'decided', 'transactions', 'have_transactions']);

/** The budget that a frame draws on. */
export function classOf(kind: PeerFrameKind): FrameClass {
  return CLASSES[kind];
}

/** Whether a frame yields to others on its way out. */
export function isBulk(frame: PeerFrame): boolean {
  return BULK.has(frame.kind);
}

/** What a frame of so many bytes costs its sender before it is read. */
export function costOf(byteLength: number): number {
  return byteLength + FRAME_COST;
}

/** What answering a frame costs beside that: it is on the account of who asks. */
export function askedCost(frame: PeerFrame): number {
  if (frame.kind === 'request_decided') return (frame.to - frame.from + 1) * ASKED_BLOCK_COST;
  return frame.kind === 'want_transactions' ? frame.hashes.length * ASKED_TRANSACTION_COST : 0;
}
