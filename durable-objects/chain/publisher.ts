/** @module The consumers of one chain's blocks: its ledger, the node's registry, and hubs with subscribers. */
import type { ChainHead, ChainSnapshot } from '../../shared/api/objects.ts';
import type { Settings } from '../../shared/api/settings.ts';
import type { Logger } from '../../shared/observability/log.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import type { Bindings } from '../runtime/bindings.ts';
import { Announcer } from './announcer.ts';
import { HubTarget, hubTargetName } from './hub-target.ts';
import { ledgerTargetFor } from './ledger-connection.ts';
import type { LedgerTarget } from './ledger-target.ts';
import { NodeTarget } from './node-target.ts';
import { Outbox } from './outbox.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import type { ChainStore } from './store.ts';

export interface PublisherDeps {
  readonly env: Bindings;
  readonly settings: Settings;
  readonly store: ChainStore;
  readonly context: ChainContext;
  /** Database or namespace of the chain. */
  readonly ledgerName: string;
  readonly log: Logger;
  readonly head: () => ChainHead;
  readonly recent: RecentBlocks;
  readonly snapshot: () => ChainSnapshot;
  /** The registry may have missed the last change of a former life. */
  readonly mayBeStale: boolean;
  /** False while registry and ledger are asked what they held before this life: until then neither is told of a block. */
  readonly mayTell: () => boolean;
  /** The ledger was reached and has this height. */
  readonly onLedgerTop: (height: number) => void;
  /** After each delivery: the object arms or disarms its timer. */
  readonly onSettled: () => void;
}

export class Publisher {
  readonly #deps: PublisherDeps;
  readonly outbox: Outbox;
  readonly node: NodeTarget;
  /** What consensus does between blocks, for hubs that want it. */
  readonly announcer: Announcer;
  /** Null when the node has no ledger. */
  readonly ledger: LedgerTarget | null;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
    const { env, settings, store, context, ledgerName, log } = deps;
    this.outbox = new Outbox(log, deps.onSettled);
    this.announcer = new Announcer({ env, chainId: context.genesis.chainId, log });
    this.node = new NodeTarget(env, deps);
    const targets = store.targets();
    const headHeight = () => deps.head().height;
    const onChange = () => this.changed();
    const { onLedgerTop: onTop, mayTell } = deps;
    this.ledger = ledgerTargetFor(
      settings,
      { store, context, ledgerName, log, headHeight, recent: deps.recent, onChange, onTop, mayTell },
      targets,
    );
    this.outbox.add(this.node);
    if (this.ledger !== null) this.outbox.add(this.ledger);
    for (const [name, nextHeight] of targets) {
      const shard = /^hub\/(\d+)$/.exec(name)?.[1];
      if (shard === undefined) continue;
      this.#addHub(Number(shard), nextHeight);
      // What the hub wished for is forgotten; the first announcement tells whether anyone is there.
      this.announcer.want(Number(shard));
    }
  }

  /** Database or namespace of the chain's ledger. */
  get ledgerName(): string {
    return this.#deps.ledgerName;
  }

  /** Something that others ask the node's registry for has changed. */
  changed(): void {
    this.node.changed();
    this.outbox.kick(Date.now());
  }

  /** A hub wants each block from `nextHeight` on, and what happens between blocks where it says so. */
  attachHub(shard: number, nextHeight: number, volatile: boolean): void {
    if (volatile) this.announcer.want(shard);
    this.#deps.store.setTarget(hubTargetName(shard), nextHeight);
    this.#addHub(shard, nextHeight);
  }

  detachHub(shard: number): void {
    const target = this.outbox.get(hubTargetName(shard));
    if (target !== undefined) this.#removeHub(target as HubTarget);
  }

  #addHub(shard: number, nextHeight: number): void {
    const { context, env, store, head } = this.#deps;
    const onEmpty = (target: HubTarget) => this.#removeHub(target);
    const deps = { chainId: context.genesis.chainId, env, store, head, onEmpty };
    this.outbox.add(new HubTarget({ shard, nextHeight }, deps));
  }

  #removeHub(target: HubTarget): void {
    if (!this.outbox.remove(target)) return;
    this.#deps.store.deleteTarget(target.name);
    this.announcer.forget(target.shard);
  }
}
