/**
 * @module Cuts snapshots of the state: begun with a block, then a slice a turn while blocks go on, each chunk from the
 * leaves as they were at that block. Source: docs/spec/snapshots.md.
 */
import { errorText, type Logger } from '../../../shared/observability/log.ts';
import type { LightBlock } from '../../../shared/protocol/light-client/light-block.ts';
import { encodeChunk, summarise } from '../../../shared/protocol/light-client/snapshot-chunk.ts';
import {
  encodeManifest,
  SNAPSHOT_CHUNKS_MAX,
  SNAPSHOT_FORMAT,
} from '../../../shared/protocol/light-client/snapshot-manifest.ts';
import { nextPrefix } from '../../../shared/protocol/merkle/state-subtree.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import type { ChainStore } from '../store.ts';
import type { LightTrail } from './light-trail.ts';
import type { OpenSnapshot, SnapshotRows } from './snapshot-rows.ts';

/** Keys and values of one chunk: small enough to be sent as text, large enough that hashes do not count. */
export const CHUNK_BYTES = 262_144;
/** Keys and values that one turn cuts: a few tens of milliseconds of hashing. */
export const SLICE_BYTES = 1_048_576;

export interface SnapshotCutterDeps {
  readonly storage: Pick<DurableObjectStorage, 'transactionSync'>;
  readonly store: ChainStore;
  readonly rows: SnapshotRows;
  readonly trail: LightTrail;
  /** Blocks from one snapshot to the next; 0 = none are cut. */
  readonly interval: number;
  /** Whole snapshots that are kept. At least 1. */
  readonly kept: number;
  readonly log: Logger;
}

export class SnapshotCutter {
  readonly #deps: SnapshotCutterDeps;
  #open: OpenSnapshot | null;

  constructor(deps: SnapshotCutterDeps) {
    this.#deps = deps;
    this.#open = deps.rows.open();
    if (this.#open?.cursor != null) deps.store.state.keepFrom(this.#open.cursor);
  }

  /** True while a snapshot is being cut: there is work without a block. */
  get isCutting(): boolean {
    return this.#open !== null;
  }

  /**
   * The head has moved to this light block, over `blocks` heights: begins a snapshot where one is due and none is being
   * cut. In the transaction that commits the blocks.
   */
  onCommitted(light: LightBlock, blocks: number): void {
    const { interval, rows, store } = this.#deps;
    const { height } = light.header;
    if (interval === 0 || this.#open !== null) return;
    if (Math.floor(height / interval) === Math.floor((height - blocks) / interval)) return;
    rows.begin(light);
    this.#open = { height, light, cursor: '' };
    store.state.keepFrom('');
  }

  /** Cuts one slice, in a transaction of its own. A snapshot that cannot be made is given up, with an error in the log. */
  run(): void {
    const open = this.#open;
    if (open === null) return;
    this.#deps.storage.transactionSync(() => {
      this.#open = this.#slice(open);
      if (this.#open?.cursor != null) this.#deps.store.state.keepFrom(this.#open.cursor);
      else this.#finish(open);
    });
  }

  #slice(open: OpenSnapshot): OpenSnapshot {
    const { rows, store } = this.#deps;
    let position = rows.summaries(open.height).length;
    let cursor = open.cursor;
    for (let bytes = 0; cursor !== null && bytes < SLICE_BYTES; ) {
      const leaves = store.state.under(cursor, CHUNK_BYTES);
      if (leaves === null) {
        cursor = `${cursor}0`;
        continue;
      }
      const chunk = encodeChunk(leaves);
      rows.addChunk(open.height, position, summarise(cursor, leaves), chunk);
      bytes += chunk.length;
      position += 1;
      cursor = nextPrefix(cursor);
    }
    rows.setCursor(open.height, cursor);
    return { ...open, cursor };
  }

  #finish({ height, light }: OpenSnapshot): void {
    const { rows, store, kept, log } = this.#deps;
    this.#open = null;
    store.state.keepNothing();
    try {
      rows.complete(height, this.#manifest(height, light));
    } catch (error) {
      log.error('a snapshot is given up', { function: 'finish', height, error: errorText(error) });
      rows.drop(height);
      return;
    }
    for (const old of rows.whole().slice(kept)) rows.drop(old.height);
    log.info('a snapshot of the state is whole', { function: 'finish', height });
  }

  #manifest(height: number, light: LightBlock): Uint8Array {
    const { rows, store, trail } = this.#deps;
    const block = store.block(height);
    assert(block !== null, 'the block of a snapshot is stored');
    const chunks = rows.summaries(height);
    assert(chunks.length <= SNAPSHOT_CHUNKS_MAX, 'the state fits in the chunks of one snapshot');
    const steps = trail.to(light);
    assert(steps !== null, 'the light blocks that are kept lead to the head');
    const { body, receipts } = block;
    return encodeManifest({ format: SNAPSHOT_FORMAT, body, receipts, trail: steps, chunks });
  }
}
