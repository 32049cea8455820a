/**
 * @module The real Worker with one more door: how many rows the chain's object has written, as its SQLite counts them,
 * index rows included. No deployed bundle contains this file.
 */
import { ChainObject as RealChainObject } from '../../durable-objects/chain/chain-object.ts';
import type { Bindings } from '../../durable-objects/runtime/bindings.ts';
import { createApp } from '../../workers/app.ts';

export { HubObject } from '../../durable-objects/hub/hub-object.ts';
export { NodeObject } from '../../durable-objects/node/node-object.ts';
export default createApp();

/** Counts on the way through `exec`. A cursor goes on counting while it is read, so it is asked at the end. */
class RowCounter {
  #written = 0;
  #open: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];

  attach(sql: SqlStorage): void {
    const exec = sql.exec.bind(sql);
    sql.exec = ((query: string, ...bindings: unknown[]) => {
      const cursor = exec(query, ...bindings);
      this.#open.push(cursor);
      if (this.#open.length > 1_000) this.#settle();
      return cursor;
    }) as SqlStorage['exec'];
  }

  get written(): number {
    this.#settle();
    return this.#written;
  }

  #settle(): void {
    for (const { rowsWritten } of this.#open) this.#written += rowsWritten;
    this.#open = [];
  }
}

export class ChainObject extends RealChainObject {
  readonly #counter: RowCounter;

  constructor(ctx: DurableObjectState, env: Bindings) {
    const counter = new RowCounter();
    counter.attach(ctx.storage.sql);
    super(ctx, env);
    this.#counter = counter;
  }

  async rowsWritten(): Promise<number> {
    return this.#counter.written;
  }
}
