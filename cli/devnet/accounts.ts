/**
 * @module The devnet's accounts. Their keys follow from a public rule, so that scripts may have them written in:
 * the Ed25519 seed of account i is SHA-256("atoll devnet account <i>"). Never use them on a real chain.
 */
import { sha256 } from '../../shared/protocol/crypto/hashing.ts';
import { accountOf, type KeyPair } from '../keys.ts';

/** Funded accounts of a devnet. */
export const DEVNET_ACCOUNTS = 10;
/** Native units of each account at genesis: a million coins of a million units. */
export const DEVNET_BALANCE = 1_000_000_000_000n;

/** Account number `index` of every devnet; `name` sets other series apart (the operator, the demo sender). */
export function devnetAccount(index: number, name: string = 'account'): KeyPair {
  return accountOf(sha256(new TextEncoder().encode(`atoll devnet ${name} ${index}`)));
}

/** The accounts that the devnet prints. */
export function devnetAccounts(count: number = DEVNET_ACCOUNTS): KeyPair[] {
  return Array.from({ length: count }, (_, index) => devnetAccount(index));
}
