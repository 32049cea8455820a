/**
 * @module The one door for transaction types: built-in ones and those of an app chain are defined and executed alike.
 * A type says how its payload is encoded, what is valid without state, and what it does to state.
 */
import type { Codec } from '../codec/codec.ts';
import { assert } from '../primitives/assert.ts';
import type { Address } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { TRANSACTION_TYPE_MAX } from '../primitives/limits.ts';
import type { Transaction } from './transaction.ts';
import type { TransactionContext } from './transaction-context.ts';

/** Codes below this one belong to the protocol; an app chain numbers its own types from here. */
export const OWN_TYPE_CODE_MIN = 1000;
/** Names go into routes, indexes and metrics labels: short, lower case, no surprises. */
export const TYPE_NAME_PATTERN = /^[a-z][a-z0-9_]{0,31}$/;

/** What a transaction type consists of. Every function is pure; only `apply` sees state, through its context. */
export interface TransactionDefinition<Payload> {
  /** Code on the wire, fixed for ever. Own types take {@link OWN_TYPE_CODE_MIN} and above. */
  readonly type: number;
  /** Name on the wire and in the ledger; matches {@link TYPE_NAME_PATTERN}. */
  readonly name: string;
  readonly payload: Codec<Payload>;
  /** Event names with the names of their values in order. `emit` refuses anything else. */
  readonly events: Readonly<Record<string, readonly string[]>>;
  /** False: the encoding is fixed but this version does not execute it. Default true. */
  readonly active?: boolean;
  /** Validity that needs no state. Throws a {@link TransactionError} with TX_PAYLOAD_INVALID. */
  check(transaction: Transaction<Payload>, params: ChainParams): void;
  /** Changes state. Throws a {@link TransactionFailure} to undo all but fee and nonce. */
  apply(context: TransactionContext, transaction: Transaction<Payload>): void;
  /** Accounts beside the sender under which the transaction is listed. */
  addresses(payload: Payload): readonly Address[];
  /** Native units that leave the sender beside the fee; the mempool reserves them. Default 0. */
  spends?(payload: Payload): bigint;
}

/** A definition that passed {@link defineTransaction}, with its defaults filled. */
export interface TransactionType<Payload = unknown> extends TransactionDefinition<Payload> {
  readonly active: boolean;
  spends(payload: Payload): bigint;
}

/** Checks a definition and fills its defaults. A wrong definition is a bug of its author: it fails at load. */
export function defineTransaction<Payload>(
  definition: TransactionDefinition<Payload>,
): TransactionType<Payload> {
  const { type, name, events } = definition;
  assert(
    Number.isInteger(type) && type >= 0 && type <= TRANSACTION_TYPE_MAX,
    `type code ${type} is not 16-bit`,
  );
  assert(TYPE_NAME_PATTERN.test(name), `type name ${name} is not lower_snake_case of at most 32 characters`);
  for (const event of Object.keys(events)) {
    assert(
      TYPE_NAME_PATTERN.test(event),
      `event name ${event} is not lower_snake_case of at most 32 characters`,
    );
  }
  return { spends: () => 0n, ...definition, active: definition.active ?? true };
}

/** The transaction types of one chain. Immutable: `extend` gives a new registry. */
export class TransactionRegistry {
  readonly types: readonly TransactionType[];
  readonly #byCode = new Map<number, TransactionType>();
  readonly #byName = new Map<string, TransactionType>();

  constructor(types: readonly TransactionType[]) {
    this.types = [...types].sort((a, b) => a.type - b.type);
    for (const type of this.types) {
      assert(!this.#byCode.has(type.type), `type code ${type.type} is taken`);
      assert(!this.#byName.has(type.name), `type name ${type.name} is taken`);
      this.#byCode.set(type.type, type);
      this.#byName.set(type.name, type);
    }
  }

  /** The type with this code, or undefined. */
  get(code: number): TransactionType | undefined {
    return this.#byCode.get(code);
  }

  /** The type with this name, or undefined. */
  byName(name: string): TransactionType | undefined {
    return this.#byName.get(name);
  }

  /** A registry with the types of an app chain added. Their codes start at {@link OWN_TYPE_CODE_MIN}. */
  extend(...own: readonly TransactionType[]): TransactionRegistry {
    for (const type of own) {
      assert(type.type >= OWN_TYPE_CODE_MIN, `type codes below ${OWN_TYPE_CODE_MIN} belong to the protocol`);
    }
    return new TransactionRegistry([...this.types, ...own]);
  }
}
