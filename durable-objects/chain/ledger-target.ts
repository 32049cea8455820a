/**
 * @module Drains committed blocks into the libSQL ledger: many blocks a batch, idempotent, for ever retried. With the
 * ledger down blocks keep coming and wait in the object.
 */
import type { LedgerHealth } from '../../shared/api/objects.ts';
import type { LedgerClient } from '../../shared/ledger/client-web.ts';
import { ledgerBlock } from '../../shared/ledger/ledger-block.ts';
import { migrateLedger } from '../../shared/ledger/migrate.ts';
import { clearLedger, ledgerHeight, writeBlocks } from '../../shared/ledger/write-blocks.ts';
import { errorText, type Logger } from '../../shared/observability/log.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import { decodeGenesis } from '../../shared/protocol/genesis/encode.ts';
import { validatorSetsOf } from './ledger-sets.ts';
import type { OutboxTarget } from './outbox.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import type { ChainStore } from './store.ts';

const NAME = 'ledger';
/** Marks in the cursor table that a rebuild has begun and its rows must be dropped first, also after a restart. */
const REBUILD = 'ledger-rebuild';
/** Blocks of one batch; the byte bound keeps memory and request small. */
const BATCH_BLOCKS_MAX = 200;
const BATCH_BYTES_MAX = 2_000_000;

export interface LedgerTargetDeps {
  readonly store: ChainStore;
  readonly context: ChainContext;
  readonly log: Logger;
  readonly headHeight: () => number;
  readonly recent: RecentBlocks;
  /** Creates the database where that is ours to do; idempotent. */
  readonly ensureDatabase: () => Promise<void>;
  readonly openClient: () => LedgerClient;
  /** Told when health or height have changed. */
  readonly onChange: () => void;
  /** Told how high the ledger is, at each connection. */
  readonly onTop: (height: number) => void;
  /** False while the ledger has to stay as it is. */
  readonly mayTell: () => boolean;
}

export class LedgerTarget implements OutboxTarget {
  readonly name = NAME;
  readonly backoffMaxMs = 300_000;
  readonly #deps: LedgerTargetDeps;
  #nextHeight: number;
  #rebuild: boolean;
  /** The client of a connection that has been checked; null before the first use and after a failure. */
  #client: LedgerClient | null = null;
  #health: LedgerHealth;

  constructor(deps: LedgerTargetDeps, targets: ReadonlyMap<string, number>) {
    this.#deps = deps;
    this.#nextHeight = targets.get(NAME) ?? 1;
    this.#rebuild = targets.has(REBUILD);
    this.#health = { status: targets.has(NAME) ? 'ok' : 'pending', height: this.#nextHeight - 1 };
  }

  get health(): LedgerHealth {
    return this.#health;
  }

  pending(): boolean {
    return this.#deps.mayTell() && (this.#rebuild || this.#nextHeight <= this.#deps.headHeight());
  }

  async deliver(): Promise<void> {
    const client = this.#client ?? (await this.#connect());
    if (this.#rebuild) await this.#clear(client);
    const blocks = this.#deps.store.blocks(this.#nextHeight, BATCH_BLOCKS_MAX, BATCH_BYTES_MAX);
    const last = blocks.at(-1);
    if (last !== undefined) {
      const { store, context, recent } = this.#deps;
      const { registry, genesisHash } = context;
      const decoded = blocks.map((block) => ledgerBlock(block, registry, recent.take(block.height)));
      const genesis = () => decodeGenesis(store.identity().genesis);
      const validatorSets = validatorSetsOf(store, genesis, decoded);
      await writeBlocks(client, decoded, { genesisHash, validatorSets });
      this.#moveTo(last.height + 1);
    }
    this.#health = { status: 'ok', height: this.#nextHeight - 1 };
    this.#deps.recent.want(true);
    if (!this.pending()) this.#deps.onChange();
  }

  failed(error: unknown, nowMs: number): void {
    this.#client?.close();
    this.#client = null;
    this.#deps.recent.want(false);
    const since_ms = this.#health.since_ms ?? nowMs;
    this.#health = { status: 'behind', height: this.#nextHeight - 1, error: errorText(error), since_ms };
    this.#deps.onChange();
  }

  /** Drops the ledger's rows and drains from height 1; survives a restart in between. */
  rebuild(): void {
    this.#deps.store.setTarget(REBUILD, 1);
    this.#rebuild = true;
  }

  /** After waking and after each failure: the database exists, has our schema, and its top is where we think. */
  async #connect(): Promise<LedgerClient> {
    await this.#deps.ensureDatabase();
    const client = this.#deps.openClient();
    try {
      await migrateLedger(client);
      const top = await ledgerHeight(client);
      this.#deps.onTop(top);
      if (top + 1 < this.#nextHeight) {
        this.#deps.log.warning('the ledger is behind its cursor and is written again from there', {
          function: 'connect',
          ledger_height: top,
          cursor: this.#nextHeight,
        });
        this.#moveTo(top + 1);
      }
    } catch (error) {
      client.close();
      throw error;
    }
    this.#client = client;
    return client;
  }

  async #clear(client: LedgerClient): Promise<void> {
    await clearLedger(client);
    this.#rebuild = false;
    this.#moveTo(1);
    this.#deps.store.deleteTarget(REBUILD);
  }

  #moveTo(nextHeight: number): void {
    this.#nextHeight = nextHeight;
    this.#deps.store.setTarget(NAME, nextHeight);
  }
}
