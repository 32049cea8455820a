/** @module The signing guard of one chain, wired to the records that it asks; for a node without a validator key, nothing. */
import type { SigningGuardReason, SigningView } from '../../../shared/api/consensus-views.ts';
import type { Result } from '../../../shared/api/objects.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import { ownPeerState } from '../../../shared/protocol/consensus/peer-state.ts';
import type { FinalBlock } from '../../../shared/protocol/execution/verify-range.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import type { Evidence } from '../../../shared/protocol/votes/evidence.ts';
import { type Bindings, nodeStub } from '../../runtime/bindings.ts';
import { fail, ok } from '../../runtime/rpc-result.ts';
import type { ConsensusDriver, ValidatorLinks } from '../consensus-driver.ts';
import type { SignLog } from '../sign-log.ts';
import type { ChainStore } from '../store.ts';
import { SigningGuard } from './signing-guard.ts';
import { SigningRecords } from './signing-records.ts';

export interface ChainSigningDeps {
  readonly env: Bindings;
  readonly sql: SqlStorage;
  readonly store: ChainStore;
  readonly chainId: string;
  readonly genesisHash: HashHex;
  /** Null for a node without a validator key. */
  readonly key: ConsensusKey | null;
  readonly signLog: SignLog;
  /** Height of the ledger; null for a node without one. */
  readonly askLedger: (() => Promise<number>) | null;
  readonly driver: () => ConsensusDriver;
  /** The other validators; asked for once the machine runs. */
  readonly links: () => ValidatorLinks;
  readonly headHeight: () => number;
  readonly log: Logger;
  /** Of the event that is handled. */
  readonly nowMs: () => number;
  /** A record has answered: an event of its own. */
  readonly onAnswer: () => void;
  /** What the node's registry shows has changed. */
  readonly onChanged: () => void;
}

const NO_KEY: SigningView = {
  status: 'none',
  reason: null,
  source: null,
  record_height: null,
  quiet_heights: null,
  since_ms: null,
  mark: null,
};

export class ChainSigning {
  readonly #guard: SigningGuard | null;
  readonly #key: ConsensusKey | null;
  readonly #driver: () => ConsensusDriver;

  constructor(deps: ChainSigningDeps) {
    this.#key = deps.key;
    this.#driver = deps.driver;
    this.#guard = deps.key === null ? null : guardOf(deps, deps.key);
  }

  /** As {@link SigningGuard.firstRound}. */
  firstRound(height: number): number | null {
    return this.#guard?.firstRound(height) ?? null;
  }

  /** After each event. */
  mind(): void {
    if (this.#driver().isStarted) this.#guard?.mind();
  }

  nextDueMs(): number | null {
    return this.#guard?.nextDueMs() ?? null;
  }

  /** As {@link SigningGuard.mayTell}. */
  get mayTell(): boolean {
    return this.#guard?.mayTell ?? true;
  }

  /** Inside the transaction that commits blocks, after their state was written. */
  committed(blocks: readonly FinalBlock[]): void {
    this.#guard?.committed(blocks);
  }

  /** Evidence that is true has come to this node. */
  accused({ validator, height }: Evidence): void {
    if (validator === this.#key) this.#guard?.accused(height);
  }

  /** The drain has seen the ledger. */
  noteLedger(height: number): void {
    this.#guard?.noteLedger(height);
  }

  setMark({ height, round }: { height: number; round?: number }): Result<SigningView> {
    return this.#guard?.setMark(height, round) ?? noKey();
  }

  obey(orderMs: number): Result<SigningView> {
    if (this.#guard === null) return noKey();
    this.#guard.obey(orderMs);
    return ok(this.view());
  }

  view(): SigningView {
    return this.#guard?.view() ?? NO_KEY;
  }

  /** Of a guard that is up, for figures. */
  get reason(): SigningGuardReason | null {
    return this.#guard?.reason ?? null;
  }
}

function guardOf(deps: ChainSigningDeps, key: ConsensusKey): SigningGuard {
  const { env, chainId, genesisHash, driver, links, log, askLedger, onAnswer } = deps;
  const request = { chain_id: chainId, genesis_hash: genesisHash };
  const askNode = () => nodeStub(env).signingRecord(request);
  return new SigningGuard({
    sql: deps.sql,
    key,
    signLog: deps.signLog,
    state: deps.store,
    records: new SigningRecords({ askNode, askLedger, log, onAnswer }),
    headHeight: deps.headHeight,
    consensus: () => driver().state,
    log,
    nowMs: deps.nowMs,
    askPeers: () => {
      const peerState = ownPeerState(driver().state, true);
      links().broadcast({ kind: 'peer_state', peerState }, null);
    },
    onReady: () => driver().signerReady(deps.nowMs()),
    onChanged: deps.onChanged,
  });
}

function noKey(): Result<SigningView> {
  return fail('SIGNING_KEY_NONE', 'VALIDATOR_KEY of this node is not set') as Result<SigningView>;
}
