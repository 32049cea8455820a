/** @module The port through which execution sees the state. Synchronous by design: an object reads its own SQLite. */

export interface StateReader {
  /** The value stored under (namespace, key), or null. */
  get(namespace: string, key: Uint8Array): Uint8Array | null;
}

/** One changed leaf; a null value deletes it. */
export interface StateWrite {
  readonly namespace: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}
