/**
 * @module The state as the decided blocks write it, kept apart from every node's storage: what it adds up to never
 * changes, and at the end every node must hold the same.
 */
import { decode } from '../../shared/protocol/codec/codec.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { equalBytes } from '../../shared/protocol/primitives/bytes.ts';
import { consensusKeyFromBytes, PUBLIC_KEY_BYTES } from '../../shared/protocol/primitives/consensus-key.ts';
import type { StateReader, StateWrite } from '../../shared/protocol/primitives/state-reader.ts';
import { ACCOUNT_NAMESPACE, accountCodec } from '../../shared/protocol/state/account.ts';
import { readSupply, SUPPLY_BURNED, SUPPLY_NAMESPACE } from '../../shared/protocol/state/supply.ts';
import { UNBONDING_NAMESPACE, unbondingEntry } from '../../shared/protocol/state/unbonding.ts';
import { readValidator, VALIDATOR_NAMESPACE } from '../../shared/protocol/state/validator-record.ts';

/** Bytes of an account record. */
const ACCOUNT_BYTES_MAX = 64;
/** Bytes of a number of an unbonding entry. */
const NUMBER_BYTES = 8;

interface Leaf extends StateWrite {
  readonly value: Uint8Array;
  /** Native units that it stands for. */
  readonly units: bigint;
}

export class StateMirror implements StateReader {
  readonly #leaves = new Map<string, Leaf>();
  #units = 0n;

  /** Accounts, stake, rewards, unbonding and what was burned, native units. */
  get units(): bigint {
    return this.#units;
  }

  /** Everything that is in the state. */
  leaves(): Iterable<StateWrite> {
    return this.#leaves.values();
  }

  get(namespace: string, key: Uint8Array): Uint8Array | null {
    return this.#leaves.get(idOf(namespace, key))?.value ?? null;
  }

  apply(writes: readonly StateWrite[]): void {
    for (const { namespace, key, value } of writes) {
      const id = idOf(namespace, key);
      this.#units -= this.#leaves.get(id)?.units ?? 0n;
      if (value === null) {
        this.#leaves.delete(id);
        continue;
      }
      this.#leaves.set(id, { namespace, key, value, units: 0n });
      const units = unitsOf(this, namespace, key);
      this.#leaves.set(id, { namespace, key, value, units });
      this.#units += units;
    }
  }
}

/** What one leaf stands for, read by the rules of its namespace. */
function unitsOf(state: StateReader, namespace: string, key: Uint8Array): bigint {
  switch (namespace) {
    case ACCOUNT_NAMESPACE:
      return decode(accountCodec, state.get(namespace, key) ?? new Uint8Array(), ACCOUNT_BYTES_MAX).balance;
    case VALIDATOR_NAMESPACE: {
      if (key.length !== PUBLIC_KEY_BYTES) return 0n;
      const record = readValidator(state, consensusKeyFromBytes(key));
      assert(record !== null, 'the leaf was just written');
      return record.stake + record.unpaidRewards;
    }
    case UNBONDING_NAMESPACE: {
      if (key.length !== NUMBER_BYTES) return 0n;
      const number = new DataView(key.buffer, key.byteOffset, key.length).getBigUint64(0);
      return unbondingEntry(state, Number(number)).units;
    }
    case SUPPLY_NAMESPACE:
      return equalBytes(key, SUPPLY_BURNED) ? readSupply(state, SUPPLY_BURNED) : 0n;
    default:
      return 0n;
  }
}

function idOf(namespace: string, key: Uint8Array): string {
  return `${namespace}\0${String.fromCharCode(...key)}`;
}
