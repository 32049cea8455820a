/** @module What a chain says of consensus to those who ask. Reads only. */
import type { ConsensusView, ValidatorSetView } from '../../shared/api/consensus-views.ts';
import type { ChainHead } from '../../shared/api/objects.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import type { ConsensusDriver } from './consensus-driver.ts';
import { consensusView } from './consensus-view.ts';
import { currentSet, pastSet } from './validator-sets.ts';

export interface ChainViewsDeps {
  readonly state: StateReader;
  readonly head: () => ChainHead;
  readonly driver: ConsensusDriver;
  /** Validators with an open link. */
  readonly connected: () => readonly ConsensusKey[];
}

export class ChainViews {
  readonly #deps: ChainViewsDeps;

  constructor(deps: ChainViewsDeps) {
    this.#deps = deps;
  }

  consensus(): { view: ConsensusView; head: ChainHead } {
    const { driver, connected, head } = this.#deps;
    return { view: consensusView(driver.state, driver.stepSinceMs, connected()), head: head() };
  }

  validators(height: number | undefined): { set: ValidatorSetView | null; head: ChainHead } {
    const { state, head } = this.#deps;
    const next = head().height + 1;
    const wanted = height ?? next;
    if (wanted > next) return { set: null, head: head() };
    return { set: wanted === next ? currentSet(state, next) : pastSet(state, wanted), head: head() };
  }
}
