/** @module A simulated node: what outlives its memory, what befalls it, and the instances that run on it. */
import { DoubleSignPrevented } from '../../durable-objects/chain/sign-log.ts';
import type { ConsensusSigner, SignPosition } from '../../shared/protocol/consensus/signer.ts';
import type { ConsensusState } from '../../shared/protocol/consensus/state.ts';
import type { ConsensusContext } from '../../shared/protocol/consensus/turn.ts';
import type { ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import type { Behaviour } from './behaviour.ts';
import type { Blocks } from './blocks.ts';
import type { Frame } from './frame.ts';
import type { Registry } from './keeper.ts';
import { Life } from './life.ts';
import { Pool } from './pool.ts';
import type { Simulation } from './simulation.ts';
import { MemorySql } from './sql-storage.ts';
import { NodeStorage } from './storage.ts';

export interface SignedMessage {
  readonly position: SignPosition;
  readonly message: Uint8Array;
}

/** Where in a turn that writes the process dies. */
export type CrashPoint = 'before_persist' | 'after_persist' | 'half_sent';

/** A copy of the storage, and of how far it was. */
interface Snapshot {
  readonly image: Uint8Array;
  readonly height: number;
}

export class SimulatedNode {
  readonly index: number;
  /** Index of its key: twins share one. */
  readonly identity: number;
  readonly key: ConsensusKey;
  readonly simulation: Simulation;
  readonly behaviour: Behaviour | null;
  readonly sql = new MemorySql();
  /** Storage for those who look from outside. */
  readonly storage: NodeStorage;
  readonly pool: Pool;
  life: Life | null = null;
  /** An instance that was replaced and does not know it: it has its memory and its links, and no storage. */
  stale: Life | null = null;
  hasHalted = false;
  /** Difference of its clock to virtual time, milliseconds. */
  clockMs = 0;
  /** Its clock stands still at this time. */
  frozenMs: number | null = null;
  /** What happens at the end of the next turn that writes. */
  crash: CrashPoint | null = null;
  /** What it knows of its chain beside the chain's own storage. */
  readonly registry: Registry = { height: 0, orderMs: 0 };
  /** An earlier state of its storage. */
  snapshot: Snapshot | null = null;
  /** Its storage was put back to this height, and nobody has vouched for its key since. */
  restoredHeight: number | null = null;
  wasRestored = false;
  /** Crashes in its n-th turn that writes, once. */
  crashPlan: { turn: number; how: CrashPoint } | null = null;
  /** The state of the last turn that was committed. */
  durable: ConsensusState | null = null;
  #writingTurns = 0;
  /** Its operator's mark covers this height: it has no part in it. */
  #silentHeight = 0;

  constructor(simulation: Simulation, index: number, behaviour: Behaviour | null) {
    const { keys } = simulation.world;
    this.simulation = simulation;
    this.index = index;
    this.behaviour = behaviour;
    this.identity = index % keys.length;
    this.key = keys[this.identity] as ConsensusKey;
    this.storage = new NodeStorage(this.sql.connect());
    simulation.world.install(this.sql, this.storage);
    this.pool = new Pool(this);
  }

  get isHonest(): boolean {
    return this.behaviour === null;
  }

  get isUp(): boolean {
    return this.life !== null;
  }

  /** Its key is held back after a restore. */
  get isHeld(): boolean {
    return this.restoredHeight !== null || (this.life?.keeper?.reason ?? null) !== null;
  }

  /** It has no voice in a height, though it is honest. */
  isSilentAt(height: number): boolean {
    return this.isHeld || height <= this.#silentHeight;
  }

  get nowMs(): number {
    return this.frozenMs ?? this.simulation.nowMs + this.clockMs;
  }

  get state(): ConsensusState {
    return this.running.state;
  }

  get parent(): ParentBlock {
    return this.running.parent;
  }

  get blocks(): Blocks {
    return this.running.blocks;
  }

  get context(): ConsensusContext {
    return this.running.context;
  }

  /** The height of the last block that it has, up or down. */
  get height(): number {
    return this.life?.parent.height ?? this.storage.parent().height;
  }

  private get running(): Life {
    if (this.life === null) throw new Error(`node ${this.index} is down`);
    return this.life;
  }

  /** Starts from what is durable, as after a crash, an eviction or a deploy. */
  boot(): void {
    if (this.hasHalted) return;
    this.crash = null;
    this.pool.restored();
    const life = new Life(this);
    this.life = life;
    life.start();
    if (this.life === life) this.simulation.connected(this);
  }

  /** Memory is gone; storage stays. */
  down(): void {
    this.life?.end();
    this.life = null;
    this.sql.rollback();
    this.simulation.taps.down?.(this);
  }

  /** Keeps a copy of the storage for a later restore. */
  takeSnapshot(): void {
    this.snapshot = { image: this.sql.image(), height: this.height };
  }

  /** Puts an earlier copy in the place of the storage. The operator has ordered the key to be held, or relies on the record. */
  restore(snapshot: Snapshot, isOrdered: boolean): void {
    this.down();
    this.endStale();
    this.sql.restore(snapshot.image);
    this.snapshot = null;
    this.durable = null;
    this.restoredHeight = snapshot.height;
    this.wasRestored = true;
    if (isOrdered) this.registry.orderMs = this.simulation.nowMs;
    this.boot();
  }

  /** The operator vouches for what the key has signed, as only the one who sees everything can. True once it is done. */
  vouch(): boolean {
    const { life, restoredHeight } = this;
    const { observer } = this.simulation;
    if (life === null || life.keeper === null) return false;
    const { height, round } = observer.highestSigned(this) ?? { height: this.height, round: 0 };
    // A lock is lost with the storage, so the whole height counts as signed.
    const isLocked = observer.isLocked(this, height);
    // It signs in the same event.
    this.restoredHeight = null;
    const isTaken = life.keeper.setMark(height, isLocked ? undefined : round);
    if (isTaken && isLocked) this.#silentHeight = height;
    this.sql.commit();
    if (!isTaken) this.restoredHeight = restoredHeight;
    return isTaken;
  }

  /** A second instance starts while the first one goes on without knowing. */
  replace(): void {
    const { life } = this;
    if (life === null) return;
    this.endStale();
    life.storage.connection.sever();
    this.stale = life;
    this.boot();
  }

  /** Whatever ailed it is over. */
  heal(): void {
    this.clockMs = 0;
    this.frozenMs = null;
    this.crash = null;
    this.sql.isFull = false;
    this.sql.failAfter = null;
    this.endStale();
    if (!this.isUp) this.boot();
  }

  endStale(): void {
    this.stale?.end();
    this.stale = null;
  }

  /** A write or a read of an instance failed in the middle of a turn: it is over. */
  failed(life: Life): void {
    const { simulation } = this;
    if (life === this.stale) {
      simulation.statistics.add('crash_points/stale');
      this.endStale();
      return;
    }
    simulation.statistics.add(this.sql.isFull ? 'crash_points/disk_full' : 'crash_points/storage');
    this.down();
    if (this.sql.isFull) simulation.restartLater(this);
    else this.boot();
  }

  receive(from: number, frame: Frame): void {
    this.stale?.receive(from, frame);
    this.life?.receive(from, frame);
  }

  /** Sends now, as far as the behaviour lets it. */
  send(to: number, frame: Frame): void {
    const frames = this.behaviour?.outgoing?.(this, to, frame);
    if (frames === undefined) this.simulation.network.send(this.index, to, frame);
    else for (const each of frames) this.simulation.network.send(this.index, to, each);
  }

  sendAll(frame: Frame): void {
    for (const node of this.simulation.nodes) if (node !== this) this.send(node.index, frame);
  }

  /** A byzantine node signs whatever it likes; what it signs is on record for the checks. */
  signFreely(position: SignPosition, message: Uint8Array): Uint8Array {
    this.simulation.observer.signed(this, { position, message });
    return this.simulation.world.signer(`validator ${this.identity}`).sign(message);
  }

  /** The signer of an instance: `signed` is told of each signature, which is durable only with its turn. */
  signerOver(life: Life, signed: (message: SignedMessage) => void): ConsensusSigner {
    const signer = this.simulation.world.signer(`validator ${this.identity}`);
    const sign = (position: SignPosition, message: Uint8Array): Uint8Array | null => {
      if (!this.isHonest) return this.signFreely(position, message);
      try {
        const signature = life.storage.signLog.sign(this.key, signer, position, message);
        signed({ position, message });
        return signature;
      } catch (error) {
        if (!(error instanceof DoubleSignPrevented)) throw error;
        return null;
      }
    };
    const firstRound = (height: number) => (life.keeper === null ? 0 : life.keeper.firstRound(height));
    return { consensusKey: this.key, sign, firstRound };
  }

  /** Whether the process dies at the end of this turn, which writes. */
  meetsCrash(): boolean {
    this.#writingTurns += 1;
    if (this.#writingTurns === this.crashPlan?.turn) {
      this.crash = this.crashPlan.how;
      this.crashPlan = null;
    }
    return this.crash !== null;
  }
}
