/** @module The port through which execution changes the state, and records with one codec each. */
import { type Codec, decode, encode } from '../codec/codec.ts';
import { STATE_VALUE_BYTES_MAX } from '../primitives/limits.ts';
import type { StateReader } from '../primitives/state-reader.ts';

/** A state that can be written. */
export interface StateStore extends StateReader {
  /** Writes a leaf; null deletes it. */
  set(namespace: string, key: Uint8Array, value: Uint8Array | null): void;
}

/** Records of one kind: a namespace and the codec of their values. */
export interface RecordKind<T> {
  readonly namespace: string;
  /**
   * Null where there is none; nobody changes what it gives. Bytes that are no record are a bug: nobody else writes this
   * namespace.
   */
  read(reader: StateReader, key: Uint8Array): T | null;
  /** Null deletes. */
  write(store: StateStore, key: Uint8Array, value: T | null): void;
}

/** Describes the records of one kind. */
export function recordKind<T>(namespace: string, codec: Codec<T>): RecordKind<T> {
  // A block asks for some records many times, and an overlay gives it the same bytes each time.
  const decoded = new WeakMap<Uint8Array, T>();
  return {
    namespace,
    read(reader, key) {
      const bytes = reader.get(namespace, key);
      if (bytes === null) return null;
      const known = decoded.get(bytes);
      if (known !== undefined) return known;
      const value = decode(codec, bytes, STATE_VALUE_BYTES_MAX);
      decoded.set(bytes, value);
      return value;
    },
    write(store, key, value) {
      store.set(namespace, key, value === null ? null : encode(codec, value));
    },
  };
}

const utf8 = new TextEncoder();

/** The key of a record that exists once. */
export function nameKey(name: string): Uint8Array {
  return utf8.encode(name);
}

/** The key of a record that is found by a number: 8 bytes, big-endian. */
export function numberKey(number: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, BigInt(number));
  return key;
}
