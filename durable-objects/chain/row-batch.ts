/**
 * @module Many rows in one statement: a call into SQLite costs more than the row that it writes. A statement takes at most
 * 100 bound parameters. Source: Cloudflare Durable Objects, "Limits", SQL storage.
 */

/** Bound parameters of a statement. */
export const PARAMETERS_MAX = 100;

export class RowBatch {
  readonly #sql: SqlStorage;
  readonly #columns: number;
  readonly #rowsMax: number;
  readonly #statementOf: (values: string) => string;
  /** Statements by their count of rows, made when they are first wanted. */
  readonly #statements: string[] = [];

  /**
   * Rows of so many `columns`; `statementOf` makes the statement around their list of values.
   */
  constructor(sql: SqlStorage, columns: number, statementOf: (values: string) => string) {
    this.#sql = sql;
    this.#columns = columns;
    this.#rowsMax = Math.floor(PARAMETERS_MAX / columns);
    this.#statementOf = statementOf;
  }

  /** Writes rows, given as their values one after the other. */
  write(values: readonly (string | number | Uint8Array)[]): void {
    const step = this.#rowsMax * this.#columns;
    for (let from = 0; from < values.length; from += step) {
      const part = values.slice(from, from + step);
      this.#sql.exec(this.#statement(part.length / this.#columns), ...part);
    }
  }

  #statement(rows: number): string {
    let statement = this.#statements[rows];
    if (statement === undefined) {
      const row = `(${Array(this.#columns).fill('?').join(', ')})`;
      statement = this.#statementOf(Array(rows).fill(row).join(', '));
      this.#statements[rows] = statement;
    }
    return statement;
  }
}
