/** @module Snapshots of one chain: cut as it grows, given to those who ask, and taken by a chain without a block. */
import type { Result, SnapshotImportView } from '../../../shared/api/objects.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import type { FinalBlock } from '../../../shared/protocol/execution/verify-range.ts';
import type { TrustedHeader } from '../../../shared/protocol/light-client/trusted-header.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import type { TransactionRegistry } from '../../../shared/protocol/transaction/define-transaction.ts';
import type { ValidatorSet } from '../../../shared/protocol/validators/validator-set.ts';
import { fail, ok } from '../../runtime/rpc-result.ts';
import type { ChainStore } from '../store.ts';
import { LightTrail } from './light-trail.ts';
import { SnapshotCutter } from './snapshot-cutter.ts';
import { SnapshotImport } from './snapshot-import.ts';
import { SnapshotRows } from './snapshot-rows.ts';

/** The manifest of a snapshot, or one of its chunks. */
export type SnapshotPart =
  | { readonly manifest: Uint8Array }
  | { readonly position: number; readonly chunk: Uint8Array };

export interface StateSnapshotsDeps {
  readonly storage: Pick<DurableObjectStorage, 'sql' | 'transactionSync'>;
  readonly store: ChainStore;
  readonly registry: TransactionRegistry;
  /** That of the genesis. */
  readonly trust: TrustedHeader;
  /** Blocks from one snapshot to the next; 0 = none. */
  readonly interval: number;
  /** Whole snapshots that are kept. */
  readonly kept: number;
  readonly log: Logger;
}

export class StateSnapshots {
  readonly rows: SnapshotRows;
  readonly import: SnapshotImport;
  readonly #store: ChainStore;
  readonly #trail: LightTrail;
  readonly #cutter: SnapshotCutter;

  constructor({ storage, store, registry, trust, interval, kept, log }: StateSnapshotsDeps) {
    this.rows = new SnapshotRows(storage.sql);
    this.#store = store;
    this.import = new SnapshotImport(storage, store, trust, registry);
    this.#trail = new LightTrail(storage.sql, trust);
    const { rows } = this;
    this.#cutter = new SnapshotCutter({ storage, store, rows, trail: this.#trail, interval, kept, log });
  }

  /** True while there is something to cut. */
  get isCutting(): boolean {
    return this.#cutter.isCutting;
  }

  /** Blocks were committed whose first one `validators` decided. In their transaction, after the state has moved. */
  onCommitted(blocks: readonly FinalBlock[], validators: ValidatorSet): void {
    const light = this.#trail.record(blocks, validators);
    if (light !== null) this.#cutter.onCommitted(light, blocks.length);
  }

  /** Cuts one slice. */
  cut(): void {
    this.#cutter.run();
  }

  /**
   * Takes a part of a snapshot into a chain without blocks. `isDone` once the chain stands on it: memory is stale then.
   * Refuses with SNAPSHOT_REFUSED or SNAPSHOT_INVALID.
   */
  take(part: SnapshotPart): Result<{ progress: SnapshotImportView; isDone: boolean }> {
    if (this.#store.head().head.height > 0)
      return fail('SNAPSHOT_REFUSED', 'this chain has blocks of its own');
    if ('chunk' in part && this.import.progress === null)
      return fail('SNAPSHOT_REFUSED', 'no import is under way: send the manifest first');
    try {
      if ('manifest' in part) this.import.begin(part.manifest);
      else this.import.add(part.position, part.chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return fail('SNAPSHOT_INVALID', error.message, { light_code: error.code });
    }
    const { progress } = this.import;
    assert(progress !== null, 'an import is under way');
    const isDone = progress.missing.length === 0;
    if (isDone) this.import.finish();
    return ok({ progress, isDone });
  }
}
