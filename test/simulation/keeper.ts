/**
 * @module The production guard of a node's key, and the record that it asks: what the node itself knows of its chain,
 * which a restore of the chain's storage leaves alone.
 */
import { SigningGuard } from '../../durable-objects/chain/signing/signing-guard.ts';
import type { SigningRecords } from '../../durable-objects/chain/signing/signing-records.ts';
import type { Logger } from '../../shared/observability/log.ts';
import { ownPeerState } from '../../shared/protocol/consensus/peer-state.ts';
import type { FinalBlock } from '../../shared/protocol/execution/verify-range.ts';
import { frameOf } from './frame.ts';
import type { Life } from './life.ts';
import { Violation } from './violation.ts';

/** How long the node's own record takes to answer. */
const ANSWER_MS_MAX = 30;

/** What a node remembers of its chain outside of the chain's storage. */
export interface Registry {
  /** Of the last head that was told. */
  height: number;
  /** When the operator last ordered the key to be held; 0 for never. */
  orderMs: number;
}

type Asked = Pick<SigningRecords, 'node' | 'ledger' | 'dueMs' | 'ask' | 'noteLedger'>;

/** Answers of the registry, each asked for once per life; there is no ledger. */
class RegistryRecords implements Asked {
  readonly #life: Life;
  readonly ledger = 0;
  readonly dueMs = null;
  #answer: Asked['node'] = null;
  #isAsked = false;

  constructor(life: Life) {
    this.#life = life;
  }

  get node(): Asked['node'] {
    return this.#answer;
  }

  ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const { node } = this.#life;
    node.simulation.after(1 + (node.simulation.nowMs % ANSWER_MS_MAX), () => {
      this.#answer = { ...node.registry };
      this.#life.turn(() => undefined);
      if (!this.#life.isOver) this.#life.tellRegistry();
    });
  }

  noteLedger(): void {
    throw new Error('there is no ledger');
  }
}

/** The guard of the key of one life. */
export class Keeper {
  readonly #life: Life;
  readonly #guard: SigningGuard;
  #dueMs: number | null = null;
  #raised: string | null = null;

  constructor(life: Life) {
    const { node, storage } = life;
    this.#life = life;
    this.#guard = new SigningGuard({
      sql: storage.connection.asStorage,
      key: node.key,
      signLog: storage.signLog,
      state: storage.store,
      records: new RegistryRecords(life),
      headHeight: () => life.parent.height,
      consensus: () => life.state,
      log: silent,
      nowMs: () => node.nowMs,
      askPeers: () =>
        node.sendAll(frameOf({ kind: 'peer_state', peerState: ownPeerState(life.state, true) })),
      onReady: () => life.signerReady(),
      onChanged: () => this.#changed(),
    });
    this.#raised = this.#guard.reason;
  }

  /** Why the key is held back, or null. */
  get reason(): string | null {
    return this.#guard.reason;
  }

  /** Whether the registry may be told of blocks. */
  get mayTell(): boolean {
    return this.#guard.mayTell;
  }

  firstRound(height: number): number | null {
    return this.#guard.firstRound(height);
  }

  committed(block: FinalBlock): void {
    this.#guard.committed([block]);
  }

  accused(height: number): void {
    this.#guard.accused(height);
  }

  /** The operator vouches for everything up to a position, without a round for a whole height. True if the guard took it. */
  setMark(height: number, round?: number): boolean {
    return this.#guard.setMark(height, round).ok;
  }

  /** After each event; what it writes is durable with the event. */
  mind(): void {
    this.#guard.mind();
    this.#life.node.sql.commit();
    const dueMs = this.#guard.nextDueMs();
    if (dueMs === null || dueMs === this.#dueMs) return;
    this.#dueMs = dueMs;
    const { node } = this.#life;
    node.simulation.after(dueMs - node.nowMs, () => this.#life.turn(() => undefined));
  }

  #changed(): void {
    const { reason } = this.#guard;
    const { node } = this.#life;
    const { statistics } = node.simulation;
    if (reason !== null && this.#raised === null) {
      statistics.add(`guards/${reason}`);
      if (reason !== 'new_key' && !node.wasRestored)
        throw new Violation('guard_without_cause', `node ${node.index} is held: ${reason}`);
    }
    if (reason === null && this.#raised !== null) statistics.add('guards/ended');
    this.#raised = reason;
  }
}

/** What the guard says is counted above. */
const silent: Logger = { debug() {}, info() {}, warning() {}, error() {} };
