/** @module What goes into the mempool's decisions and what comes out of them. */
import type { Address, HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import type { AdmissionAccount } from './admission.ts';
import type { PoolRow } from './pool-entry.ts';

/** How a transaction left the pool. `replaced`: another one took its nonce. `dropped`: it can no longer be paid. */
export type DepartureReason = 'final' | 'replaced' | 'expired' | 'evicted' | 'dropped';

/** A transaction that left the pool. */
export interface Departure {
  readonly hash: HashHex;
  readonly reason: DepartureReason;
  readonly row: PoolRow;
}

/** What admission has to know beside the transaction. */
export interface AdmissionContext {
  /** The sender's account as of the head. */
  readonly account: AdmissionAccount;
  readonly params: ChainParams;
  /** Height of the block that could include it first. */
  readonly nextHeight: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** A transaction that is in the pool now. */
export interface Admission {
  readonly row: PoolRow;
  /** True when it was there before: nothing has changed. */
  readonly known: boolean;
  /** What it replaced or displaced. */
  readonly departures: readonly Departure[];
}

/** Part of the pool in order of arrival. */
export interface PoolPage {
  readonly rows: readonly PoolRow[];
  /** Sequence to go on after; null at the end. */
  readonly next: number | null;
}

/** Accounts as of the head. */
export type AccountOf = (address: Address) => AdmissionAccount;

/** A row on its way out. */
export function departure(row: PoolRow, reason: DepartureReason): Departure {
  return { hash: row.signed.hash, reason, row };
}
