/** @module Frames that wait for a peer: votes before bulk, bounded, the oldest bulk dropped first. */
import { QUEUE_BYTES_MAX, QUEUE_FRAMES_MAX, QUEUES_BYTES_MAX } from './limits.ts';

/** An encoded frame on its way to one or many peers. */
export interface Payload {
  readonly bytes: Uint8Array;
  readonly isBulk: boolean;
}

/** The room that all queues of a chain share. A payload in several queues takes it once, as it does in memory. */
export class QueueSpace {
  readonly #holders = new Map<Payload, number>();
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes > QUEUES_BYTES_MAX;
  }

  /** Bytes of all payloads that wait anywhere. */
  get bytes(): number {
    return this.#bytes;
  }

  hold(payload: Payload): void {
    const holders = this.#holders.get(payload) ?? 0;
    if (holders === 0) this.#bytes += payload.bytes.length;
    this.#holders.set(payload, holders + 1);
  }

  release(payload: Payload): void {
    const holders = (this.#holders.get(payload) ?? 0) - 1;
    if (holders > 0) {
      this.#holders.set(payload, holders);
      return;
    }
    this.#holders.delete(payload);
    this.#bytes -= payload.bytes.length;
  }
}

export class OutboundQueue {
  readonly #space: QueueSpace;
  readonly #onDrop: (payload: Payload) => void;
  #votes: Payload[] = [];
  #bulk: Payload[] = [];
  #bytes = 0;

  /** `onDrop` hears of each payload that is given up for want of room. */
  constructor(space: QueueSpace, onDrop: (payload: Payload) => void) {
    this.#space = space;
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#votes.length + this.#bulk.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The payload that leaves next. */
  get next(): Payload | undefined {
    return this.#votes[0] ?? this.#bulk[0];
  }

  /** Adds at the end of its class, then drops until everything fits: bulk before votes, the oldest first. */
  push(payload: Payload): void {
    (payload.isBulk ? this.#bulk : this.#votes).push(payload);
    this.#bytes += payload.bytes.length;
    this.#space.hold(payload);
    if (this.#votes.length > QUEUE_FRAMES_MAX) this.#drop(this.#votes);
    if (this.#bulk.length > QUEUE_FRAMES_MAX) this.#drop(this.#bulk);
    while (this.size > 0 && (this.#bytes > QUEUE_BYTES_MAX || this.#space.isFull)) {
      this.#drop(this.#bulk.length > 0 ? this.#bulk : this.#votes);
    }
  }

  /** Takes out what `next` shows. */
  shift(): void {
    const payload = (this.#votes.length > 0 ? this.#votes : this.#bulk).shift();
    if (payload !== undefined) this.#forget(payload);
  }

  /** The first payloads in their order, as far as both limits allow; they stay until `remove`. */
  batch(framesMax: number, bytesMax: number, headBytes: number): Payload[] {
    const chosen: Payload[] = [];
    let bytes = 0;
    for (const payload of [...this.#votes, ...this.#bulk]) {
      bytes += payload.bytes.length + headBytes;
      if (chosen.length === framesMax || (chosen.length > 0 && bytes > bytesMax)) break;
      chosen.push(payload);
    }
    return chosen;
  }

  /** Takes out payloads that were delivered; those that were dropped meanwhile are passed over. */
  remove(payloads: readonly Payload[]): void {
    const gone = new Set(payloads);
    const keep = (payload: Payload): boolean => {
      if (!gone.delete(payload)) return true;
      this.#forget(payload);
      return false;
    };
    this.#votes = this.#votes.filter(keep);
    this.#bulk = this.#bulk.filter(keep);
  }

  /** Drops everything. */
  clear(): void {
    while (this.size > 0) this.#drop(this.#bulk.length > 0 ? this.#bulk : this.#votes);
  }

  #drop(list: Payload[]): void {
    const payload = list.shift();
    if (payload === undefined) return;
    this.#forget(payload);
    this.#onDrop(payload);
  }

  #forget(payload: Payload): void {
    this.#bytes -= payload.bytes.length;
    this.#space.release(payload);
  }
}
