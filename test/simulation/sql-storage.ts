/**
 * @module The SQL storage of an object over node:sqlite in memory, with its one rule that matters here: all writes of a
 * turn are durable together or not at all.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

export class MemorySql {
  readonly #db = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, StatementSync>();
  #isOpen = false;

  /** The same object as workerd's type, for code written against it. */
  get asStorage(): SqlStorage {
    return this as unknown as SqlStorage;
  }

  exec(sql: string, ...values: SQLInputValue[]) {
    const isRead = sql.startsWith('SELECT');
    if (!isRead && !this.#isOpen) {
      this.#db.exec('BEGIN');
      this.#isOpen = true;
    }
    if (sql.includes(';')) {
      this.#db.exec(sql);
      return cursor([]);
    }
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    if (isRead) return cursor(statement.all(...values));
    statement.run(...values);
    return cursor([]);
  }

  /** Makes the writes of this turn durable. */
  commit(): void {
    if (this.#isOpen) this.#db.exec('COMMIT');
    this.#isOpen = false;
  }

  /** Forgets the writes of this turn: the process died before they were durable. */
  rollback(): void {
    if (this.#isOpen) this.#db.exec('ROLLBACK');
    this.#isOpen = false;
  }

  close(): void {
    this.rollback();
    this.#db.close();
  }
}

function cursor(rows: unknown[]) {
  return {
    toArray: () => rows,
    one: () => {
      if (rows.length !== 1) throw new Error(`expected one row, got ${rows.length}`);
      return rows[0];
    },
    [Symbol.iterator]: () => rows[Symbol.iterator](),
  };
}
