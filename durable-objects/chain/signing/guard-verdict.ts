/**
 * @module Whether a key may sign, from what this storage remembers of it and what others have seen of the chain. Pure, so
 * that every case of it is a test. Source: docs/spec/consensus.md, "Restore guard".
 */
import type { SigningGuardReason, SigningRecordSource } from '../../../shared/api/consensus-views.ts';
import type { SignPosition } from '../../../shared/protocol/consensus/signer.ts';

/** Heights without its signature after which a key below a third of the power is taken to be nobody else's. */
export const QUIET_HEIGHTS = 10;

/** What the rows say. */
export interface KeyMemory {
  /** Highest position that the key has signed from this storage, or was told to stay above; null for a new key. */
  readonly mark: SignPosition | null;
  /** First height of the set that the key is in, where this storage has seen it come in; 0 otherwise. */
  readonly enteredHeight: number;
  /** A guard that is up. */
  readonly guard: {
    readonly reason: SigningGuardReason;
    /** Highest height that any record has shown since it is up. */
    readonly recordHeight: number;
    /** The key's signature is not expected, and was not seen, above this height. */
    readonly quietFrom: number;
  } | null;
  /** Time of the newest order to guard that was obeyed, 0 for none. */
  readonly obeyedMs: number;
}

/** What was asked of others. `null` = no answer yet. */
export interface Records {
  readonly node: { readonly height: number; readonly orderMs: number } | null;
  /** `away`: the ledger did not answer within its time. */
  readonly ledger: number | 'away' | null;
  readonly peers: PeerRecords;
}

/** What the other validators have said in this life of the object. */
export interface PeerRecords {
  /** Validators with more than two thirds of the power, this one among them, have told their height. */
  readonly areHeard: boolean;
  /** The highest head that more than a third of the power claims to have, so that one of them is honest. */
  readonly height: number;
}

export interface Situation {
  readonly headHeight: number;
  readonly memory: KeyMemory;
  readonly records: Records;
  /** Power in the set that decides the next height. */
  readonly power: { readonly own: number; readonly total: number };
}

export type Verdict =
  | { readonly kind: 'sign' }
  /** A record is still to come. */
  | { readonly kind: 'wait'; readonly for: SigningRecordSource }
  | {
      readonly kind: 'guard';
      readonly reason: SigningGuardReason;
      readonly source: SigningRecordSource;
      readonly recordHeight: number;
    };

/** What follows from a situation. */
export function judge(situation: Situation): Verdict {
  const { memory } = situation;
  if (memory.guard !== null) return ofGuarded(situation, memory.guard);
  const hasSeenAll = memory.mark !== null || memory.enteredHeight > 0;
  return hasSeenAll ? ofKnownKey(situation) : ofNewKey(situation);
}

/** Whether ten heights can free the key: with a third of the power the chain cannot pass them without it. */
export function canBeQuiet({ own, total }: Situation['power']): boolean {
  return total > 0 && 3 * own < total;
}

function ofGuarded(situation: Situation, guard: NonNullable<KeyMemory['guard']>): Verdict {
  const { headHeight, records, power } = situation;
  const stay = {
    kind: 'guard',
    reason: guard.reason,
    source: 'storage',
    recordHeight: guard.recordHeight,
  } as const;
  if (!canBeQuiet(power) || headHeight < guard.quietFrom + QUIET_HEIGHTS) return stay;
  const missing = missingRecord(records, true);
  if (missing !== null) return { kind: 'wait', for: missing };
  return headHeight < Math.max(guard.recordHeight, highest(records)) ? stay : { kind: 'sign' };
}

/** A key may have signed elsewhere unless nobody has ever seen a block of the chain. */
function ofNewKey({ headHeight, records }: Situation): Verdict {
  const guard = (source: SigningRecordSource, recordHeight: number): Verdict => ({
    kind: 'guard',
    reason: 'new_key',
    source,
    recordHeight,
  });
  if (headHeight > 0) return guard('storage', headHeight);
  for (const [source, height] of heights(records)) if (height > 0) return guard(source, height);
  if (records.node !== null && records.node.orderMs > 0) return guard('node', 0);
  const missing = missingRecord(records, true);
  return missing === null ? { kind: 'sign' } : { kind: 'wait', for: missing };
}

/**
 * This storage remembers what the key has signed, or has followed the chain since before the key was in its set, unless it is an older copy of itself: then the node or the ledger knows
 * of higher blocks. Peers may be ahead of an honest node as well; it catches up first and looks for its own signatures.
 */
function ofKnownKey({ headHeight, memory, records }: Situation): Verdict {
  const { node, ledger, peers } = records;
  const guard = (reason: SigningGuardReason, source: SigningRecordSource, recordHeight: number): Verdict => ({
    kind: 'guard',
    reason,
    source,
    recordHeight,
  });
  if (node !== null && node.orderMs > memory.obeyedMs) return guard('order', 'node', node.height);
  if (node !== null && node.height > headHeight) return guard('behind', 'node', node.height);
  if (typeof ledger === 'number' && ledger > headHeight) return guard('behind', 'ledger', ledger);
  const missing = missingRecord(records, memory.mark === null);
  if (missing !== null) return { kind: 'wait', for: missing };
  return peers.height > headHeight ? { kind: 'wait', for: 'peers' } : { kind: 'sign' };
}

function missingRecord({ node, ledger, peers }: Records, needsLedger: boolean): SigningRecordSource | null {
  if (node === null) return 'node';
  if (ledger === null || (needsLedger && ledger === 'away')) return 'ledger';
  return peers.areHeard ? null : 'peers';
}

function heights({ node, ledger, peers }: Records): [SigningRecordSource, number][] {
  return [
    ['node', node?.height ?? 0],
    ['ledger', typeof ledger === 'number' ? ledger : 0],
    ['peers', peers.areHeard ? peers.height : 0],
  ];
}

function highest(records: Records): number {
  return Math.max(...heights(records).map(([, height]) => height));
}
