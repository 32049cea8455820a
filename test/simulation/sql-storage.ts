/**
 * @module The SQL storage of an object over node:sqlite in memory, with the rules that matter here: all writes of a turn
 * are durable together or not at all, a full disk takes none, and an instance that was replaced reaches nothing.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** A failure of storage in the middle of a turn: the object starts again from what is durable. */
export class StorageFault extends Error {
  override readonly name = 'StorageFault';
}

/** Of Node 24, and not in its types yet. */
interface Serializable {
  serialize(): Uint8Array;
  deserialize(image: Uint8Array): void;
}

interface Prepared {
  readonly statement: StatementSync;
  readonly isRead: boolean;
  readonly hasRows: boolean;
}

export class MemorySql {
  readonly #db = new DatabaseSync(':memory:');
  readonly #prepared = new Map<string, Prepared>();
  #begin = this.#db.prepare('BEGIN');
  #end = this.#db.prepare('COMMIT');
  #isOpen = false;
  /** No write succeeds. */
  isFull = false;
  /** The write after so many good ones fails, once. */
  failAfter: number | null = null;

  /** Access for one instance of the object. */
  connect(): Connection {
    return new Connection(this);
  }

  /** The same object as workerd's type, where there is only one instance. */
  get asStorage(): SqlStorage {
    return this.connect().asStorage;
  }

  exec(sql: string, ...values: SQLInputValue[]) {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      if (sql.includes(';')) return this.#script(sql);
      const isRead = sql.startsWith('SELECT');
      const hasRows = isRead || sql.includes(' RETURNING ');
      prepared = { statement: this.#db.prepare(sql), isRead, hasRows };
      this.#prepared.set(sql, prepared);
    }
    if (!prepared.isRead) this.#beginWrite();
    if (prepared.hasRows) return new Cursor(prepared.statement.all(...values));
    prepared.statement.run(...values);
    return NO_ROWS;
  }

  /** Makes the writes of this turn durable. */
  commit(): void {
    if (this.#isOpen) this.#end.run();
    this.#isOpen = false;
  }

  /** Forgets the writes of this turn: the process died before they were durable. */
  rollback(): void {
    if (this.#isOpen) this.#db.exec('ROLLBACK');
    this.#isOpen = false;
  }

  /** Everything that is durable. */
  image(): Uint8Array {
    return (this.#db as unknown as Serializable).serialize();
  }

  /** Puts an earlier image in the place of what is durable, as a restore does. */
  restore(image: Uint8Array): void {
    this.rollback();
    (this.#db as unknown as Serializable).deserialize(image);
    this.#prepared.clear();
    this.#begin = this.#db.prepare('BEGIN');
    this.#end = this.#db.prepare('COMMIT');
  }

  close(): void {
    this.rollback();
    this.#db.close();
  }

  #script(sql: string) {
    this.#beginWrite();
    this.#db.exec(sql);
    return NO_ROWS;
  }

  #beginWrite(): void {
    if (this.isFull) throw new StorageFault('the disk is full');
    if (this.failAfter !== null && this.failAfter-- <= 0) {
      this.failAfter = null;
      throw new StorageFault('a write failed');
    }
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#begin.run();
  }
}

/** The storage as one instance of the object sees it. */
export class Connection {
  readonly #sql: MemorySql;
  #isSevered = false;

  constructor(sql: MemorySql) {
    this.#sql = sql;
  }

  /** As workerd's type, for code written against it. */
  get asStorage(): SqlStorage {
    return this as unknown as SqlStorage;
  }

  exec(sql: string, ...values: SQLInputValue[]) {
    if (this.#isSevered) throw new StorageFault('a newer instance has the storage');
    return this.#sql.exec(sql, ...values);
  }

  /** A newer instance has taken over: from now on every access fails. */
  sever(): void {
    this.#isSevered = true;
  }

  /** Throws unless this instance still has the storage. */
  touch(): void {
    if (this.#isSevered) throw new StorageFault('a newer instance has the storage');
  }
}

class Cursor {
  readonly #rows: unknown[];

  constructor(rows: unknown[]) {
    this.#rows = rows;
  }

  toArray(): unknown[] {
    return this.#rows;
  }

  one(): unknown {
    if (this.#rows.length !== 1) throw new Error(`expected one row, got ${this.#rows.length}`);
    return this.#rows[0];
  }

  [Symbol.iterator](): Iterator<unknown> {
    return this.#rows[Symbol.iterator]();
  }
}

const NO_ROWS = new Cursor([]);
