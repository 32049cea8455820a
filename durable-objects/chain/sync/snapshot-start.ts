/**
 * @module How a chain without a block begins where `SYNC_FROM=snapshot` asks for it: from a snapshot of its peers, and
 * block by block where none of them has one that holds. Synchronisation waits until that is settled.
 */
import type { ChainPeer } from '../../../shared/api/objects.ts';
import type { SnapshotImport } from '../snapshots/snapshot-import.ts';
import type { SnapshotSource } from '../snapshots/snapshot-source.ts';

export interface SnapshotStartDeps {
  /** True for a chain without a block that is told to begin with a snapshot. */
  readonly isWanted: boolean;
  readonly target: SnapshotImport;
  readonly source: SnapshotSource;
  readonly directory: () => Promise<readonly ChainPeer[]>;
  /** The state of the snapshot is in place: memory is stale. */
  readonly onDone: () => void;
  /** No peer gives one: the blocks come from the genesis on. */
  readonly onNone: () => void;
}

export class SnapshotStart {
  readonly #deps: SnapshotStartDeps;
  #isOpen: boolean;
  #isRunning = false;

  constructor(deps: SnapshotStartDeps) {
    this.#deps = deps;
    this.#isOpen = deps.isWanted;
  }

  /** True until it is settled what the chain begins with: no block may come before that. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Tries, where it is open and peers are known; once they are, the next call does. */
  try(): void {
    if (!this.#isOpen || this.#isRunning) return;
    this.#isRunning = true;
    void this.#run().finally(() => {
      this.#isRunning = false;
    });
  }

  async #run(): Promise<void> {
    const { directory, source, target, onDone, onNone } = this.#deps;
    const peers = await directory();
    if (peers.length === 0) return;
    const isFilled = await source.fill(target, peers);
    this.#isOpen = false;
    if (!isFilled) return onNone();
    target.finish();
    onDone();
  }
}
