/**
 * @module Evidence that waits for a block: what this node saw, and what others sent and this node checked. Rows keep it
 * over the loss of memory; it goes once the chain holds it, has punished the offender, or would find it too old.
 */
import { nativeVerifier } from '../../shared/native/verifier.ts';
import {
  checkEvidencePlace,
  checkEvidenceTruth,
  readEvidence,
} from '../../shared/protocol/execution/check-evidence.ts';
import type { ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import type { BlockEnvironment } from '../../shared/protocol/state/block-environment.ts';
import { readParams } from '../../shared/protocol/state/params.ts';
import type { Evidence } from '../../shared/protocol/votes/evidence.ts';
import { EvidenceError } from '../../shared/protocol/votes/evidence-error.ts';

/** Items that wait at once: one for each validator of the largest set. */
export const EVIDENCE_POOL_MAX = 64;
/** Items of one validator: one puts it out for good, and its further offences must not take the room of others. */
export const EVIDENCE_OF_VALIDATOR_MAX = 4;

/** The block above `parent` as far as it is known before it is made. */
export function environmentAbove(
  genesis: Genesis,
  state: StateReader,
  parent: ParentBlock,
  nowMs: number,
): BlockEnvironment {
  return {
    chainId: genesis.chainId,
    height: parent.height + 1,
    timeMs: Math.max(nowMs, parent.timeMs),
    params: readParams(state, genesis.params),
    isSetFixed: genesis.chainType === 'bilateral',
  };
}

export interface EvidencePoolDeps {
  readonly sql: SqlStorage;
  readonly state: StateReader;
  readonly genesisHash: HashHex;
  /** The next block, as far as evidence depends on it. */
  readonly nextBlock: () => BlockEnvironment;
  /** Told of each item that is new here. */
  readonly onNew: (evidence: Evidence) => void;
}

/** What became of an item: `known` waits already, `full` leaves no room for it. */
export type EvidenceIntake = 'new' | 'known' | 'full';

interface Waiting {
  readonly evidence: Evidence;
  readonly bytes: Uint8Array;
}

export class EvidencePool {
  readonly #deps: EvidencePoolDeps;
  /** By position, in order of arrival. */
  readonly #items = new Map<string, Waiting>();

  constructor(deps: EvidencePoolDeps) {
    this.#deps = deps;
    const rows = deps.sql.exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM evidence_pool ORDER BY sequence');
    for (const row of rows) {
      const bytes = new Uint8Array(row.bytes);
      const evidence = readEvidence(bytes);
      this.#items.set(positionOf(evidence), { evidence, bytes });
    }
    this.settle();
  }

  get size(): number {
    return this.#items.size;
  }

  *items(): Iterable<Uint8Array> {
    for (const { bytes } of this.#items.values()) yield bytes;
  }

  /** Takes evidence that the next block may hold; of one key, height, round and step a single item. Throws EvidenceError. */
  add(bytes: Uint8Array): EvidenceIntake {
    const { sql, state, genesisHash, nextBlock } = this.#deps;
    const evidence = readEvidence(bytes);
    const position = positionOf(evidence);
    if (this.#items.has(position)) return 'known';
    checkEvidencePlace({ state, block: nextBlock() }, evidence);
    if (this.#items.size >= EVIDENCE_POOL_MAX || this.#countOf(evidence) >= EVIDENCE_OF_VALIDATOR_MAX)
      return 'full';
    checkEvidenceTruth(evidence, genesisHash, nativeVerifier);
    sql.exec('INSERT INTO evidence_pool (position, bytes) VALUES (?, ?)', position, bytes);
    this.#items.set(position, { evidence, bytes });
    this.#deps.onNew(evidence);
    return 'new';
  }

  /** After a block, and after waking: what it included, made moot, or is too old by now, goes. */
  settle(): void {
    if (this.#items.size === 0) return;
    const { sql, state, nextBlock } = this.#deps;
    const block = nextBlock();
    for (const [position, { evidence }] of this.#items) {
      try {
        checkEvidencePlace({ state, block }, evidence);
      } catch (error) {
        if (!(error instanceof EvidenceError)) throw error;
        sql.exec('DELETE FROM evidence_pool WHERE position = ?', position);
        this.#items.delete(position);
      }
    }
  }

  #countOf({ validator }: Evidence): number {
    return [...this.#items.values()].filter(({ evidence }) => evidence.validator === validator).length;
  }
}

function positionOf({ validator, height, round, step }: Evidence): string {
  return `${validator}/${height}/${round}/${step}`;
}
