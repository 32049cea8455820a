/** @module What tests of nodes under a frozen clock share: how such a node is started, asked and sent to. */
import type { KeyPair } from '../../cli/keys.ts';
import type { ClockReport } from './clock-report.ts';
import { getJson, post, type SignedBody, type Wallet, walletOf } from './stranger.ts';

/** The Worker whose clock stands still within an event. */
export const FROZEN_ENTRY = 'test/support/frozen-entry.ts';
/** Reads of the clock within one event: a few, however much the event does. */
export const READS_MAX = 100;
/** Timers of a transfer from its request to its block; one that is set anew before it is due fires hundreds of times. */
export const TIMERS_MAX = 10;

/** What the node says of a transaction. */
export interface Outcome {
  readonly status: string;
  readonly height?: number;
}

export function clockReport(url: string): Promise<ClockReport> {
  return getJson<ClockReport>(`${url}/frozen/report`);
}

export async function send(url: string, { body }: SignedBody, wait: 'none' | 'final'): Promise<Outcome> {
  const response = await post(`${url}/rpc/send_tx?wait=${wait}`, body);
  return (await response.json()) as Outcome;
}

export function walletsOf(accounts: readonly KeyPair[]): Wallet[] {
  return accounts.map(({ address, publicKey, privateKey }) =>
    walletOf({ address, public_key: publicKey, private_key: privateKey }),
  );
}
