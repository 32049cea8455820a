/** @module What a chain says of consensus and stake to those who ask. Reads only. */
import type {
  ConsensusView,
  EvidenceView,
  SigningView,
  StakingView,
  ValidatorName,
  ValidatorsView,
} from '../../shared/api/consensus-views.ts';
import type { ChainHead } from '../../shared/api/objects.ts';
import { parseAddress } from '../../shared/protocol/primitives/address.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import { evidenceList } from '../../shared/protocol/state/evidence-records.ts';
import { readValidator } from '../../shared/protocol/state/validator-record.ts';
import { stakingOf } from '../../shared/protocol/state/validator-views.ts';
import type { ConsensusDriver } from './consensus-driver.ts';
import { consensusView } from './consensus-view.ts';
import { currentSet, otherValidators, pastSet } from './validator-sets.ts';

export interface ChainViewsDeps {
  readonly state: StateReader;
  readonly head: () => ChainHead;
  readonly driver: ConsensusDriver;
  /** What the guard of the validator key says. */
  readonly signing: () => SigningView;
  /** Items that wait for a block. */
  readonly pendingEvidence: () => number;
  /** Validators with an open link. */
  readonly connected: () => readonly ConsensusKey[];
}

export class ChainViews {
  readonly #deps: ChainViewsDeps;

  constructor(deps: ChainViewsDeps) {
    this.#deps = deps;
  }

  consensus(): { view: ConsensusView; head: ChainHead } {
    const { driver, connected, signing, head } = this.#deps;
    return { view: consensusView(driver.state, driver.stepSinceMs, connected(), signing()), head: head() };
  }

  validators(at: { height?: number; from?: number; limit?: number }): {
    view: ValidatorsView;
    head: ChainHead;
  } {
    const { state } = this.#deps;
    const head = this.#deps.head();
    const next = head.height + 1;
    const { height, from = 0, limit = 0 } = at;
    if (height !== undefined && height !== next) {
      const set = height > next ? null : pastSet(state, height);
      return { view: { set, others: [], next: null }, head };
    }
    return { view: { set: currentSet(state, next), ...otherValidators(state, from, limit) }, head };
  }

  staking(text: string): { view: StakingView; head: ChainHead } {
    const { delegations, unbonding, rewards } = stakingOf(this.#deps.state, parseAddress(text));
    const view: StakingView = {
      delegations: delegations.map(({ consensusKey, ...delegation }) => ({
        ...this.#named(consensusKey),
        ...delegation,
      })),
      unbonding: unbonding.map(({ consensusKey, amount, startedHeight, dueMs }) => ({
        ...this.#named(consensusKey),
        amount,
        started_height: startedHeight,
        due_ms: dueMs,
      })),
      rewards,
    };
    return { view, head: this.#deps.head() };
  }

  evidence(limit: number): { evidence: EvidenceView[]; pending: number; head: ChainHead } {
    const evidence = evidenceList(this.#deps.state, limit).map((record) => ({
      validator: this.#named(record.validator),
      step: record.step,
      infraction_height: record.height,
      round: record.round,
      height: record.includedHeight,
      time_ms: record.includedMs,
      outcome: record.outcome,
      burned: record.burned,
    }));
    return { evidence, pending: this.#deps.pendingEvidence(), head: this.#deps.head() };
  }

  #named(key: ConsensusKey): ValidatorName {
    return { consensus_key: key, name: readValidator(this.#deps.state, key)?.name ?? '' };
  }
}
