/**
 * @module Holds a validator key back until it is clear that nothing it signed elsewhere, or before this storage was
 * restored, can be contradicted. In each life of the object no signature is made before the records were asked.
 * Source: docs/spec/consensus.md, "Restore guard".
 */
import type {
  SigningGuardReason,
  SigningRecordSource,
  SigningView,
} from '../../../shared/api/consensus-views.ts';
import type { Result } from '../../../shared/api/objects.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import { comparePositions, type SignPosition } from '../../../shared/protocol/consensus/signer.ts';
import type { ConsensusState } from '../../../shared/protocol/consensus/state.ts';
import type { FinalBlock } from '../../../shared/protocol/execution/verify-range.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { ROUND_MAX } from '../../../shared/protocol/primitives/limits.ts';
import type { StateReader } from '../../../shared/protocol/primitives/state-reader.ts';
import { validatorsAt } from '../../../shared/protocol/state/set-history.ts';
import { readValidators } from '../../../shared/protocol/state/validators.ts';
import { totalPower, type ValidatorSet } from '../../../shared/protocol/validators/validator-set.ts';
import type { CommitCertificate } from '../../../shared/protocol/votes/commit-certificate.ts';
import { fail, ok } from '../../runtime/rpc-result.ts';
import type { SignLog } from '../sign-log.ts';
import { GuardRows } from './guard-rows.ts';
import { canBeQuiet, judge, QUIET_HEIGHTS, type Situation } from './guard-verdict.ts';
import { highestInOpenHeight, inCertificate } from './own-signatures.ts';
import { peerRecords } from './peer-records.ts';
import type { SigningRecords } from './signing-records.ts';

/** Others are asked again for their height after this time, doubled up to a minute. */
const ASK_PEERS_MS = 1_000;
const ASK_PEERS_MAX_MS = 60_000;
/** While records that stand in the way of telling others are asked, the object is woken again after this time. */
const ANSWER_WATCHDOG_MS = 3_000;

export interface SigningGuardDeps {
  readonly sql: SqlStorage;
  readonly key: ConsensusKey;
  readonly signLog: SignLog;
  readonly state: StateReader;
  readonly records: Pick<SigningRecords, 'node' | 'ledger' | 'dueMs' | 'ask' | 'noteLedger'>;
  readonly headHeight: () => number;
  /** The machine between two steps. */
  readonly consensus: () => ConsensusState;
  readonly log: Logger;
  readonly nowMs: () => number;
  /** Asks every other validator for its height. */
  readonly askPeers: () => void;
  /** The key may sign from now on. */
  readonly onReady: () => void;
  /** A guard was raised, or has ended. */
  readonly onChanged: () => void;
}

export class SigningGuard {
  readonly #deps: SigningGuardDeps;
  readonly #rows: GuardRows;
  #row: ReturnType<GuardRows['read']>;
  /** Whether the key is in the set that decides the block above the head. */
  #isMember: boolean;
  /** In this life of the object. */
  #phase: 'unchecked' | 'checking' | 'ready' = 'unchecked';
  #waitsFor: SigningRecordSource | null = null;
  #askedPeers = { times: 0, nextMs: 0 };
  /** What of the machine was searched for own signatures last. */
  #searched: { votes: unknown; proposals: unknown } = { votes: null, proposals: null };
  /** A position that the mark is known to have reached: it never goes back, and most of what is seen lies below. */
  #reached: SignPosition | null = null;
  /** As in the row, until the ledger has told its height, too. */
  #storedHeight: number | null;

  constructor(deps: SigningGuardDeps) {
    this.#deps = deps;
    this.#rows = new GuardRows(deps.sql, deps.key);
    this.#row = this.#rows.read();
    this.#storedHeight = this.#row.storedHeight;
    this.#isMember = isIn(readValidators(deps.state), deps.key);
  }

  /** Lowest round of the height in which the key may sign: above the operator's mark. Null where it may sign nothing. */
  firstRound(height: number): number | null {
    const { floor } = this.#row;
    if (this.#phase !== 'ready' || height < floor.height) return null;
    if (height > floor.height) return 0;
    return floor.round < ROUND_MAX ? floor.round + 1 : null;
  }

  /** After each event: asks, judges, raises a guard or ends it. */
  mind(): void {
    const state = this.#deps.consensus();
    this.#searchOpenHeight(state);
    this.#compareStored();
    if (this.#phase === 'ready') return;
    if (state.self === null) return;
    const isResting = state.step === 'idle' && !this.#isNew && this.#row.guard === null;
    this.#phase = isResting ? 'unchecked' : 'checking';
    if (isResting) this.#waitsFor = null;
    else this.#check(state);
  }

  /** Inside the transaction that commits blocks, once their state is written: who signed them, and who signs next. */
  committed(blocks: readonly FinalBlock[]): void {
    this.#noteStored(blocks);
    for (const { executed, certificate } of blocks) {
      const { lastCommit, header } = executed.block;
      for (const commit of [lastCommit, certificate]) if (commit !== null) this.#searchCommit(commit);
      const isMember = isIn(executed.nextValidators, this.#deps.key);
      if (isMember !== this.#isMember)
        this.#write({ ...this.#row, enteredHeight: isMember ? header.height + 1 : 0 });
      this.#isMember = isMember;
    }
  }

  /** The drain has seen the ledger: it may have been away when it was asked. */
  noteLedger(height: number): void {
    this.#deps.records.noteLedger(height);
    const storedHeight = this.#storedHeight;
    this.#storedHeight = null;
    const before = storedHeight ?? this.#deps.headHeight();
    if (this.#row.guard !== null) this.#prolong(before);
    else if ((storedHeight !== null || this.#phase === 'ready') && height > before)
      this.#raise('behind', 'ledger', height);
  }

  /**
   * False while the records are asked that blocks of this life would overwrite: the registry and the ledger are told of them
   * only once both have shown what they held before.
   */
  get mayTell(): boolean {
    return this.#row.storedHeight === null || this.#areAsked;
  }

  /**
   * There is proof that the key signed twice. Where the chain cannot go on without the key, it does go on: silence would also
   * keep the proof out of the chain.
   */
  accused(height: number): void {
    if (this.#row.guard === null && canBeQuiet(this.#power())) this.#raise('own_signature', 'peers', height);
  }

  /** The operator wants the key held; `orderMs` is when the node was told. */
  obey(orderMs: number): void {
    if (orderMs <= this.#row.obeyedMs) return;
    this.#row = { ...this.#row, obeyedMs: orderMs };
    this.#raise('order', 'node', this.#deps.headHeight());
  }

  /**
   * The operator vouches that the key has signed nothing above this position and will sign nothing there elsewhere. Without
   * a round the whole height counts as signed. Refuses with SIGNING_MARK_BELOW or SIGNING_MARK_TOO_FAR.
   */
  setMark(height: number, round: number = ROUND_MAX): Result<SigningView> {
    const { key, signLog, records, headHeight, log, nowMs } = this.#deps;
    const position: SignPosition = { height, round, step: 'precommit' };
    const mark = signLog.mark(key);
    if (mark !== null && comparePositions(position, mark) < 0) {
      return fail(
        'SIGNING_MARK_BELOW',
        `the key has signed height ${mark.height}, round ${mark.round} from here`,
      );
    }
    const ledger = typeof records.ledger === 'number' ? records.ledger : 0;
    const known = [headHeight(), this.#row.guard?.recordHeight ?? 0, records.node?.height ?? 0, ledger];
    const highest = Math.max(...known, peerRecords(this.#deps.consensus()).height) + 1;
    if (height > highest) {
      return fail(
        'SIGNING_MARK_TOO_FAR',
        `nobody has seen a height above ${highest - 1}, and a mark never goes back`,
      );
    }
    signLog.raiseMark(key, position);
    // An order that is not obeyed yet is older than this word of the operator.
    const obeyedMs = Math.max(this.#row.obeyedMs, records.node?.orderMs ?? 0, nowMs());
    this.#storedHeight = null;
    this.#write({ ...this.#row, guard: null, obeyedMs, floor: { height, round }, storedHeight: null });
    log.warning('the operator has set the mark: the key signs above it', {
      function: 'signing',
      height,
      round,
    });
    this.#open();
    return ok(this.view());
  }

  /** Of a guard that is up. */
  get reason(): SigningGuardReason | null {
    return this.#row.guard?.reason ?? null;
  }

  view(): SigningView {
    const { guard } = this.#row;
    const mark = this.#deps.signLog.mark(this.#deps.key);
    if (guard === null) {
      const source = this.#phase === 'checking' ? this.#waitsFor : null;
      const none = { reason: null, record_height: null, quiet_heights: null, since_ms: null };
      return { status: this.#phase, source, ...none, mark };
    }
    const quiet = Math.min(QUIET_HEIGHTS, Math.max(0, this.#deps.headHeight() - guard.quietFrom));
    return {
      status: 'guarded',
      reason: guard.reason,
      source: guard.source,
      record_height: guard.recordHeight,
      quiet_heights: canBeQuiet(this.#power()) ? quiet : null,
      since_ms: guard.sinceMs,
      mark,
    };
  }

  /** When something is to be asked again; null while only events help. */
  nextDueMs(): number | null {
    if (!this.mayTell) return this.#deps.records.dueMs ?? this.#deps.nowMs() + ANSWER_WATCHDOG_MS;
    if (this.#phase !== 'checking' || this.#waitsFor === null) return null;
    return this.#waitsFor === 'peers' ? this.#askedPeers.nextMs : this.#deps.records.dueMs;
  }

  get #isNew(): boolean {
    return this.#row.guard === null && this.#deps.signLog.mark(this.#deps.key) === null;
  }

  get #areAsked(): boolean {
    const { node, ledger } = this.#deps.records;
    return node !== null && ledger !== null;
  }

  /** Blocks may come before anybody was asked. Then they hide how far this storage was, which must not be forgotten. */
  #noteStored([first]: readonly FinalBlock[]): void {
    if (first === undefined || this.#phase === 'ready' || this.#areAsked) return;
    if (this.#row.storedHeight !== null) return;
    this.#storedHeight = first.executed.block.header.height - 1;
    this.#write({ ...this.#row, storedHeight: this.#storedHeight });
  }

  /** Asks what noted blocks have hidden: a record above the head that was stored shows that the storage went back. */
  #compareStored(): void {
    const { storedHeight } = this.#row;
    if (storedHeight === null) return;
    const { records, nowMs } = this.#deps;
    const { node, ledger } = records;
    if (node === null || ledger === null) {
      records.ask(nowMs());
      return;
    }
    this.#write({ ...this.#row, storedHeight: null });
    if (typeof ledger === 'number') this.#storedHeight = null;
    if (this.#row.guard !== null) this.#prolong(storedHeight);
    else if (node.height > storedHeight) this.#raise('behind', 'node', node.height);
    else if (typeof ledger === 'number' && ledger > storedHeight) this.#raise('behind', 'ledger', ledger);
  }

  /**
   * A storage that is put back while its guard is up, or to a time when it was, remembers a guard that may have ended since.
   * The key is quiet only above what the records show.
   */
  #prolong(storedHeight: number): void {
    const { guard } = this.#row;
    const { node, ledger } = this.#deps.records;
    const height = Math.max(node?.height ?? 0, typeof ledger === 'number' ? ledger : 0);
    if (guard === null || height <= storedHeight || height <= guard.quietFrom) return;
    const recordHeight = Math.max(guard.recordHeight, height);
    this.#write({ ...this.#row, guard: { ...guard, recordHeight, quietFrom: height } });
  }

  #check(state: ConsensusState): void {
    const { records, signLog, key, headHeight, nowMs } = this.#deps;
    // A guard that ends for its own reason must not leave an order behind, which would hold the key again much later.
    if (this.#row.guard !== null && records.node !== null) this.obey(records.node.orderMs);
    this.#prolong(headHeight());
    const situation: Situation = {
      headHeight: headHeight(),
      memory: { ...this.#row, mark: signLog.mark(key) },
      records: { node: records.node, ledger: records.ledger, peers: peerRecords(state) },
      power: this.#power(),
    };
    const verdict = judge(situation);
    switch (verdict.kind) {
      case 'sign':
        this.#release(situation);
        return;
      case 'guard':
        this.#waitsFor = null;
        records.ask(nowMs());
        if (this.#row.guard !== null) return;
        if (records.node !== null)
          this.#row = { ...this.#row, obeyedMs: Math.max(this.#row.obeyedMs, records.node.orderMs) };
        this.#raise(verdict.reason, verdict.source, verdict.recordHeight);
        return;
      case 'wait':
        this.#waitsFor = verdict.for;
        if (verdict.for === 'peers') this.#askPeers(nowMs());
        else records.ask(nowMs());
    }
  }

  #askPeers(nowMs: number): void {
    const { times, nextMs } = this.#askedPeers;
    if (nextMs > nowMs) return;
    const pauseMs = Math.min(ASK_PEERS_MS * 2 ** times, ASK_PEERS_MAX_MS);
    this.#askedPeers = { times: times + 1, nextMs: nowMs + pauseMs };
    this.#deps.askPeers();
  }

  /** A new key is known from here on; one whose guard has ended stays above what the chain holds. */
  #release({ headHeight, memory }: Situation): void {
    const { signLog, key, log } = this.#deps;
    if (memory.guard !== null) {
      signLog.raiseMark(key, { height: headHeight, round: ROUND_MAX, step: 'precommit' });
      this.#write({ ...this.#row, guard: null });
      log.info('the guard has ended: the key was quiet for ten heights', {
        function: 'signing',
        height: headHeight,
      });
    } else if (memory.mark === null) {
      signLog.raiseMark(key, { height: 0, round: 0, step: 'proposal' });
    }
    this.#open();
  }

  #open(): void {
    const { onReady, onChanged } = this.#deps;
    this.#phase = 'ready';
    this.#waitsFor = null;
    onChanged();
    onReady();
  }

  #raise(reason: SigningGuardReason, source: SigningRecordSource, recordHeight: number): void {
    const { headHeight, log, nowMs, onChanged } = this.#deps;
    this.#phase = 'checking';
    const height = headHeight();
    this.#write({
      ...this.#row,
      guard: { reason, source, recordHeight, quietFrom: Math.max(height, recordHeight), sinceMs: nowMs() },
    });
    const fields = { function: 'signing', reason, source, record_height: recordHeight, height };
    log.error('the validator key is held back: see "Restore guard" in docs/spec/consensus.md', fields);
    onChanged();
  }

  /** A signature of the key that others have. Above the mark, another storage made it: the key stays above it from now on. */
  #saw(position: SignPosition): void {
    const { signLog, key } = this.#deps;
    const { guard } = this.#row;
    if (this.#isReached(position)) return;
    signLog.raiseMark(key, position);
    if (guard === null) {
      this.#raise('own_signature', 'peers', position.height);
      return;
    }
    if (position.height > guard.quietFrom)
      this.#write({ ...this.#row, guard: { ...guard, quietFrom: position.height } });
  }

  #isReached(position: SignPosition): boolean {
    if (this.#reached !== null && comparePositions(position, this.#reached) <= 0) return true;
    this.#reached = this.#deps.signLog.mark(this.#deps.key);
    return this.#reached !== null && comparePositions(position, this.#reached) <= 0;
  }

  #searchCommit(commit: CommitCertificate): void {
    const { key, state } = this.#deps;
    // The own precommit can stand nowhere else.
    const { height, round } = commit;
    if (this.#isReached({ height, round, step: 'precommit' })) return;
    const position = inCertificate(key, validatorsAt(state, commit.height) ?? [], commit);
    if (position !== null) this.#saw(position);
  }

  #searchOpenHeight(state: ConsensusState): void {
    const { votes, proposals } = state;
    if (votes === this.#searched.votes && proposals === this.#searched.proposals) return;
    this.#searched = { votes, proposals };
    // What lies below the highest one is held with it.
    const position = highestInOpenHeight(this.#deps.key, state);
    if (position !== null) this.#saw(position);
  }

  #power(): Situation['power'] {
    const { validators, self } = this.#deps.consensus();
    return { own: self === null ? 0 : (validators[self]?.power ?? 0), total: totalPower(validators) };
  }

  #write(row: ReturnType<GuardRows['read']>): void {
    this.#row = row;
    this.#rows.write(row);
  }
}

function isIn(set: ValidatorSet, key: ConsensusKey): boolean {
  return set.some(({ consensusKey }) => consensusKey === key);
}
